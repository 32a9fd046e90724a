import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// What a set of labelled images does not say must not matter: the order of the images and which
/// number a class goes by.
@Suite struct SymmetryTests {
  @Test(arguments: generatorVariants.keys.sorted())
  func `the order of support images does not matter`(_ name: String) throws {
    let generator = try Tiny.generator(
      Tiny.configuration(try #require(generatorVariants[name])))
    let support = Tiny.batch(isMasked: true).support
    var random = RandomSource(seed: 4)
    let order = Array(0..<support.sampleCount).shuffled(using: &random)
    let found = generator.generating(support.choosing(order)).allSlices
    for (found, expected) in zip(found, generator.generating(support).allSlices) {
      expectClose(found, expected, relative: 1e-9, absolute: 1e-10)
    }
  }

  @Test func `in single precision the order costs a millionth at most`() throws {
    var random = RandomSource(seed: 5)
    let network = ConvNetFamily.maxPoolThreeLayer.architecture(
      imageSize: 14, imageChannels: 1, channels: 8, classCount: 5)
    let generator = try WeightGenerator(writing: network, using: &random)
    let batch = Tiny.batch(episodes: 1, of: network)
    let support = SupportSet(
      images: batch.support.images.cast(to: .float32), labels: batch.support.labels)
    let order = Array(0..<support.sampleCount).shuffled(using: &random)
    let found = generator.generating(support.choosing(order)).allSlices
    for (found, expected) in zip(found, generator.generating(support).allSlices) {
      let size = expected.abs().max().scalar()
      expectClose(found, expected, relative: 0, absolute: 2e-6 * size)
    }
  }

  @Test(arguments: ["plain", "decoder", "separate", "simple", "spatial", "first trained"])
  func `numbering the classes otherwise permutes the logits`(_ name: String) throws {
    var generator = try Tiny.generator(
      Tiny.configuration(try #require(generatorVariants[name])))
    let batch = Tiny.batch()
    let expected = generator.generate(batch.support).logits(of: batch.query.images)
    // Class c is now called number[c]; "unlabelled" stays.
    let number = [2, 0, 1]
    let origin = Tensor([1, 2, 0, 3])
    for index in generator.layers.indices {
      if let codes = generator.layers[index]?.tokens.labelEmbedding {
        generator.layers[index]?.tokens.labelEmbedding = codes.gathering(origin)
      }
    }
    generator.head.tokens.labelEmbedding = generator.head.tokens.labelEmbedding.gathering(origin)
    generator.head.tokens.weightEmbedding =
      generator.head.tokens.weightEmbedding.gathering(origin[0..<3])
    var support = batch.support
    support.labels = Tensor(number + [3]).gathering(support.labels.flattened())
      .reshaped(to: support.labels.shape)
    let found = generator.generate(support).logits(of: batch.query.images)
    expectClose(found.gathering(Tensor(number), along: 2), expected, relative: 1e-9)
  }
}
