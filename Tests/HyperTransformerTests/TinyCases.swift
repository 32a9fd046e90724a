import Learning
import Randomness
import Torch

@testable import HyperTransformer

/// The smallest networks, generators and episodes with which everything still has a size of its own.
enum Tiny {
  /// Two convolutions on 8x8 images of two channels, three classes.
  static func network(
    head: ConvNetArchitecture.Head = .flatten, normalizesBeforeActivation: Bool = false,
    nonlinearity: ConvNetArchitecture.Nonlinearity = .relu
  ) -> ConvNetArchitecture {
    ConvNetArchitecture(
      imageSize: 8, imageChannels: 2, layers: Array(repeating: .init(channels: 3), count: 2),
      head: head, nonlinearity: nonlinearity,
      normalizesBeforeActivation: normalizesBeforeActivation, classCount: 3)
  }

  /// One transformer layer with two heads, four numbers per code.
  static func configuration(
    _ change: (inout GeneratorConfiguration) -> Void = { _ in }
  ) -> GeneratorConfiguration {
    var result = GeneratorConfiguration()
    result.codeWidth = 4
    result.localWidth = 2
    result.shared = SharedFeatures(layers: 2, width: 3)
    result.transformer = TransformerShape(layers: 1, heads: 2)
    change(&result)
    return result
  }

  /// Widths that two heads divide, whatever the width of tokens.
  static func setAbsoluteWidths(_ configuration: inout GeneratorConfiguration) {
    configuration.transformer.queryWidth = 6
    configuration.transformer.valueWidth = 8
    configuration.transformer.innerWidth = 5
  }

  /// A generator in double precision, every parameter moved off its special starting value.
  static func generator(
    _ configuration: GeneratorConfiguration = Tiny.configuration(),
    writing network: ConvNetArchitecture = Tiny.network(), seed: UInt64 = 1
  ) throws -> WeightGenerator {
    var random = RandomSource(seed: seed)
    var result = try WeightGenerator(writing: network, configuration, using: &random)
      .cast(to: .float64)
    result.forEachParameter { _, tensor in
      tensor = tensor + Tensor(normal: tensor.shape, using: &random, .float64) * 0.1
    }
    return result
  }

  /// The same, wrapped for training.
  static func model(
    _ configuration: GeneratorConfiguration = Tiny.configuration(),
    writing network: ConvNetArchitecture = Tiny.network(), objective: Objective = .init(),
    isPretraining: Bool = false
  ) throws -> GeneratorInTraining {
    var random = RandomSource(seed: 2)
    return GeneratorInTraining(
      try generator(configuration, writing: network), objective: objective, realClassCount: 4,
      isPretraining: isPretraining, using: &random
    ).cast(to: .float64)
  }

  /// Episodes of random images: two labelled images per class and two unlabelled ones, then queries.
  static func batch(
    episodes: Int = 2, queries: Int = 6, of network: ConvNetArchitecture = Tiny.network(),
    unlabelled: Int = 2, isMasked: Bool = false, seed: UInt64 = 3
  ) -> TrainingBatch {
    var random = RandomSource(seed: seed)
    let ways = network.classCount
    let samples = 2 * ways + unlabelled
    let image = [network.imageChannels, network.imageSize, network.imageSize]
    let labels = (0..<samples).map { $0 < 2 * ways ? $0 % ways : ways }
    let rows = (0..<episodes).map { _ in labels.shuffled(using: &random) }
    let ignored = Tensor(
      (0..<episodes).map { episode in (0..<samples).map { ($0 + episode) % 4 == 1 } })
    return TrainingBatch(
      support: SupportSet(
        images: Tensor(normal: [samples, episodes] + image, using: &random, .float64),
        labels: Tensor(rows), ignored: isMasked ? ignored : nil),
      query: QuerySet(
        images: Tensor(normal: [queries, episodes] + image, using: &random, .float64),
        labels: Tensor((0..<episodes).map { e in (0..<queries).map { ($0 + e) % ways } })),
      realClasses: Tensor(rows.map { row in row.map { min($0, 3) } }))
  }
}

extension TrainingBatch {
  /// One episode as a batch of its own.
  func episode(_ index: Int) -> TrainingBatch {
    TrainingBatch(
      support: SupportSet(
        images: support.images.narrowed(along: 1, from: index, count: 1),
        labels: support.labels.narrowed(along: 0, from: index, count: 1),
        ignored: support.ignored?.narrowed(along: 0, from: index, count: 1)),
      query: QuerySet(
        images: query.images.narrowed(along: 1, from: index, count: 1),
        labels: query.labels.narrowed(along: 0, from: index, count: 1)),
      realClasses: realClasses.narrowed(along: 0, from: index, count: 1))
  }
}

extension SupportSet {
  /// The samples of every episode at the given positions.
  func choosing(_ positions: [Int]) -> SupportSet {
    let order = Tensor(positions)
    return SupportSet(
      images: images.gathering(order, along: 0), labels: labels.gathering(order, along: 1),
      ignored: ignored?.gathering(order, along: 1))
  }
}

extension WeightGenerator {
  /// Everything one generation yields, outside of training.
  func generating(_ support: SupportSet) -> Generation {
    var copy = self
    var pass = Pass.inference
    return copy.generation(support, &pass, warmsUp: true)
  }
}

extension WeightGenerator.Generation {
  /// All slices written, first layer first, the dense layer's last.
  var allSlices: [Tensor] { slices.compactMap { $0 } + [headSlices] }
}

/// Ways of generating that differ in where weights come from, by name.
let generatorVariants: [String: @Sendable (inout GeneratorConfiguration) -> Void] = [
  "plain": { _ in },
  "decoder": { $0.transformer.layout = .jointDecoder },
  "separate": {
    $0.transformer.layout = .separate
    Tiny.setAbsoluteWidths(&$0)
  },
  "simple": { $0.transformer.layout = .simple },
  "sigmoid": { $0.transformer.usesSigmoidAttention = true },
  "spatial": { $0.allocation = .spatial },
  "first trained": { $0.trainedLayers = 1 },
  "last trained": { $0.trainedLayers = -1 },
  "bias and normalization": {
    $0.generatesBias = true
    $0.generatesNormalization = true
  },
  "base weights": {
    $0.usesBaseWeights = true
    $0.generatesBias = true
    $0.generatesNormalization = true
  },
  "own query normalization": { $0.separatesQueryNormalization = true },
  "mixed head features": { $0.headFeatures = .mix },
  "scaled shared features only": {
    $0.localWidth = 0
    $0.shared.isScaled = true
  },
  "warm-up heads": { $0.warmUpHeads = .generated },
  "trained warm-up heads": { $0.warmUpHeads = .trained },
]
