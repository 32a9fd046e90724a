import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Looking at how networks are written.
@Suite struct InspectionTests {
  @Test(arguments: ["plain", "decoder", "separate", "simple"])
  func `attention is recorded for every layer and block, and rows add up to one`(
    _ variant: String
  ) throws {
    let configuration = Tiny.configuration(try #require(generatorVariants[variant]))
    let generator = try Tiny.generator(configuration)
    let batch = Tiny.batch(isMasked: true)
    let (network, maps) = generator.inspect(batch.support)
    #expect(
      network.logits(of: batch.query.images)
        == generator.generate(batch.support).logits(of: batch.query.images))
    let hasMemory = variant == "decoder" || variant == "separate"
    #expect(Set(maps.map(\.layer)) == ["layers.0", "layers.1", "logits"])
    #expect(maps.count == (hasMemory ? 6 : 3))
    for map in maps {
      let sums = map.weights.sum(along: 3)
      expectClose(sums, sums.onesLike(), relative: 1e-9)
      let ignored = try #require(batch.support.ignored)[0].toDoubles()
      let keys = map.weights.extent(3)
      for (sample, isIgnored) in ignored.enumerated() where isIgnored == 1 {
        let column = map.weights[0].slice(at: keys - ignored.count + sample, along: 2)
        #expect(column.abs().max().scalar() < 1e-12)
      }
    }
  }

  @Test func `the map of the first block is that of its tokens`() throws {
    let generator = try Tiny.generator(Tiny.configuration { $0.localWidth = 0 })
    let batch = Tiny.batch(episodes: 1)
    let map = try #require(generator.inspect(batch.support).attention.first)
    // Without local features, tokens are made of the shared ones alone.
    let tokens = try #require(generator.layers[0]).tokens
    let images = batch.support.images.flattened(from: 0, through: 1)
    let features = try #require(generator.shared).forward(images)
    let codes = tokens.labelEmbedding.gathering(batch.support.labels[0])
    let samples = Tensor(concatenating: [codes, features], along: 1).widened(to: tokens.sampleWidth)
    let slices = tokens.weightEmbedding.widened(to: tokens.weightWidth)
    let sequence = Tensor(concatenating: [slices, samples]).expandingShape(at: 0)
    expectClose(
      map.weights, tokens.encoder[0].attention.attentionWeights(sequence), relative: 1e-9)
  }

  @Test func `weights that stay the same do not vary, and others by their distance`() throws {
    let generator = try Tiny.generator()
    let batch = Tiny.batch(episodes: 2)
    var same = batch.support
    same.images = Tensor(
      concatenating: [batch.support.images.narrowed(along: 1, from: 0, count: 1)], along: 1
    ).tiled([1, 2, 1, 1, 1])
    same.labels = batch.support.labels.narrowed(along: 0, from: 0, count: 1).tiled([2, 1])
    for variation in generator.generate(same).variations {
      #expect(variation.relative < 1e-7, "\(variation.layer)")
    }
    var network = generator.generate(batch.support)
    // Two tasks at 2 ± 1: the mean has length 2 √n, every task is √n away from it.
    network.headWeight =
      Tensor(ones: [2] + network.headWeight.shape.dropFirst(), .float64)
      * Tensor([1.0, 3]).reshaped(2, 1, 1)
    let head = try #require(network.variations.last)
    #expect(head.layer == "logits")
    expectClose(head.relative, 0.5, relative: 1e-12)
  }

  @Test func `trained layers are no written weights`() throws {
    let generator = try Tiny.generator(Tiny.configuration { $0.trainedLayers = 1 })
    let weights = generator.generate(Tiny.batch().support).writtenWeights
    #expect(weights.names == ["layers.1.kernel", "logits.weight", "logits.bias"])
    #expect(weights.tensors[0].shape == [2, 3, 3, 3, 3])
  }
}
