import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Networks of which some layers are ordinary trained weights.
@Suite struct TrainedLayersTests {
  static let counts: [(trained: Int, isGenerated: [Bool])] = [
    (0, [true, true]), (1, [false, true]), (2, [false, false]), (-1, [true, false]),
    (-2, [false, false]),
  ]

  @Test(arguments: counts)
  func `positive numbers count from the front, negative ones from the end`(
    _ trained: Int, _ isGenerated: [Bool]
  ) throws {
    let generation = try generator(trained).generating(Tiny.batch().support)
    #expect(generation.slices.map { $0 != nil } == isGenerated)
    #expect(generation.headSlices.shape == [2, 3, 13])
  }

  @Test func `a trained layer is the same for every episode, a generated one is not`() throws {
    let network = try generator(1).generate(Tiny.batch().support)
    let classifiers = (0..<2).map { network.classifier(episode: $0).tensors }
    for (name, isSame) in [
      ("layers.0.convolution.weight", true), ("layers.1.convolution.weight", false),
      ("head.weight", false),
    ] {
      #expect((classifiers[0][name] == classifiers[1][name]) == isSame, "\(name)")
    }
  }

  @Test func `with all convolutions trained, a dense layer is generated on their features`() throws
  {
    let generator = try generator(2)
    let batch = Tiny.batch(episodes: 1)
    // The trained network by its names, its dense layer left out.
    let trained = generator.tensors
    var extractor = ConvClassifier(Tiny.network()).cast(to: .float64)
    extractor.forEachParameter { name, tensor in
      if name.hasPrefix("layers."), let found = trained["network." + name.dropFirst(7)] {
        tensor = found
      }
    }
    let features = { (images: Tensor) in
      let identity = Tensor(identity: 12, .float64)
      var network = extractor
      network.head = Linear(weight: identity, bias: nil)
      return ordinary(images, network, isTraining: true)  // [images, channel x height x width]
    }
    let support = features(batch.support.images[.all, 0]).reshaped(-1, 3, 2, 2)
    var head = generator.head
    let shared = generator.shared
    var pass = Pass.inference
    let slices = head.slices(
      activations: support,
      shared: shared?.forward(batch.support.images[.all, 0]).expandingShape(at: 0),
      support: batch.support, &pass)[0]
    let queries = features(batch.query.images[.all, 0]).reshaped(-1, 3, 4).transposed(1, 2)
      .flattened(from: 1)  // height, width, channel
    let expected = queries.linear(
      weight: slices.narrowed(along: 1, from: 0, count: 12), bias: slices.slice(at: 12, along: 1))
    expectClose(
      generator.generate(batch.support).logits(of: batch.query.images)[0], expected,
      relative: 1e-9, absolute: 1e-11)
  }

  @Test func `base weights are added to what is generated`() throws {
    let generator = try Tiny.generator(
      Tiny.configuration {
        $0.usesBaseWeights = true
        $0.generatesBias = true
        $0.generatesNormalization = true
      })
    var withoutBase = generator
    withoutBase.forEachParameter { name, tensor in
      if name.contains(".base.") { tensor = tensor.zerosLike() }
    }
    let support = Tiny.batch(episodes: 1).support
    let found = generator.generate(support).classifier().tensors
    let own = withoutBase.generate(support).classifier().tensors
    let base = generator.tensors
    for (name, baseName) in [
      ("convolution.weight", "weight"), ("convolution.bias", "bias"), ("norm.weight", "scale"),
      ("norm.bias", "offset"),
    ] {
      // Later layers see other activations.
      let generated = try #require(own["layers.0.\(name)"])
      let added = try #require(base["network.0.base.\(baseName)"])
      expectClose(try #require(found["layers.0.\(name)"]), generated + added, relative: 1e-12)
    }
  }

  @Test func `query images can have scales and offsets of their own`() throws {
    let generator = try Tiny.generator(Tiny.configuration { $0.separatesQueryNormalization = true })
    let classifier = generator.generate(Tiny.batch(episodes: 1).support).classifier()
    let trained = generator.tensors
    let exported = try #require(classifier.tensors["layers.1.norm.weight"])
    #expect(exported == trained["network.1.queryNorm.weight"])
    #expect(exported != trained["network.1.norm.weight"])
  }

  private func generator(_ trained: Int) throws -> WeightGenerator {
    try Tiny.generator(Tiny.configuration { $0.trainedLayers = trained })
  }
}
