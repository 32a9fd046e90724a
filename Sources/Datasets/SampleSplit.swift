import Randomness

/// Which images are trained on, which choose the model and which are kept for the final test.
public struct SampleSplit: Sendable, Hashable, Codable {
  /// The images to train on.
  public var training: [Int]
  /// The images to choose a model by.
  public var validation: [Int]
  /// The images never seen before the final test.
  public var test: [Int]

  /// Divides the images of every class in the same proportions, by a seed.
  ///
  /// Of `n` images of a class, `validation * n` and `test * n`, rounded, are set aside. The parts
  /// are in order of the source, and the same for the same seed everywhere.
  ///
  /// - Parameters:
  ///   - source: The images.
  ///   - validation: The share that chooses the model, 0 to 1.
  ///   - test: The share of the final test, 0 to 1.
  ///   - seed: The order of the shuffle in every class.
  /// - Precondition: The shares are not negative and leave something.
  public init(
    of source: some ImageSource, validation: Double = 0, test: Double = 0, seed: UInt64 = 1
  ) {
    precondition(
      validation >= 0 && test >= 0 && validation + test < 1,
      "shares of \(validation) and \(test) leave nothing to train on")
    var random = RandomSource(seed: seed)
    var members = [[Int]](repeating: [], count: source.classNames.count)
    for sample in 0..<source.count { members[source.label(ofSample: sample)].append(sample) }
    (self.training, self.validation, self.test) = ([], [], [])
    for samples in members {
      let order = samples.shuffled(using: &random)
      let first = Int((validation * Double(order.count)).rounded())
      let second = Int(((validation + test) * Double(order.count)).rounded())
      self.validation += order[..<first]
      self.test += order[first..<second]
      self.training += order[second...]
    }
    training.sort()
    self.validation.sort()
    self.test.sort()
  }
}
