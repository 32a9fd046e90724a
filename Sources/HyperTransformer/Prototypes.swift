import Torch

/// One prototype per class, to which queries are compared: the head of prototypical networks.
///
/// A class is the mean of its examples' embeddings, and a query's logits are minus its squared
/// distances to the prototypes. Classes may be added later, from other examples and even another
/// network.
///
/// - Paper: Snell, Swersky and Zemel, *Prototypical Networks for Few-shot Learning* (2017), equations
///   1 and 2.
public struct Prototypes: Sendable {
  /// `[episodes, classes, width]`.
  public var centers: Tensor

  /// Takes prototypes as they are, `[episodes, classes, width]`.
  public init(centers: Tensor) { self.centers = centers }

  /// Averages embeddings.
  ///
  /// A class without examples has its prototype at the origin.
  ///
  /// - Parameters:
  ///   - embeddings: `[episodes, samples, width]`.
  ///   - labels: `[episodes, samples]`, `int64`; labels from `classCount` on belong to no class.
  ///   - classCount: The number of classes.
  ///   - ignored: `[episodes, samples]`, `bool`, true for examples that do not count.
  public init(
    of embeddings: Tensor, labels: Tensor, classCount: Int, ignored: Tensor? = nil
  ) {
    let members = Self.members(labels, classCount, ignored, embeddings.elementType)
    let sizes = members.sum(along: 2, keepingAxes: true)  // [episodes, classes, 1]
    centers = members.batchMatmul(embeddings) / sizes.clamped(atLeast: 1)
  }

  /// Which examples belong to which class, `[episodes, classes, samples]`, 0 or 1.
  private static func members(
    _ labels: Tensor, _ classCount: Int, _ ignored: Tensor?, _ type: ElementType
  ) -> Tensor {
    let classes = Tensor(Array(0..<classCount), shape: [classCount, 1]).moved(to: labels.device)
    let own = ignored.map { labels.filled(where: $0, with: Double(classCount)) } ?? labels
    return (own.expandingShape(at: 1) .== classes).cast(to: type)
  }

  /// How many examples every class has, `[episodes, classes, 1]`.
  static func sizes(
    labels: Tensor, classCount: Int, ignored: Tensor?, _ type: ElementType
  ) -> Tensor {
    members(labels, classCount, ignored, type).sum(along: 2, keepingAxes: true)
  }

  /// Minus the squared distances of embeddings `[episodes, samples, width]` to the prototypes,
  /// `[episodes, samples, classes]`.
  public func logits(of embeddings: Tensor) -> Tensor {
    let dense = dense
    let size = embeddings.squared().sum(along: 2, keepingAxes: true)
    return dense.bias.adding(batchProductOf: embeddings, dense.weight) - size
  }

  /// The dense layer whose logits differ from ``logits(of:)`` by the same number for all classes:
  /// weight `[episodes, width, classes]` twice the prototypes, bias `[episodes, 1, classes]` minus
  /// their squared lengths.
  public var dense: (weight: Tensor, bias: Tensor) {
    let lengths = centers.squared().sum(along: 2)
    return ((centers * 2).transposed(1, 2), -lengths.expandingShape(at: 1))
  }

  /// These classes followed by others.
  public func appending(_ others: Prototypes) -> Prototypes {
    Prototypes(centers: Tensor(concatenating: [centers, others.centers], along: 1))
  }

  /// The means of all examples: those behind these prototypes and those behind others of the same
  /// classes.
  ///
  /// - Parameters:
  ///   - others: The same classes from other examples.
  ///   - counts: How many examples are behind these, `[episodes, classes, 1]`.
  ///   - otherCounts: How many are behind the others.
  func averaging(_ others: Prototypes, counts: Tensor, _ otherCounts: Tensor) -> Prototypes {
    let share = otherCounts / (counts + otherCounts).clamped(atLeast: 1)
    return Prototypes(centers: centers + (others.centers - centers) * share)
  }
}
