import Learning
import Randomness
import Torch

/// The settings of ``MAML``.
public struct MAMLConfiguration: Codable, Sendable, Hashable {
  /// Gradient steps on the support images.
  public var steps = 5
  /// Their first learning rate; every tensor learns its own for every step.
  public var rate = 0.1
  /// Whether the gradient through the steps is left out.
  public var isFirstOrder = false
  /// Training steps in which the queries are judged after every step and not only after the last.
  public var perStepLossSteps = 5_000

  /// The rival's published Omniglot settings.
  public init() {}

  /// How much the queries' loss after every step counts; the weights add up to 1.
  ///
  /// All count alike at first; the last one takes over while the others fall, to 3 % of their first
  /// weight, and after ``perStepLossSteps`` it counts alone.
  func lossWeights(step: Int) -> [Double] {
    let others = steps - 1
    guard step < perStepLossSteps, others > 0 else {
      return [Double](repeating: 0, count: others) + [1]
    }
    let share = 1 / Double(steps)
    let other = max(share * (1 - Double(step) / Double(perStepLossSteps)), 0.03 * share)
    return [Double](repeating: other, count: others) + [1 - other * Double(others)]
  }
}

/// A rival of the HyperTransformer: a start from which a few gradient steps on the support images
/// lead to a good network.
///
/// With the improvements of MAML++: gradients through the steps, a loss after every step, a learned
/// rate for every tensor and step, and batch-normalization scales and offsets for every step.
///
/// - Paper: Finn, Abbeel and Levine, *Model-Agnostic Meta-Learning* (2017); Antoniou, Edwards and
///   Storkey, *How to Train Your MAML* (2019), section 4.
public struct MAML: FewShotLearner {
  /// The networks' shape.
  public let architecture: ConvNetArchitecture
  /// How the steps are taken.
  public let configuration: MAMLConfiguration
  /// Where the steps begin: kernels `[outputs, inputs, window, window]`.
  var kernels: [Tensor]
  /// Where the steps begin: the dense layer's weight `[features, classes]`.
  var headWeight: Tensor
  /// Where the steps begin: the dense layer's bias `[1, classes]`.
  var headBias: Tensor
  /// `[steps, channels]` per layer; never changed by the steps.
  var scales: [Tensor]
  /// `[steps, channels]` per layer; never changed by the steps.
  var offsets: [Tensor]
  /// `[steps]` per kernel, then the dense layer's weight and bias.
  var rates: [Tensor]

  /// Creates a start with fresh weights.
  public init(
    _ architecture: ConvNetArchitecture, _ configuration: MAMLConfiguration = .init(),
    using random: inout RandomSource
  ) {
    self.architecture = architecture
    self.configuration = configuration
    kernels = []
    for geometry in architecture.geometries {
      let side = geometry.layer.kernelSize
      kernels.append(
        Initializer.glorotUniform.tensor(
          [geometry.layer.channels, geometry.inputChannels, side, side], using: &random))
    }
    headWeight = Initializer.glorotUniform.tensor(
      [architecture.featureCount, architecture.classCount], using: &random)
    headBias = Tensor(zeros: [1, architecture.classCount])
    let steps = configuration.steps
    scales = architecture.layers.map { Tensor(ones: [steps, $0.channels]) }
    offsets = architecture.layers.map { Tensor(zeros: [steps, $0.channels]) }
    rates = (0..<kernels.count + 2).map { _ in
      Tensor(repeating: configuration.rate, [steps])
    }
  }

  /// One network per episode, after all steps.
  public func generate(_ support: SupportSet) -> GeneratedNetwork {
    withoutGradients {
      var network = adapted(to: support) { _, _ in }
      var x = support.images.flattened(from: 1, through: 2)
      for index in network.layers.indices {
        x = network.layers[index].applyToSupport(index, of: architecture, x, support.episodeCount)
      }
      return network
    }
  }

  /// Takes the steps.
  ///
  /// - Parameters:
  ///   - support: What the steps are taken on.
  ///   - look: Sees the networks after each step, counted from 0.
  /// - Returns: The networks after the last step.
  func adapted(
    to support: SupportSet, inspecting look: (_ step: Int, _ network: GeneratedNetwork) -> Void
  ) -> GeneratedNetwork {
    let episodes = support.episodeCount
    var weights =
      kernels.map { $0.tiled([episodes, 1, 1, 1]) } + [headWeight.tiled([episodes, 1, 1])]
      + [headBias.tiled([episodes, 1, 1])]
    for step in 0..<configuration.steps {
      let slopes = valueAndGradient(at: weights) { weights in
        supportLoss(network(weights, step, episodes), support)
      }.gradient
      weights = weights.indices.map { index in
        let slope = configuration.isFirstOrder ? slopes[index].detached() : slopes[index]
        return weights[index] - slope * rates[index].slice(at: step, along: 0)
      }
      look(step, network(weights, step, episodes))
    }
    return network(weights, configuration.steps - 1, episodes)
  }

  /// The sum over episodes of the mean cross-entropy of labelled support images.
  private func supportLoss(_ network: GeneratedNetwork, _ support: SupportSet) -> Tensor {
    let classCount = architecture.classCount
    let labels =
      support.ignored.map { support.labels.filled(where: $0, with: Double(classCount)) }
      ?? support.labels
    let logits = network.logits(of: support.images)
    let losses = logits.flattened(from: 0, through: 1).softmaxCrossEntropy(
      expected: labels.flattened(), ignoring: classCount, reduction: .none)
    let counts = (labels .!= Double(classCount)).cast(to: logits.elementType).sum(along: 1)
    return (losses.reshaped(support.episodeCount, -1).sum(along: 1) / counts.clamped(atLeast: 1))
      .sum()
  }

  /// The networks that weights of all episodes make up, with the batch normalization of a step.
  private func network(_ weights: [Tensor], _ step: Int, _ episodes: Int) -> GeneratedNetwork {
    let layers = architecture.layers.indices.map { index in
      let scale = scales[index].slice(at: step, along: 0).tiled([episodes])
      let offset = offsets[index].slice(at: step, along: 0).tiled([episodes])
      return GeneratedNetwork.Layer(
        kernel: weights[index], bias: nil, isShared: false, supportScale: scale,
        supportOffset: offset, queryScale: scale, queryOffset: offset, mean: scale, variance: scale)
    }
    return GeneratedNetwork(
      architecture: architecture, episodeCount: episodes, layers: layers,
      headWeight: weights[layers.count], headBias: weights[layers.count + 1])
  }

  /// Presents the start, the scales and offsets, and the rates.
  public mutating func visit(_ walk: inout Walk) {
    walk.parameters("kernels", &kernels)
    walk.parameter("head.weight", &headWeight)
    walk.parameter("head.bias", &headBias)
    walk.parameters("scales", &scales)
    walk.parameters("offsets", &offsets)
    walk.parameters("rates", &rates)
  }
}

extension MAML: TrainableLearner {
  /// The start of a recipe with fresh weights.
  public init(
    _ recipe: FewShotRecipe, imageChannels: Int, realClassCount: Int,
    using random: inout RandomSource
  ) throws(ConfigurationError) {
    let architecture = recipe.architecture(imageChannels: imageChannels)
    try architecture.validate()
    self.init(architecture, recipe.maml, using: &random)
  }

  /// The start itself.
  public var learner: MAML { self }

  /// The queries' cross-entropy after the steps, weighted by ``MAMLConfiguration/perStepLossSteps``.
  public mutating func loss(
    _ batch: TrainingBatch, _ recipe: FewShotRecipe, _ pass: inout Pass
  ) -> (loss: Tensor, accuracy: Tensor) {
    let weights = configuration.lossWeights(step: batch.step)
    var losses: [Tensor] = []
    var accuracy = Tensor(0)
    _ = adapted(to: batch.support) { step, network in
      guard weights[step] > 0 else { return }
      let logits = network.logits(of: batch.query.images)
      losses.append(recipe.objective.crossEntropy(logits, batch.query.labels) * weights[step])
      accuracy = batch.query.accuracy(of: logits)
    }
    return (losses.dropFirst().reduce(losses[0], +), accuracy)
  }
}
