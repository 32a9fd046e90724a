import Datasets
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Unlabelled and ignored support images.
@Suite struct SemiSupervisedTests {
  static let layouts = ["plain", "decoder", "separate", "simple"]

  @Test(arguments: layouts)
  func `ignoring nobody is the supervised path`(_ name: String) throws {
    let generator = try generator(name)
    var support = Tiny.batch(unlabelled: 0).support
    let expected = generator.generating(support).allSlices
    support.ignored = Tensor(zeros: support.labels.shape, .bool)
    #expect(generator.generating(support).allSlices == expected)
  }

  @Test(arguments: layouts)
  func `ignoring all unlabelled images leaves them out of the first layer`(_ name: String) throws {
    let (ignoring, without) = try ignoringAndWithout(generator(name))
    expectClose(ignoring[0], without[0], relative: 1e-12, absolute: 1e-14)
  }

  @Test(arguments: layouts)
  func `later layers still feel ignored images through batch normalization`(_ name: String) throws {
    let (ignoring, without) = try ignoringAndWithout(generator(name))
    #expect((ignoring[1] - without[1]).abs().max().scalar() > 1e-6)
  }

  @Test(arguments: layouts)
  func `without batch normalization ignoring is leaving out`(_ name: String) throws {
    let network = ConvNetFamily.denseOnly.architecture(
      imageSize: 1, imageChannels: 6, channels: 0, classCount: 3)
    let (ignoring, without) = try ignoringAndWithout(generator(name, network), network)
    #expect(ignoring.count == 1)
    expectClose(ignoring[0], without[0], relative: 1e-12, absolute: 1e-14)
  }

  @Test(arguments: layouts)
  func `unlabelled images matter`(_ name: String) throws {
    let generator = try generator(name)
    let support = Tiny.batch(episodes: 1).support
    let labelled = support.choosing(labelledPositions(support))
    let distance =
      generator.generating(support).allSlices[0] - generator.generating(labelled).allSlices[0]
    #expect(distance.abs().max().scalar() > 1e-6)
  }

  @Test(arguments: layouts, [ElementType.float32, .float64])
  func `with every image ignored weights and slopes are still numbers`(
    _ name: String, _ type: ElementType
  ) throws {
    var model = GeneratorInTraining(try generator(name)).cast(to: type)
    var batch = Tiny.batch()
    batch.support.images = batch.support.images.cast(to: type)
    batch.query.images = batch.query.images.cast(to: type)
    batch.support.ignored = Tensor(ones: batch.support.labels.shape).cast(to: .bool)
    var pass = Pass.inference
    let (loss, gradient) = valueAndGradient(at: &model) { model in
      Objective()(&model, batch, step: 0, &pass).loss
    }
    #expect(loss.scalar().isFinite)
    #expect(gradient.nonFiniteNames() == [])
  }

  private func generator(
    _ name: String, _ network: ConvNetArchitecture = Tiny.network()
  ) throws -> WeightGenerator {
    var configuration = Tiny.configuration(try #require(generatorVariants[name]))
    if network.imageSize == 1 { configuration.shared.layers = 0 }
    return try Tiny.generator(configuration, writing: network)
  }

  private func labelledPositions(_ support: SupportSet) -> [Int] {
    support.labels[0].toInts().indices.filter { support.labels[0, $0].scalar() != 3 }
  }

  /// The slices with unlabelled images ignored, and with them absent.
  private func ignoringAndWithout(
    _ generator: WeightGenerator, _ network: ConvNetArchitecture = Tiny.network()
  ) -> (ignoring: [Tensor], without: [Tensor]) {
    var support = Tiny.batch(episodes: 1, of: network).support
    let labelled = support.choosing(labelledPositions(support))
    support.ignored = support.labels .== 3
    return (generator.generating(support).allSlices, generator.generating(labelled).allSlices)
  }
}

/// Ignoring support images at random in training.
@Suite struct SampleRemovalTests {
  @Test func `without removal there is no mask`() throws {
    #expect(try batch(1, removal: (0, 0)).support.ignored == nil)
  }

  @Test func `labelled removal spares unlabelled images`() throws {
    let shares = try ignoredShares(removal: (1, 0))
    #expect(shares.unlabelled.allSatisfy { $0 == 0 })
    // The probability is itself uniform: mean 1/2, variance 1/12 and more.
    #expect(abs(MeanInterval(of: shares.labelled).mean - 0.5) < 0.08)
  }

  @Test func `unlabelled removal spares labelled images`() throws {
    let shares = try ignoredShares(removal: (0, 0.5))
    #expect(shares.labelled.allSatisfy { $0 == 0 })
    #expect(abs(MeanInterval(of: shares.unlabelled).mean - 0.25) < 0.05)
  }

  @Test func `the probability is drawn anew for every episode`() throws {
    // Shares of 20 images with one probability for all would vary by 1/80, not by 1/12.
    let shares = try ignoredShares(removal: (1, 0)).labelled
    var running = RunningMean()
    for share in shares { running.add(share) }
    #expect(running.variance > 0.05)
  }

  private func ignoredShares(
    removal: (labelled: Double, unlabelled: Double)
  ) throws -> (labelled: [Double], unlabelled: [Double]) {
    let support = try batch(200, removal: removal).support
    let ignored = try #require(support.ignored).cast(to: .float64)
    let isUnlabelled = (support.labels .== 2).cast(to: .float64)
    let counts = isUnlabelled.sum(along: 1)
    return (
      (ignored * (1 - isUnlabelled)).sum(along: 1).toDoubles().map { $0 / 20 },
      ((ignored * isUnlabelled).sum(along: 1) / counts).toDoubles()
    )
  }

  /// Episodes of two classes with ten labelled and five unlabelled images each.
  private func batch(
    _ count: Int, removal: (labelled: Double, unlabelled: Double)
  ) throws -> TrainingBatch {
    let set = ImageSet(
      name: "grey", height: 2, width: 2, channels: 1, classNames: ["a", "b", "c"],
      counts: [16, 16, 16], pixels: [UInt8](repeating: 9, count: 48 * 4))
    let plan = EpisodePlan(ways: 2, shots: 10, unlabelledPerClass: 5, queriesPerClass: 1)
    var random = RandomSource(seed: 12)
    let episodes = try EpisodeSampler(set, plan: plan).batch(of: count, using: &random)
    return TrainingBatch(episodes, of: set, ways: 2, removal: removal, using: &random)
  }
}

extension GeneratorInTraining {
  /// A generator trained on query losses alone.
  init(_ generator: WeightGenerator) {
    var unused = RandomSource(seed: 0)
    self.init(
      generator, objective: Objective(), realClassCount: 1, isPretraining: false, using: &unused)
  }
}
