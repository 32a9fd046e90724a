import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// A written network is an ordinary network.
@Suite struct GeneratedNetworkTests {
  static let networks = [
    Tiny.network(), Tiny.network(normalizesBeforeActivation: true),
    Tiny.network(head: .averagePool, nonlinearity: .leakyRelu),
    ConvNetFamily.threeLayer.architecture(
      imageSize: 20, imageChannels: 2, channels: 3, classCount: 3),
    ConvNetFamily.kernelToy.architecture(
      imageSize: 20, imageChannels: 2, channels: 3, classCount: 3),
  ]

  @Test(arguments: networks, ["plain", "first trained", "base weights", "spatial"])
  func `an ordinary network with the same weights gives the same logits and slopes`(
    _ network: ConvNetArchitecture, _ name: String
  ) throws {
    let (written, batch) = try written(network, name)
    for episode in 0..<2 {
      let classifier = written.classifier(episode: episode)
      let images = batch.query.images.slice(at: episode, along: 1)
      for statistics in GeneratedNetwork.Statistics.allCases {
        let (logits, slope) = pull(images) { images in
          let all = Tensor(stacking: [images, images], along: 1)
          return written.logits(of: all, statistics: statistics)[episode]
        }
        let (expected, expectedSlope) = pull(images) {
          ordinary($0, classifier, isTraining: statistics == .batch)
        }
        expectClose(logits, expected, relative: 1e-9, absolute: 1e-11)
        expectClose(slope, expectedSlope, relative: 1e-8, absolute: 1e-11)
      }
    }
  }

  @Test(arguments: networks)
  func `an exported classifier computes what an ordinary network computes`(
    _ network: ConvNetArchitecture
  ) throws {
    let (written, batch) = try written(network, "bias and normalization")
    let classifier = written.classifier(episode: 1)
    let images = batch.query.images.slice(at: 1, along: 1)
    expectClose(
      classifier(images), ordinary(images, classifier, isTraining: false), relative: 1e-9,
      absolute: 1e-11)
    var copy = classifier
    var pass = Pass.training(using: RandomSource(seed: 0))
    expectClose(
      copy.forward(images, &pass), ordinary(images, classifier, isTraining: true), relative: 1e-9,
      absolute: 1e-11)
  }

  @Test(arguments: [WeightAllocation.output, .spatial])
  func `a slice's slope is the kernel's, laid out anew`(_ allocation: WeightAllocation) throws {
    let (written, batch) = try written(Tiny.network(), "plain")
    let geometry = Tiny.network().geometries[1]
    let layout = SliceLayout(
      geometry, allocation, generatesBias: false, generatesNormalization: false)
    let images = batch.query.images
    var random = RandomSource(seed: 9)
    let slices = Tensor(
      normal: [2, layout.count, layout.length], using: &random, .float64)
    func logits(_ kernel: Tensor) -> Tensor {
      var network = written
      network.layers[1].kernel = kernel
      return network.logits(of: images)
    }
    func kernel(_ slices: Tensor) -> Tensor {
      allocation.weights(
        of: slices, geometry, generatesBias: false, generatesNormalization: false
      ).kernel.flattened(from: 0, through: 1)
    }
    let slope = pull(slices) { logits(kernel($0)) }.slope
    let kernelSlope = pull(kernel(slices)) { logits($0) }.slope
    for episode in 0..<2 {
      for place in 0..<81 {
        let (filter, input, position) = (place / 27, place / 9 % 3, place % 9)
        let found =
          allocation == .output
          ? slope[episode, filter, position * 3 + input]
          : slope[episode, position, input * 3 + filter]
        let expected = kernelSlope[3 * episode + filter, input, position / 3, position % 3]
        #expect(found.scalar() == expected.scalar())
      }
    }
  }

  @Test(arguments: [false, true])
  func `normalization comes after the activation unless the network says otherwise`(
    _ normalizesBeforeActivation: Bool
  ) throws {
    let network = Tiny.network(normalizesBeforeActivation: normalizesBeforeActivation)
    var (written, batch) = try written(network, "plain")
    // A constant map normalizes to zero; an offset of -1 survives only if no activation follows.
    written.layers[1].kernel = written.layers[1].kernel.zerosLike()
    written.layers[1].queryOffset = -written.layers[1].queryOffset.onesLike()
    var pass = Pass.inference
    var last = Tensor(0)
    _ = written.logits(of: batch.query.images, headDropout: 0, &pass) { layer, activations in
      if layer == 1 { last = activations }
    }
    #expect(last.toDoubles().allSatisfy { $0 == (normalizesBeforeActivation ? 0 : -1) })
  }

  @Test func `with support statistics every query is judged alone, with the batch's it is not`()
    throws
  {
    let (written, batch) = try written(Tiny.network(), "plain")
    for statistics in GeneratedNetwork.Statistics.allCases {
      let together = written.logits(of: batch.query.images, statistics: statistics)
      let alone = (0..<batch.query.images.extent(0)).map { query in
        written.logits(
          of: batch.query.images.narrowed(along: 0, from: query, count: 1), statistics: statistics)
      }
      let distance = (together - Tensor(concatenating: alone, along: 1)).abs().max().scalar()
      #expect(statistics == .support ? distance < 1e-10 : distance > 1e-2)
    }
  }

  @Test(arguments: generatorVariants.keys.sorted())
  func `an exported classifier is the network with support statistics`(_ name: String) throws {
    let (written, batch) = try written(Tiny.network(), name)
    let logits = written.logits(of: batch.query.images, statistics: .support)
    for episode in 0..<2 {
      let images = batch.query.images.slice(at: episode, along: 1)
      expectClose(
        written.classifier(episode: episode)(images), logits[episode], relative: 1e-9,
        absolute: 1e-11)
    }
  }

  private func written(
    _ network: ConvNetArchitecture, _ name: String
  ) throws -> (GeneratedNetwork, TrainingBatch) {
    let batch = Tiny.batch(of: network)
    let configuration = Tiny.configuration(try #require(generatorVariants[name]))
    return (try Tiny.generator(configuration, writing: network).generate(batch.support), batch)
  }

  /// A function's value and the slope of a fixed weighting of its elements.
  private func pull(
    _ point: Tensor, _ body: (Tensor) -> Tensor
  ) -> (value: Tensor, slope: Tensor) {
    var random = RandomSource(seed: 10)
    let weights = Tensor(normal: body(point).shape, using: &random, .float64)
    let (value, slope) = valueAndPullback(at: point, weights: weights, body)
    return (value, slope)
  }
}

/// The network written out with the engine's operators and a classifier's parameters by name.
func ordinary(_ images: Tensor, _ classifier: ConvClassifier, isTraining: Bool) -> Tensor {
  let network = classifier.architecture
  let named = classifier.tensors
  var x = images
  for (index, layer) in network.layers.enumerated() {
    let part = { (name: String) in named["layers.\(index).\(name)"] }
    guard let kernel = part("convolution.weight") else { return x }
    let activate = { (x: Tensor) in
      network.nonlinearity == .relu ? x.relu() : x.leakyRelu(slope: 0.01)
    }
    let normalize = { (x: Tensor) in
      let mean = isTraining ? x.mean(along: 0, 2, 3) : part("norm.running_mean")
      let variance =
        isTraining ? x.variance(along: 0, 2, 3, correction: 0) : part("norm.running_var")
      guard let mean, let variance, let scale = part("norm.weight"), let offset = part("norm.bias")
      else { return x }
      let factor = scale / (variance + 1e-3).sqrt()
      return (x - mean.reshaped(-1, 1, 1)) * factor.reshaped(-1, 1, 1) + offset.reshaped(-1, 1, 1)
    }
    x = x.convolved(
      with: kernel, bias: part("convolution.bias"), stride: layer.stride,
      padding: layer.isPadded ? .same : .valid)
    if !network.normalizesBeforeActivation { x = activate(x) }
    if layer.pooling > 1 { x = x.maxPooled(window: layer.pooling) }
    x = normalize(x)
    if network.normalizesBeforeActivation { x = activate(x) }
  }
  let features = network.head == .flatten ? x.flattened(from: 1) : x.mean(along: 2, 3)
  guard let weight = named["head.weight"] else { return features }
  return features.linear(weight: weight, bias: named["head.bias"])
}
