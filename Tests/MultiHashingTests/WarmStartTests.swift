import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import MultiHashing

/// Fitting pools to trained weights.
@Suite struct WarmStartTests {
  private func tree(_ weight: Tensor) -> TensorTree {
    TensorTree([TensorTree.Leaf(name: "w", tensor: weight)])
  }

  private func error(_ hashed: HashedNetwork<TensorTree>, _ weight: Tensor) -> Double {
    let difference = (hashed.hashedWeights()[0] - weight).cast(to: .float64)
    return (difference * difference).sum().scalar()
  }

  @Test func `a matrix pool leaves the squares of the singular values beyond its rank`() throws {
    var random = RandomSource(seed: 2)
    let weight = Tensor(normal: [9, 4], using: &random)
    var settings = HashingSettings()
    settings.modifiers = [.fanOut]
    settings.budget = SizeBudget(variables: 2 * 6 * 2)
    var hashed = try HashedNetwork(tree(weight), settings, using: &random)
    hashed.fit(to: tree(weight))
    let values = weight.cast(to: .float64).reshaped(6, 6).svd().s.toDoubles()
    let expected = values.dropFirst(2).reduce(0) { $0 + $1 * $1 }
    expectClose(error(hashed, weight), expected, relative: 1e-5)
  }

  @Test func `a sum of Kronecker products is found again`() throws {
    var random = RandomSource(seed: 3)
    let shape = PoolShape.kronecker(side: 4, rank: 3)
    let weight = shape.pool(using: &random).flat().reshaped(16, 16)
    var settings = HashingSettings()
    settings.pools = [.kronecker]
    settings.modifiers = []
    settings.budget = SizeBudget(variables: shape.variableCount)
    var hashed = try HashedNetwork(tree(weight), settings, using: &random)
    hashed.fit(to: tree(weight))
    expectClose(hashed.hashedWeights()[0], weight, relative: 1e-4, absolute: 1e-4)
  }

  @Test func `a hash becomes the mean of the weights that share a variable`() throws {
    let weight = Tensor([[1, 2, 3], [5, 6, 7]] as [[Float]])
    var settings = HashingSettings()
    settings.pools = [.hash]
    settings.map = .tiled
    settings.modifiers = []
    settings.budget = SizeBudget(variables: 3)
    var random = RandomSource(seed: 3)
    var hashed = try HashedNetwork(tree(weight), settings, using: &random)
    hashed.fit(to: tree(weight))
    #expect(hashed.hashedWeights()[0].toFloats() == [3, 4, 5, 3, 4, 5])
  }

  @Test func `learned scales let small and large tensors count alike`() throws {
    var random = RandomSource(seed: 4)
    let (large, small) = (
      Tensor(normal: [6, 12], using: &random), Tensor(normal: [6, 12], using: &random) * 0.01
    )
    let trained = TensorTree([
      TensorTree.Leaf(name: "a", tensor: large), TensorTree.Leaf(name: "b", tensor: small),
    ])
    func relativeErrors(_ modifiers: [WeightModifier]) throws -> [Double] {
      var settings = HashingSettings()
      settings.modifiers = modifiers
      settings.budget = SizeBudget(variables: 2 * 12 * 6 + 2)
      var hashed = try HashedNetwork(trained, settings, using: &random)
      hashed.fit(to: trained)
      return zip(hashed.hashedWeights(), [large, small]).map { found, wanted in
        let difference = found - wanted
        return ((difference * difference).sum() / (wanted * wanted).sum()).scalar()
      }
    }
    let (learned, fixed) = (try relativeErrors([.learned]), try relativeErrors([]))
    #expect(learned[1] < 0.3 && fixed[1] > 0.35, "\(learned), \(fixed)")
  }
}
