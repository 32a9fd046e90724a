import Learning
import Randomness
import Torch

/// What the generator is trained to make small.
///
/// The mean query cross-entropy of the networks it writes, and the released code's optional extras:
/// weight decay, a penalty on how far generated weights stray from trained base weights, a
/// classifier of the real training classes on the shared features, and warm-up heads.
public struct Objective: Codable, Sendable, Hashable {
  /// How much of the expected distribution is the uniform one, from 0 to 1.
  public var labelSmoothing = 0.0
  /// Times the sum of squares of all kernels and the dense layer's weights, generated or not;
  /// averaged over episodes.
  public var weightDecay = 0.0
  /// Times the squared norm of generated kernels over that of base kernels, per layer, without the
  /// dense layer; averaged over episodes. It acts only where there are base weights.
  public var variationPenalty = 0.0
  /// Times the loss of a linear classifier of real classes on the shared features.
  public var realClassWeight = 0.0
  /// Steps over which the weight moves from the first warm-up head to the network's own output.
  public var warmUpSteps = 0

  /// The query cross-entropy alone.
  public init() {}

  /// The weights of the warm-up heads and of the main loss at a step; they add up to 1.
  ///
  /// Each head's weight rises and falls as a triangle, the next head taking over from the last.
  ///
  /// - Parameters:
  ///   - step: From 0.
  ///   - headCount: Warm-up heads, first layer first.
  /// - Returns: The weight of every head and of the network's own loss.
  public func warmUpWeights(step: Int, headCount: Int) -> (heads: [Double], main: Double) {
    guard warmUpSteps > 0, headCount > 0 else {
      return ([Double](repeating: 0, count: headCount), 1)
    }
    let span = Double(warmUpSteps) / Double(headCount)
    let position = Double(step)
    let heads = (0..<headCount).map { max(0, 1 - abs(position - Double($0) * span) / span) }
    let main = 1 + (position - Double(headCount) * span) / span
    return (heads, min(max(main, 0), 1))
  }
}

/// A generator with what only its training needs.
public struct GeneratorInTraining: Model {
  /// The generator.
  public var generator: WeightGenerator
  /// The classifier of the real training classes on the shared features, if the objective has one.
  var realClasses: Linear?

  /// Wraps a generator for training on a set with `realClassCount` classes.
  public init(
    _ generator: WeightGenerator, objective: Objective, realClassCount: Int, isPretraining: Bool,
    using random: inout RandomSource
  ) {
    self.generator = generator
    if objective.realClassWeight > 0 || isPretraining {
      realClasses = Linear(
        inputs: generator.configuration.shared.width, outputs: realClassCount, using: &random)
    }
  }

  /// Presents the generator under its own names and the classifier as `realClasses`.
  public mutating func visit(_ walk: inout Walk) {
    generator.visit(&walk)
    walk.child("realClasses", &realClasses)
  }
}

/// A batch of episodes to train on.
public struct TrainingBatch: Sendable {
  /// What the networks are written from.
  public var support: SupportSet
  /// What they are judged by.
  public var query: QuerySet
  /// The real class of every support image, `[episodes, samples]`, `int64`.
  public var realClasses: Tensor
  /// The training step the batch is for.
  public var step: Int

  /// Creates a batch.
  public init(support: SupportSet, query: QuerySet, realClasses: Tensor, step: Int = 0) {
    self.support = support
    self.query = query
    self.realClasses = realClasses
    self.step = step
  }
}

extension Objective {
  /// The loss of a batch and the share of queries classified rightly.
  ///
  /// - Parameters:
  ///   - model: The generator and what its training needs.
  ///   - batch: Episodes of one geometry.
  ///   - step: Steps taken before, for the warm-up heads.
  ///   - pass: Mode and randomness.
  /// - Returns: Two scalars.
  public func callAsFunction(
    _ model: inout GeneratorInTraining, _ batch: TrainingBatch, step: Int, _ pass: inout Pass
  ) -> (loss: Tensor, accuracy: Tensor) {
    let weights = warmUpWeights(step: step, headCount: model.generator.warmUp.count)
    // Heads that count for nothing need not be written.
    let generation = model.generator.generation(batch.support, &pass, warmsUp: weights.main < 1)
    var headLosses: [Tensor] = []
    let logits = generation.network.logits(
      of: batch.query.images, headDropout: model.generator.configuration.headDropout, &pass
    ) { index, activations in
      guard index < weights.heads.count, weights.heads[index] > 0 else { return }
      let maps = activations.unflattened(1, into: [batch.support.episodeCount, -1])
      let logits = generation.warmUp[index](maps.mean(along: 3, 4).transposed(0, 1))
      headLosses.append(crossEntropy(logits, batch.query.labels) * weights.heads[index])
    }
    var loss = crossEntropy(logits, batch.query.labels)
    if weights.main < 1 { loss = loss * weights.main }
    loss = headLosses.reduce(loss, +)
    loss = extras(model, generation).reduce(loss, +)
    if realClassWeight > 0 {
      loss = loss + realClassLoss(model, generation, batch) * realClassWeight
    }
    return (loss, batch.query.accuracy(of: logits))
  }

  /// The loss of pre-training: only the shared extractor and the classifier of real classes.
  public func pretraining(
    _ model: inout GeneratorInTraining, _ batch: TrainingBatch
  ) -> (loss: Tensor, accuracy: Tensor) {
    let images = batch.support.images.transposed(0, 1).flattened(from: 0, through: 1)
    let labels = batch.realClasses.flattened()
    guard let features = model.generator.shared?.forward(images), let head = model.realClasses
    else { preconditionFailure("pre-training needs shared features and a real-class head") }
    let logits = features.linear(weight: head.weight, bias: head.bias)
    let correct = logits.argmax(along: 1) .== labels
    return (logits.softmaxCrossEntropy(expected: labels), correct.cast(to: .float32).mean())
  }

  /// The cross-entropy of logits `[episodes, samples, classes]` and labels `[episodes, samples]`.
  func crossEntropy(_ logits: Tensor, _ labels: Tensor) -> Tensor {
    logits.flattened(from: 0, through: 1)
      .softmaxCrossEntropy(expected: labels.flattened(), labelSmoothing: labelSmoothing)
  }

  private func realClassLoss(
    _ model: GeneratorInTraining, _ generation: WeightGenerator.Generation, _ batch: TrainingBatch
  ) -> Tensor {
    guard let features = generation.sharedFeatures, let head = model.realClasses else {
      preconditionFailure("the real-class loss needs shared features")
    }
    return features.linear(weight: head.weight, bias: head.bias).flattened(from: 0, through: 1)
      .softmaxCrossEntropy(expected: batch.realClasses.flattened())
  }

  /// Weight decay and the variation penalty.
  private func extras(_ model: GeneratorInTraining, _ generation: WeightGenerator.Generation)
    -> [Tensor]
  {
    var terms: [Tensor] = []
    let episodes = Double(generation.network.episodeCount)
    if weightDecay > 0 {
      for layer in generation.network.layers {
        let share = layer.isShared ? 1 : episodes
        terms.append(layer.kernel.squared().sum() * (weightDecay / share))
      }
      terms.append(generation.network.headWeight.squared().sum() * (weightDecay / episodes))
    }
    if variationPenalty > 0 {
      for (slices, free) in zip(generation.slices, model.generator.network) {
        guard let slices, let base = free.base else { continue }
        // Bias, scale and offset at the end of a slice are no part of the kernel.
        let count = base.weight.count / slices.extent(1)
        let kernels = slices.narrowed(along: 2, from: 0, count: count)
        let size = base.weight.squared().sum() + 1e-8
        terms.append(kernels.squared().sum() / size * (variationPenalty / episodes))
      }
    }
    return terms
  }
}
