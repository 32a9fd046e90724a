import Torch

extension Tensor {
  /// The share of rows whose largest element stands at the expected class.
  ///
  /// - Parameter labels: `int64` `[batch]` for logits `[batch, classes]`.
  /// - Returns: A `float32` scalar in `0 ... 1`.
  public func accuracy(expected labels: Tensor) -> Tensor {
    (argmax(along: -1) .== labels).cast(to: .float32).mean()
  }

  /// The share of rows whose `count` largest elements include the expected class.
  ///
  /// - Parameters:
  ///   - count: How many guesses there are, at most the number of classes.
  ///   - labels: `int64` `[batch]` for logits `[batch, classes]`.
  /// - Returns: A `float32` scalar in `0 ... 1`.
  public func topAccuracy(_ count: Int, expected labels: Tensor) -> Tensor {
    let guesses = top(count, along: -1).indices  // [batch, count]
    let hits = guesses .== labels.expandingShape(at: -1)
    return hits.anyTrue(along: -1).cast(to: .float32).mean()
  }
}

/// How often each class was taken for each other.
public struct ConfusionMatrix: Sendable, Hashable, Codable {
  /// The number of classes.
  public let classCount: Int
  /// How often `expected` (row) was taken for `predicted` (column), row by row.
  public private(set) var counts: [Int]

  /// Creates an empty matrix.
  public init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// How often `expected` was taken for `predicted`.
  public subscript(expected expected: Int, predicted predicted: Int) -> Int {
    counts[expected * classCount + predicted]
  }

  /// Counts examples.
  ///
  /// - Parameters:
  ///   - predicted: `int64` `[batch]`.
  ///   - expected: `int64` `[batch]`.
  public mutating func add(predicted: Tensor, expected: Tensor) {
    precondition(
      predicted.shape == expected.shape,
      "predictions \(predicted.shape) and labels \(expected.shape) differ in shape")
    let cells = (expected * classCount + predicted).flattened()
    let found = cells.bincount(minimumCount: counts.count).toInts()
    precondition(found.count == counts.count, "a class is not below \(classCount)")
    for index in counts.indices { counts[index] += found[index] }
  }

  /// The share of examples that were taken for what they are; 0 before any.
  public var accuracy: Double {
    let right = (0..<classCount).reduce(0) { $0 + self[expected: $1, predicted: $1] }
    return Self.share(right, of: counts.reduce(0, +))
  }

  /// For each class, the share of its examples that were found; 0 where there are none.
  public var recalls: [Double] {
    (0..<classCount).map { label in
      let all = (0..<classCount).reduce(0) { $0 + self[expected: label, predicted: $1] }
      return Self.share(self[expected: label, predicted: label], of: all)
    }
  }

  /// For each class, the share of guesses for it that were right; 0 where there are none.
  public var precisions: [Double] {
    (0..<classCount).map { label in
      let all = (0..<classCount).reduce(0) { $0 + self[expected: $1, predicted: label] }
      return Self.share(self[expected: label, predicted: label], of: all)
    }
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}
