import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// Sizes against those of the paper and the released code.
@Suite struct SizeTests {
  private func unset(_ name: String) throws -> Backbone {
    try ModelCatalog.model(named: name).unset()
  }

  /// Figure 6 of the paper, the sizes printed with four digits.
  private static let series: [(fraction: Double, rank: Int)] = [
    (0.0094, 1), (0.0126, 2), (0.0189, 4), (0.0314, 8), (0.0377, 10), (0.0691, 20), (0.0848, 25),
    (0.1005, 30), (0.1319, 40), (0.1634, 50), (0.1948, 60), (0.2262, 70), (0.2576, 80),
  ]

  @Test func `Kronecker pools of ResNet-32 have the sizes of figure 6`() throws {
    let network = try unset("resnet32_cifar")
    #expect(network.parameterCount == 464_154)
    for (fraction, rank) in Self.series {
      var settings = HashingSettings.kronecker
      settings.budget = SizeBudget(variables: 2922 + 1458 * rank)
      let plan = try HashPlan(for: network, settings)
      #expect(plan.parts[0].shape == .kronecker(side: 27, rank: rank))
      let size = SizeSummary(plan, TensorInfo.all(of: network))
      #expect(size.kept == 2922 && size.hashedWeights == 461_232)
      #expect((10_000 * size.fraction).rounded() == (10_000 * fraction).rounded())
    }
  }

  @Test func `matrix pools of ResNet-32 grow by two sides of 680`() throws {
    let network = try unset("resnet32_cifar")
    var settings = HashingSettings()
    settings.policy = .convolutions
    settings.modifiers = []
    settings.budget = SizeBudget(variables: 2922 + 3 * 1360 + 1359)
    let plan = try HashPlan(for: network, settings)
    #expect(plan.parts[0].shape == .matrix(rows: 680, columns: 680, rank: 3))
    settings.budget.rounding = .up
    let larger = try HashPlan(for: network, settings)
    #expect(larger.parts[0].shape == .matrix(rows: 680, columns: 680, rank: 4))
  }

  /// Everything but norms hashed, the whole model as large as EfficientNet-B0.
  private static let asLargeAsB0: [(name: String, side: Int, rank: Int)] = [
    ("efficientnet_b1", 2781, 939), ("efficientnet_b2", 3008, 867), ("efficientnet_b3", 3486, 746),
    ("efficientnet_b4", 4384, 588), ("efficientnet_b5", 5498, 465), ("efficientnet_b6", 6544, 386),
    ("efficientnet_b7", 8127, 306),
  ]

  @Test(arguments: asLargeAsB0.indices)
  func `EfficientNets at the size of B0 have the sides and ranks of the specification`(
    number: Int
  ) throws {
    let (name, side, rank) = Self.asLargeAsB0[number]
    let network = try unset(name)
    var settings = HashingSettings()
    settings.policy = .everything
    settings.modifiers = [.fanOut]
    settings.budget = SizeBudget(variables: 5_288_548)
    let plan = try HashPlan(for: network, settings)
    #expect(plan.parts[0].shape == .matrix(rows: side, columns: side, rank: rank))
  }

  @Test func `EfficientNet-B2 at 5.3 million has some 867 hashes`() throws {
    let network = try unset("efficientnet_b2")
    #expect(network.parameterCount == 9_109_994)
    let tensors = TensorInfo.all(of: network)
    #expect(tensors.filter { $0.kind == .norm }.reduce(0) { $0 + $1.count } == 67_568)
    let hashed = tensors.filter { [.convolution, .dense, .bias].contains($0.kind) }
    #expect(hashed.reduce(0) { $0 + $1.count } == 9_042_426)
  }

  @Test func `MobileNetV2 at half the pool has the 1.81 million of figure 5`() throws {
    var settings = HashingSettings()
    settings.policy = .everything
    settings.capacity = 3_560_000
    settings.modifiers = [.fanOut]
    settings.budget = SizeBudget(fraction: 0.5, of: .pool)
    let network = try unset("mobilenet_v2")
    let plan = try HashPlan(for: network, settings)
    let size = SizeSummary(plan, TensorInfo.all(of: network))
    #expect(size.kept == 34_112)
    #expect((Double(size.count) / 1e4).rounded() == 181)
  }

  @Test func `the released formula of the rank is kept: floor of half the fraction`() throws {
    let tree = TensorTree([
      TensorTree.Leaf(name: "w", role: .parameter, tensor: Tensor(zeros: [10, 10]))
    ])
    for fraction in [0.2, 0.25, 0.37, 0.5, 0.99, 1] {
      var settings = HashingSettings()
      settings.modifiers = []
      settings.budget = SizeBudget(fraction: fraction, of: .pool)
      let plan = try HashPlan(for: tree, settings)
      let rank = Int(0.5 * fraction * 100 / 10)
      #expect(plan.parts[0].shape == .matrix(rows: 10, columns: 10, rank: rank))
    }
  }

  @Test func `hash pools take what the budget leaves, divided evenly`() throws {
    let network = try unset("resnet20_cifar")
    var settings = HashingSettings.hashes(10)
    settings.budget = SizeBudget(variables: 40_000)
    let plan = try HashPlan(for: network, settings)
    let size = SizeSummary(plan, TensorInfo.all(of: network))
    #expect(size.count <= 40_000 && size.count > 40_000 - 10)
    #expect(size.scales == 20 && size.kept == 1376 + 10)
    guard case .combination(let pools, .sum) = plan.parts[0].shape else {
      Issue.record("not a combination")
      return
    }
    let seeds = Set(
      pools.compactMap { pool -> UInt64? in
        guard case .hash(let map, _, _) = pool else { return nil }
        return map.seed
      })
    #expect(pools.count == 10 && seeds.count == 10)
  }

  @Test func `HashedNets give every layer the same part of its size`() throws {
    let network = try unset("resnet20_cifar")
    var settings = HashingSettings.hashedNets
    settings.budget = SizeBudget(fraction: 0.1)
    let plan = try HashPlan(for: network, settings)
    #expect(plan.parts.count == 20)
    for part in plan.parts {
      let share = Double(part.shape.variableCount) / Double(part.weightCount)
      #expect(abs(share - 0.1) < 0.006)
    }
    #expect(SizeSummary(plan, TensorInfo.all(of: network)).count <= 26_973)
  }

  @Test func `a narrow network is the widest within the budget`() throws {
    let network = try unset("resnet32_cifar")
    for (budget, expected) in [(29_500, 29_462), (116_600, 116_000)] {
      let (shape, factor) = try network.architecture.narrowed(
        toLearn: budget, classCount: 10, name: "resnet32_cifar")
      let count = Backbone(unset: shape, classCount: 10).parameterCount
      #expect(count <= budget && Double(count) > 0.9 * Double(expected), "\(count) at \(factor)")
    }
    #expect(throws: HashingError.self) {
      _ = try network.architecture.narrowed(toLearn: 10, classCount: 10, name: "resnet32_cifar")
    }
  }

  @Test func `widening avoids layers whose rows line up with the virtual matrix`() throws {
    // 16 rows of 16: a virtual matrix of side 16 would be this very layer.
    let tree = TensorTree([
      TensorTree.Leaf(name: "w", role: .parameter, tensor: Tensor(zeros: [16, 16]))
    ])
    var settings = HashingSettings()
    settings.modifiers = []
    settings.budget = SizeBudget(fraction: 0.5, of: .pool)
    let plain = try HashPlan(for: tree, settings)
    #expect(plain.isAligned(plain.slots[0], in: plain.parts[0].shape))
    settings.avoidsAlignment = true
    let wide = try HashPlan(for: tree, settings)
    #expect(!wide.isAligned(wide.slots[0], in: wide.parts[0].shape))
    #expect(wide.parts[0].shape == .matrix(rows: 17, columns: 17, rank: 4))
  }
}
