import Randomness
import Torch

/// What is trained: where batches come from, what is made small, and how the result is judged.
///
/// ```swift
/// let task = TrainingTask<Classifier, Examples>(
///   batch: { step, random in data.draw(64, using: &random) },
///   loss: { model, batch, pass in
///     let logits = model.forward(batch.images, &pass)
///     return Loss(
///       logits.softmaxCrossEntropy(expected: batch.labels),
///       metrics: ["accuracy": logits.accuracy(expected: batch.labels)])
///   },
///   evaluate: { model, step in ["accuracy": accuracy(of: model, on: validation)] })
/// ```
public struct TrainingTask<M: Model, Batch: Sendable> {
  /// Draws the batch of a step.
  ///
  /// It runs on another thread, one step ahead. `random` belongs to that step alone, so a batch
  /// depends on the seed and the step and on nothing that happened before.
  public var batch: @Sendable (_ step: Int, _ random: inout RandomSource) throws -> Batch
  /// The loss of a batch, differentiated with respect to the model's parameters.
  public var loss: (_ model: inout M, _ batch: Batch, _ pass: inout Pass) throws -> Loss
  /// Judges a model (the average, if one is kept) after some steps.
  ///
  /// Names may begin with a split, as in `test/accuracy`; others belong to `validation`.
  public var evaluate: ((_ model: M, _ step: Int) throws -> [String: Double])?
  /// Changes the gradient before the recipe's clipping and the step, where parts of a model are to be
  /// clipped or dropped each for itself; returns what is worth recording about it.
  public var adjustGradient: ((_ gradient: inout NamedTensors) -> [String: any MetricValue])?

  /// Creates a task.
  public init(
    batch: @escaping @Sendable (_ step: Int, _ random: inout RandomSource) throws -> Batch,
    loss: @escaping (_ model: inout M, _ batch: Batch, _ pass: inout Pass) throws -> Loss,
    evaluate: ((_ model: M, _ step: Int) throws -> [String: Double])? = nil
  ) {
    self.batch = batch
    self.loss = loss
    self.evaluate = evaluate
  }
}

/// A loss and what else is worth recording about the same batch.
public struct Loss {
  /// The scalar that is differentiated.
  public var value: Tensor
  /// Scalars by name; the log holds their means between two records.
  public var metrics: [String: any MetricValue]

  /// Creates a loss.
  public init(_ value: Tensor, metrics: [String: any MetricValue] = [:]) {
    self.value = value
    self.metrics = metrics
  }
}

/// A number that can be recorded: a scalar tensor, read only when a record is written, or a
/// `Double`.
public protocol MetricValue: Sendable {
  /// The value as a constant scalar.
  var constantScalar: Tensor { get }
}

extension Tensor: MetricValue {
  /// The tensor outside of any gradient.
  public var constantScalar: Tensor { detached() }
}

extension Double: MetricValue {
  /// The number as a `float64` scalar.
  public var constantScalar: Tensor { Tensor(self, .float64) }
}

extension RandomSource {
  /// Where the batch of a step comes from.
  func batchStream(_ step: Int) -> RandomSource { stream(2 * step) }

  /// Where dropout masks and other noise of a step come from.
  func passStream(_ step: Int) -> RandomSource { stream(2 * step + 1) }

  /// The stream with a number of its own, whatever was or will be drawn from this one.
  private func stream(_ number: Int) -> RandomSource {
    var base = self
    // Both are mixed: neighboring numbers must not give overlapping SplitMix sequences.
    var mixed = RandomSource(seed: UInt64(bitPattern: Int64(number)))
    return RandomSource(seed: base.next() &+ mixed.next())
  }
}
