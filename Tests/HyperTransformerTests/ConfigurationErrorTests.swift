import Datasets
import Learning
import Randomness
import Runs
import Testing

@testable import HyperTransformer

/// Settings that cannot work are refused with a sentence, before anything is built.
@Suite struct ConfigurationErrorTests {
  typealias Change = @Sendable (inout GeneratorConfiguration) -> Void

  static let refusals: [(change: Change, sentence: String)] = [
    (
      { $0.codeWidth = 0 },
      "generator: codeWidth must be at least 1 and localWidth at least 0, not 0 and 2"
    ),
    (
      { $0.localWidth = -1 },
      "generator: codeWidth must be at least 1 and localWidth at least 0, not 4 and -1"
    ),
    (
      { $0.shared.width = 0 },
      "generator: shared.layers must be at least 0 and shared.width at least 1, not 2 and 0"
    ),
    (
      { $0.shared = SharedFeatures(layers: -1, width: 3) },
      "generator: shared.layers must be at least 0 and shared.width at least 1, not -1 and 3"
    ),
    (
      { $0.shared = SharedFeatures(layers: 3, width: 3, isPadded: false) },
      "generator: 3 shared layers without padding need images of at least 15 pixels, not 8; "
        + "set shared.isPadded or use fewer"
    ),
    (
      {
        $0.localWidth = 0
        $0.shared.layers = 0
      },
      "generator: localWidth 0 and no shared features leave the transformer nothing to see; "
        + "set localWidth or shared.layers"
    ),
    (
      {
        $0.allocation = .spatial
        $0.generatesBias = true
      },
      "generator: a generated bias or normalization needs allocation \"output\", not \"spatial\""
    ),
    (
      {
        $0.allocation = .spatial
        $0.generatesNormalization = true
      },
      "generator: a generated bias or normalization needs allocation \"output\", not \"spatial\""
    ),
    (
      { $0.trainedLayers = 3 },
      "generator: trainedLayers 3 of a network with 2 convolutional layers"
    ),
    (
      { $0.trainedLayers = -3 },
      "generator: trainedLayers -3 of a network with 2 convolutional layers"
    ),
    (
      { $0.transformer.layers = 0 },
      "transformer: layers and heads must be at least 1, not 0 and 2"
    ),
    (
      { $0.transformer.heads = 0 },
      "transformer: layers and heads must be at least 1, not 1 and 0"
    ),
    (
      { $0.headDropout = 1 }, "generator: headDropout must be at least 0 and below 1, not 1.0"
    ),
    (
      { $0.transformer.dropout = -0.5 },
      "generator: transformer.dropout must be at least 0 and below 1, not -0.5"
    ),
    (
      { $0.transformer.innerWidth = .infinity },
      "transformer: innerWidth must be between 0 and 65536, not inf"
    ),
    (
      { $0.transformer.queryWidth = 7 },
      "transformer: queryWidth 7.0 is 7 at layer 0, which 2 heads do not divide; "
        + "choose another width or head count"
    ),
    (
      { $0.transformer.valueWidth = 0 },
      "transformer: valueWidth 0.0 is 0 at layer 0, which 2 heads do not divide; "
        + "choose another width or head count"
    ),
    (
      { $0.transformer.layout = .separate },
      "transformer: queryWidth 1.0 is 11 at layer 0, which 2 heads do not divide; "
        + "choose another width or head count"
    ),
  ]

  @Test(arguments: refusals.indices)
  func `a generator that cannot be is refused with its reason`(_ index: Int) {
    let (change, sentence) = Self.refusals[index]
    let error = #expect(throws: ConfigurationError.self) {
      var random = RandomSource(seed: 0)
      _ = try WeightGenerator(
        writing: Tiny.network(), Tiny.configuration(change), using: &random)
    }
    #expect(error?.description == sentence)
  }

  @Test func `heads are checked in the generators of warm-up heads, too`() {
    // Every layer's tokens are of even width but those of the warm-up head after layer 0.
    let configuration = Tiny.configuration {
      $0.transformer.layout = .separate
      $0.shared.width = 4
      $0.warmUpHeads = .generated
    }
    var network = Tiny.network(head: .averagePool)
    network.layers[0].channels = 4
    let error = #expect(throws: ConfigurationError.self) {
      try configuration.validate(for: network)
    }
    #expect(error?.description.contains("warmUp.0") == true, "\(error?.description ?? "")")
  }

  @Test func `an image too small for the network is refused`() {
    let network = ConvNetFamily.maxPoolFourLayer.architecture(
      imageSize: 14, imageChannels: 1, channels: 4, classCount: 5)
    let error = #expect(throws: ConfigurationError.self) {
      try GeneratorConfiguration().validate(for: network)
    }
    #expect(
      error?.description
        == "network: layer 3 leaves nothing of its 1x1 input; "
        + "use larger images than 14 or fewer layers")
  }

  @Test(arguments: generatorVariants.keys.sorted())
  func `what the other tests build is accepted`(_ name: String) throws {
    let configuration = Tiny.configuration(try #require(generatorVariants[name]))
    try configuration.validate(for: Tiny.network())
  }

  static let settings: [(setting: String, key: String)] = [
    ("data.imageSize=0", "data.imageSize"), ("episode.ways=1", "episode.ways"),
    ("episode.shots=0", "episode.shots"), ("episode.queriesPerClass=0", "episode.queriesPerClass"),
    ("network.channels=0", "network.channels"),
    ("training.episodesPerStep=0", "training.episodesPerStep"),
    ("training.pretrainingSteps=-1", "training.pretrainingSteps"),
    ("objective.warmUpSteps=-1", "objective.warmUpSteps"),
    ("training.steps=null", "training.steps"), ("training.logInterval=0", "training.logInterval"),
    ("training.evaluationInterval=0", "training.evaluationInterval"),
    ("training.checkpointInterval=-1", "training.checkpointInterval"),
    ("evaluation.tasks=0", "evaluation.tasks"),
    ("evaluation.validationTasks=0", "evaluation.validationTasks"),
    ("evaluation.queriesPerClass=0", "evaluation.queriesPerClass"),
    ("objective.labelSmoothing=1", "objective.labelSmoothing"),
    ("training.labelledRemoval=1.5", "training.labelledRemoval"),
    ("training.unlabelledRemoval=-1", "training.unlabelledRemoval"),
    ("generator.trainedLayers=9", "generator"), ("data.imageSize=8", "generator"),
    ("training.optimizer.learningRate=-1", "learningRate"),
  ]

  @Test(arguments: settings)
  func `a recipe names the setting it refuses`(_ setting: String, _ key: String) {
    let error = #expect(throws: RecipeError.self) { try read([setting]) }
    #expect(error.map { "\($0)".contains(key) } == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test(arguments: ["training.pretrainingSteps=5", "objective.realClassWeight=1"])
  func `what trains shared features needs some`(_ setting: String) throws {
    _ = try read([setting])
    let error = #expect(throws: RecipeError.self) {
      try read([setting, "generator.shared.layers=0"])
    }
    #expect(error.map { "\($0)".contains("needs shared features") } == true)
  }

  @Test func `without shared layers their width does not count`() throws {
    let with = Tiny.configuration { $0.shared = .none }
    let without = Tiny.configuration { $0.shared.layers = 0 }
    #expect(
      try Tiny.generator(with).parameterCount == Tiny.generator(without).parameterCount)
  }

  private func read(_ settings: [String]) throws -> FewShotRecipe {
    try RecipeReader.read(FewShotRecipe.self, yaml: "", named: "test", overrides: settings)
  }
}
