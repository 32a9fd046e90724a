import Foundation
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch
import Vision

@testable import MultiHashing

/// First values against their moments.
@Suite struct InitialLawTests {
  private func moments(_ tensor: Tensor) -> (deviation: Double, kurtosis: Double) {
    let x = tensor.cast(to: .float64).reshaped(-1)
    let centered = x - x.mean()
    let second = (centered * centered).mean().scalar()
    let fourth = (centered * centered * centered * centered).mean().scalar()
    return (second.squareRoot(), fourth / (second * second))
  }

  @Test(arguments: InitialLaw.allCases)
  func `variables have the deviation asked for`(law: InitialLaw) {
    var random = RandomSource(seed: 1)
    let draws = law.tensor([200_000], deviation: 0.3, using: &random)
    #expect(abs(moments(draws).deviation / 0.3 - 1) < 0.01)
    let largest = draws.abs().max(along: 0).scalar()
    switch law {
    case .normal: #expect(largest > 1)
    case .truncated: #expect(largest <= 2 * 0.3 / 0.8796 && largest > 0.6)
    case .uniform: #expect(largest <= 0.3 * 3.0.squareRoot() && largest > 0.51)
    }
  }

  @Test func `hashed tensors of ResNet-32 begin at their scales`() throws {
    var random = RandomSource(seed: 1)
    let network = try ModelCatalog.model(named: "resnet32_cifar").unset()
    var settings = HashingSettings()
    settings.modifiers = [.fanOut]
    let hashed = try HashedNetwork(network, settings, using: &random)
    let large = zip(hashed.plan.slots, hashed.hashedWeights()).filter { $1.count > 10_000 }
    let ratios = large.map { slot, weight in moments(weight).deviation / slot.constant }
    // A row's elements share the row of U, so a tensor's deviation varies by some percent.
    #expect(ratios.count > 5 && ratios.allSatisfy { abs($0 - 1) < 0.05 }, "\(ratios)")
    #expect(abs(ratios.reduce(0, +) / Double(ratios.count) - 1) < 0.02)
    let all = hashed.pools[0].flat()
    #expect(abs(moments(all).deviation - 1) < 0.02)
  }

  @Test(arguments: [[HashingSettings.Pool.hash], [.hash, .hash], [.lowRank]])
  func `constants in variables give every tensor the deviation they give it on weights`(
    pools: [HashingSettings.Pool]
  ) throws {
    let network = try ModelCatalog.model(named: "resnet32_cifar").unset()
    var settings = HashingSettings.hashedNets
    settings.pools = pools
    var random = RandomSource(seed: 1)
    let hashed = try HashedNetwork(network, settings, using: &random)
    var checked = 0
    for (slot, weight) in zip(hashed.plan.slots, hashed.hashedWeights()) where weight.count > 10_000
    {
      let ratio = moments(weight).deviation / slot.constant
      #expect(abs(ratio - 1) < 0.1, "\(slot.info.name): \(ratio)")
      checked += 1
    }
    #expect(checked > 5)
    settings.constants = .weights
    var same = RandomSource(seed: 1)
    let usual = try HashedNetwork(network, settings, using: &same)
    for (one, other) in zip(hashed.hashedWeights(), usual.hashedWeights()) {
      expectClose(one, other, relative: 1e-5, absolute: 1e-7)
    }
  }

  @Test func `kurtosis exceeds three by six over the rank, or 0.24 for uniform factors`() {
    for rank in [1, 4, 8] {
      for (law, excess) in [(InitialLaw.normal, 6.0), (.uniform, 0.24)] {
        var random = RandomSource(seed: UInt64(rank))
        let shape = PoolShape.matrix(rows: 1500, columns: 1500, rank: rank)
        let found = moments(shape.pool(law: law, using: &random).flat())
        // Elements of a row share variables, so the means vary more than those of as many
        // independent draws.
        let expected = 3 + excess / Double(rank)
        #expect(abs(found.deviation - 1) < 0.05)
        #expect(
          abs(found.kurtosis - expected) < 0.12 * expected,
          "\(law), rank \(rank): \(found.kurtosis), expected \(expected)")
      }
    }
  }

  @Test func `pools of every kind have elements of deviation one`() {
    let map = HashMap(.random, seed: 3)
    let hash = PoolShape.hash(map: map, capacity: 200_000, size: 50_000)
    let other = PoolShape.hash(
      map: HashMap(.random, seed: 4), capacity: 200_000, size: 50_000)
    let shapes: [PoolShape] = [
      .kronecker(side: 20, rank: 50), hash, .combination(pools: [hash, other], reduction: .sum),
      .combination(pools: [hash, other], reduction: .product),
      .combination(pools: [.kronecker(side: 20, rank: 50), hash], reduction: .sum),
    ]
    for shape in shapes {
      var random = RandomSource(seed: 9)
      let found = moments(shape.pool(using: &random).flat()).deviation
      #expect(abs(found - 1) < 0.03, "\(shape.summary): \(found)")
    }
    // As released, each of two pools has half of the deviation.
    var random = RandomSource(seed: 9)
    let released = shapes[2].pool(convention: .released, using: &random).flat()
    #expect(abs(moments(released).deviation - 0.5.squareRoot()) < 0.02)
  }

  @Test func `several tiled maps as released are one, independent maps are not`() throws {
    func rankOfMaps(_ kind: HashMap.Kind) throws -> Int {
      let tree = TensorTree([
        TensorTree.Leaf(name: "w", role: .parameter, tensor: Tensor(zeros: [30, 30]))
      ])
      var settings = HashingSettings.hashes(3)
      settings.map = kind
      settings.modifiers = []
      settings.budget = SizeBudget(variables: 60)
      var random = RandomSource(seed: 1)
      let hashed = try HashedNetwork(tree, settings, using: &random).cast(to: .float64)
      // The Jacobian from 60 variables to 900 weights: its rank counts what can be reached.
      let rows = (0..<60).map { index -> Tensor in
        var changed = hashed
        let flat = (0..<60).map { $0 == index ? 1.0 : 0.0 }
        changed.replaceParameters(
          (0..<3).map { Tensor(Array(flat[20 * $0..<20 * ($0 + 1)])) })
        return changed.hashedWeights()[0].reshaped(-1)
      }
      let values = Tensor(stacking: rows).svd().s.toDoubles()
      return values.count { $0 > 1e-9 * values[0] }
    }
    #expect(try rankOfMaps(.tiled) == 20)
    // All ones in one pool less all ones in another change nothing.
    #expect(try rankOfMaps(.random) == 58)
  }
}
