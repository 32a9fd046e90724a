import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Hashed networks as models: names, values, gradients, equivalences.
@Suite struct HashedNetworkTests {
  private static let variants: [(name: String, settings: HashingSettings)] = [
    ("matrix", smallSettings()),
    ("fixed scales", smallSettings { $0.modifiers = [.fanOut] }),
    ("released order", smallSettings { $0.convention = .released }),
    (
      "Kronecker",
      smallSettings {
        $0.pools = [.kronecker]
        $0.budget = SizeBudget(variables: 100)
      }
    ),
    ("hash", smallSettings { $0.pools = [.hash] }),
    (
      "tiled hash with signs",
      smallSettings {
        $0.pools = [.hash]
        $0.map = .tiled
        $0.signs = true
      }
    ),
    (
      "three hashes, multiplied",
      smallSettings {
        $0.pools = [.hash, .hash, .hash]
        $0.reduction = .product
      }
    ),
    (
      "matrix and hash, added",
      smallSettings {
        $0.pools = [.matrix, .hash]
        $0.budget = SizeBudget(variables: 110)
      }
    ),
    ("HashedNets", smallSettings { $0 = Self.perLayer($0, .hash) }),
    (
      "low rank",
      smallSettings {
        $0 = Self.perLayer($0, .lowRank)
        $0.policy.kinds = [.dense]
      }
    ),
    (
      "HashedNets at the size of weights",
      smallSettings {
        $0 = Self.perLayer($0, .hash)
        $0.modifiers = [.fanIn, .learned]
        $0.constants = .variables
      }
    ),
    (
      "low rank at the size of weights",
      smallSettings {
        $0 = Self.perLayer($0, .lowRank)
        $0.policy.kinds = [.dense]
        $0.constants = .variables
      }
    ),
    (
      "cyclic",
      smallSettings {
        $0.capacity = 36
        $0.store = .cyclic
      }
    ),
    (
      "padding",
      smallSettings {
        $0.capacity = 49
        $0.store = .padding
      }
    ),
    ("non-negative", smallSettings { $0.modifiers = [.fanIn, .relu, .learned] }),
    ("own deviations", smallSettings { $0.modifiers = [.own] }),
    (
      "custom",
      smallSettings {
        $0.modifiers = [.fanOut, .custom(CustomModifier("tanh") { $0.tanh() })]
      }
    ),
  ]

  private static func perLayer(
    _ settings: HashingSettings, _ pool: HashingSettings.Pool
  ) -> HashingSettings {
    var changed = settings
    changed.pools = [pool]
    changed.scope = .tensor
    changed.signs = pool == .hash
    changed.budget = SizeBudget(variables: 85)
    return changed
  }

  private func hashed(_ settings: HashingSettings, seed: UInt64 = 5) throws
    -> HashedNetwork<SmallNetwork>
  {
    var random = RandomSource(seed: seed)
    var made = try HashedNetwork(SmallNetwork(), settings, using: &random).cast(to: .float64)
    // Scales that are not all 1, or products with them would hide mistakes.
    if let scales = made.scales {
      made.scales = Tensor(from: 0.5, to: 0.5 + 0.25 * Double(scales.count), by: 0.25, .float64)
    }
    return made
  }

  private var images: Tensor {
    var random = RandomSource(seed: 2)
    return Tensor(normal: [5, 6], using: &random, .float64)
  }

  private func loss(_ network: inout SmallNetwork) -> Tensor {
    var pass = Pass.inference
    return network.forward(images, &pass).softmaxCrossEntropy(expected: Tensor([0, 1, 2, 1, 0]))
  }

  @Test(arguments: variants.indices)
  func `the gradient at variables and scales is that of finite differences`(number: Int) throws {
    let (name, settings) = Self.variants[number]
    // With this seed no weight lies at the kink of the non-negative variant.
    let start = try hashed(settings, seed: name == "non-negative" ? 11 : 5)
    expectGradientMatchesFiniteDifferences(
      at: start.parameters.tensors, tolerance: 1e-6, "\(name)"
    ) { variables in
      var working = start
      working.replaceParameters(variables)
      return working.withNetwork { loss(&$0) }
    }
  }

  @Test(arguments: variants.indices)
  func `the gradient through the written-out network is pulled back to the same`(
    number: Int
  ) throws {
    let (name, settings) = Self.variants[number]
    var start = try hashed(settings)
    let (value, direct) = valueAndGradient(at: &start) { $0.withNetwork { loss(&$0) } }
    var network = start.network()
    let (other, dense) = valueAndGradient(at: &network) { loss(&$0) }
    let pulled = start.pullback(of: dense)
    expectClose(other.scalar(), value.scalar(), relative: 1e-12)
    #expect(pulled.names == direct.names)
    for index in direct.names.indices {
      expectClose(
        pulled.tensors[index], direct.tensors[index], relative: 1e-9, absolute: 1e-12,
        "\(name), \(direct.names[index])")
    }
  }

  @Test(arguments: variants.indices)
  func `a weight made from a few rows is the one of the whole product`(number: Int) throws {
    let (name, settings) = Self.variants[number]
    let network = try hashed(settings)
    for (position, whole) in network.hashedWeights().enumerated() {
      expectClose(network.weight(at: position), whole, relative: 1e-12, "\(name), \(position)")
    }
  }

  @Test func `the products of the gradient are those of the closed form`() throws {
    let start = try hashed(smallSettings { $0.modifiers = [.fanOut] })
    var network = start.network()
    let (_, dense) = valueAndGradient(at: &network) { loss(&$0) }
    let pulled = start.pullback(of: dense)
    let pool = try #require(start.pools[0] as? MatrixPool)
    let (rows, columns) = (pool.left.extent(0), pool.right.extent(1))
    let pieces = try start.plan.slots.map { slot in
      try #require(dense[slot.info.name]).reshaped(-1) * slot.constant
    }
    let used = Tensor(concatenating: pieces)
    let g = used.padded([0, rows * columns - used.count]).reshaped(rows, columns)
    expectClose(
      try #require(pulled["pool.left"]), g.matmul(pool.right.transposed()), relative: 1e-10)
    expectClose(
      try #require(pulled["pool.right"]), pool.left.transposed().matmul(g), relative: 1e-10)
  }

  @Test func `binary weights have signs forward and the identity's gradient backward`() throws {
    let start = try hashed(smallSettings { $0.modifiers = [.binary] })
    for weight in start.hashedWeights() {
      #expect(weight.toDoubles().allSatisfy { abs($0) == 1 })
    }
    let slope = gradient(at: Tensor([0.3, -2])) { x in
      ([WeightModifier.binary].apply(x, constant: 1, scale: nil) * Tensor([5.0, 7])).sum()
    }
    expectClose(slope, Tensor([5.0, 7]))
  }

  @Test func `parameters are variables, scales and what is not hashed, and nothing else`() throws {
    var random = RandomSource(seed: 1)
    let dense = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    let hashed = try HashedNetwork(dense, HashingSettings(), using: &random)
    let names = hashed.parameters.names
    #expect(names.prefix(3) == ["pool.left", "pool.right", "scales"])
    #expect(names.contains("network.bn1.weight") && names.contains("network.linear.bias"))
    #expect(!names.contains("network.conv1.weight") && !names.contains("network.linear.weight"))
    #expect(hashed.buffers.names == dense.buffers.names.map { "network." + $0 })
    let size = hashed.size
    #expect(size.count == hashed.parameterCount && size.denseCount == dense.parameterCount)
    #expect(size.count <= dense.parameterCount / 4 && size.fraction > 0.23)
    #expect(hashed.network().tensors.names == dense.tensors.names)
  }

  @Test func `running statistics of the network are kept`() throws {
    var random = RandomSource(seed: 1)
    let dense = ResNet(.cifar(depth: 8), classCount: 10, using: &random)
    var hashed = try HashedNetwork(dense, HashingSettings(), using: &random)
    let before = hashed
    let images = Tensor(normal: [2, 3, 16, 16], using: &random)
    var pass = Pass.training(using: random)
    _ = valueAndGradient(at: &hashed) { hashed in
      hashed.withNetwork { network in
        network.forward(images, &pass).softmaxCrossEntropy(expected: Tensor([1, 2]))
      }
    }
    #expect(hashed.buffers["network.bn1.num_batches_tracked"]?.toInts() == [1])
    // A copy made before does not change with it.
    #expect(before.buffers["network.bn1.num_batches_tracked"]?.toInts() == [0])
    #expect(
      hashed.parameters.tensors.map { $0.toDoubles() }
        == before.parameters.tensors.map { $0.toDoubles() })
  }

  @Test func `one square layer is a plain factorization and full rank holds any weights`() throws {
    var random = RandomSource(seed: 4)
    let weight = Tensor(normal: [12, 12], using: &random)
    let tree = TensorTree([TensorTree.Leaf(name: "w", role: .parameter, tensor: weight)])
    var settings = HashingSettings()
    settings.modifiers = []
    settings.budget = SizeBudget(variables: 2 * 12 * 3)
    let low = try HashedNetwork(tree, settings, using: &random)
    let pool = try #require(low.pools[0] as? MatrixPool)
    expectClose(low.hashedWeights()[0], pool.left.matmul(pool.right), relative: 1e-5)
    settings.budget = SizeBudget(variables: 2 * 12 * 12)
    var full = try HashedNetwork(tree, settings, using: &random)
    full.fit(to: tree)
    expectClose(full.hashedWeights()[0], weight, relative: 1e-4, absolute: 1e-4)
  }

  @Test func `a hash with a variable for every weight is a permutation of nothing`() throws {
    let dense = SmallNetwork()
    var settings = smallSettings { $0.modifiers = [] }
    settings.pools = [.hash]
    settings.map = .tiled
    settings.budget = SizeBudget(fraction: 1)
    var random = RandomSource(seed: 1)
    var hashed = try HashedNetwork(dense, settings, using: &random)
    #expect(hashed.parameterCount == dense.parameterCount)
    hashed.fit(to: dense)
    let written = hashed.network()
    for (found, wanted) in zip(written.parameters.tensors, dense.parameters.tensors) {
      expectClose(found, wanted, relative: 1e-6)
    }
  }

  @Test func `variables at the size of weights learn as weights that are not hashed`() throws {
    var settings = HashingSettings.hashedNets
    settings.map = .tiled
    settings.signs = false
    settings.budget = SizeBudget(fraction: 1)
    var random = RandomSource(seed: 1)
    var hashed = try HashedNetwork(SmallNetwork(), settings, using: &random).cast(to: .float64)
    var dense = hashed.network()
    // One variable per weight, so that a step of gradient descent is the dense network's.
    func descend<Network: Model>(_ network: inout Network, _ loss: (inout Network) -> Tensor) {
      let (_, slope) = valueAndGradient(at: &network, loss)
      network.replaceParameters(
        zip(network.parameters.tensors, slope.tensors).map { $0 - $1 * 0.3 })
    }
    for _ in 0..<3 {
      descend(&dense) { loss(&$0) }
      descend(&hashed) { $0.withNetwork { loss(&$0) } }
    }
    let written = hashed.network().parameters
    #expect(written.names == dense.parameters.names)
    for (found, wanted) in zip(written.tensors, dense.parameters.tensors) {
      expectClose(found, wanted, relative: 1e-12)
    }
  }

  @Test func `the order of the axes decides which weights share variables`() throws {
    let dense = SmallNetwork()
    var first = RandomSource(seed: 1)
    var second = RandomSource(seed: 1)
    let native = try HashedNetwork(dense, smallSettings(), using: &first)
    let released = try HashedNetwork(
      dense, smallSettings { $0.convention = .released }, using: &second)
    let (a, b) = (native.hashedWeights()[0], released.hashedWeights()[0])
    #expect(a.shape == b.shape && a.toFloats() != b.toFloats())
    // `[8, 6]` carved as `[6, 8]`: the same elements, transposed.
    expectClose(b, a.reshaped(6, 8).transposed(), relative: 1e-6)
  }

  @Test func `trees of any names are hashed, those of a generated network too`() throws {
    var random = RandomSource(seed: 6)
    let names = (0..<4).flatMap { ["layers.\($0).kernel.weight", "layers.\($0).norm.weight"] }
    let shapes = (0..<4).flatMap { _ in [[8, 8, 3, 3], [8]] }
    let tree = TensorTree(
      zip(names, shapes).map { name, shape in
        TensorTree.Leaf(
          name: name, role: .parameter, tensor: Tensor(normal: shape, using: &random))
      } + [
        TensorTree.Leaf(
          name: "logits.weight", role: .parameter, tensor: Tensor(normal: [5, 8], using: &random)),
        TensorTree.Leaf(
          name: "logits.bias", role: .parameter, tensor: Tensor(normal: [5], using: &random)),
      ])
    let hashed = try HashedNetwork(tree, HashingSettings(), using: &random)
    #expect(hashed.plan.slots.map(\.info.name).count == 5)
    #expect(hashed.network().leaves.map(\.tensor.shape) == tree.leaves.map(\.tensor.shape))
    #expect(hashed.parameterCount <= tree.parameterCount / 4)
  }
}
