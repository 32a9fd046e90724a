import Randomness

/// Which classes are trained on, which choose the model and which are kept for the final test.
public struct ClassSplit: Sendable, Hashable, Codable {
  /// The classes to train on.
  public var training: [Int]
  /// The classes to choose a model by.
  public var validation: [Int]
  /// The classes never seen before the final test.
  public var test: [Int]

  /// Creates a split from its parts.
  public init(training: [Int], validation: [Int], test: [Int]) {
    self.training = training
    self.validation = validation
    self.test = test
  }

  /// Divides classes in the proportions of the paper's Omniglot split, in shuffled order.
  ///
  /// 1,623 classes give 1,150 / 50 / 423. Another number `n` gives `n * 1150 / 1623` for training
  /// and `n * 50 / 1623` for validation, each rounded to the nearest whole number and validation
  /// at least 1, and the rest for the test; 1,305 classes give 925 / 40 / 340.
  ///
  /// - Parameters:
  ///   - count: The number of classes, at least 3.
  ///   - seed: The order of the shuffle; the split is the same for the same seed everywhere.
  /// - Returns: Three parts without a common class.
  /// - Precondition: There are at least 3 classes.
  /// - Paper: Zhmoginov et al., *HyperTransformer* (2022), released code: class order shuffled
  ///   with seed 2022. The shuffle itself is another one, so the classes differ from theirs.
  public static func shuffled(count: Int, seed: UInt64 = 2022) -> ClassSplit {
    precondition(count >= 3, "\(count) classes cannot be divided into three parts")
    var random = RandomSource(seed: seed)
    let order = Array(0..<count).shuffled(using: &random)
    let validationCount = max(1, (count * 50 * 2 + 1623) / (2 * 1623))
    let trainingCount = min((count * 1150 * 2 + 1623) / (2 * 1623), count - validationCount - 1)
    let testStart = trainingCount + validationCount
    return ClassSplit(
      training: Array(order[..<trainingCount]),
      validation: Array(order[trainingCount..<testStart]), test: Array(order[testStart...]))
  }
}
