import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import MultiHashing

/// Pools and carving against numbers worked out by hand.
@Suite struct PoolVectorTests {
  private static let left: [[Double]] = [
    [0.1, 0.4], [0.2, 0.3], [0.3, 0.2], [0.4, 0.1], [0.5, 0],
  ]
  private static let right: [[Double]] = [[0.2, 0.4, 0.6, 0.8, 1], [0.2, 0.1, 0.6, 0.5, 1]]

  private var pool: MatrixPool {
    MatrixPool(left: Tensor(Self.left), right: Tensor(Self.right))
  }

  private static let product: [Double] = [
    0.10, 0.08, 0.30, 0.28, 0.50, 0.10, 0.11, 0.30, 0.31, 0.50, 0.10, 0.14, 0.30, 0.34, 0.50, 0.10,
    0.17, 0.30, 0.37, 0.50, 0.10, 0.20, 0.30, 0.40, 0.50,
  ]

  @Test func `a matrix pool is the product of its factors, row by row`() {
    expectClose(pool.flat().toDoubles(), Self.product)
    #expect(pool.capacity == 25 && pool.parameterCount == 20)
  }

  @Test func `weights are consecutive elements in the order of the tensors`() throws {
    let tree = TensorTree([
      leaf("a.weight", [2, 3]), leaf("b.weight", [1, 4]), leaf("c.weight", [1, 1, 3, 2]),
    ])
    var settings = HashingSettings()
    settings.capacity = 20
    settings.modifiers = []
    settings.budget = SizeBudget(fraction: 1, of: .pool)
    let plan = try HashPlan(for: tree, settings)
    #expect(plan.parts.map(\.shape) == [.matrix(rows: 5, columns: 5, rank: 2)])
    #expect(plan.slots.map(\.range) == [0..<6, 6..<10, 10..<16])
    let hashed = HashedNetwork(tree, plan, pools: [pool], scales: nil)
    let weights = hashed.hashedWeights()
    expectClose(weights[0], Tensor([[0.10, 0.08, 0.30], [0.28, 0.50, 0.10]]))
    expectClose(weights[1], Tensor([[0.11, 0.30, 0.31, 0.50]]))
    expectClose(weights[2].toDoubles(), [0.10, 0.14, 0.30, 0.34, 0.50, 0.10])
    #expect(weights[2].shape == [1, 1, 3, 2])
  }

  @Test func `what lies behind the last weight has no gradient`() {
    let points = [pool.left, pool.right]
    let (_, gradient) = valueAndGradient(at: points) { variables in
      MatrixPool(left: variables[0], right: variables[1]).flat().split(sizes: [16, 9])[0].sum()
    }
    let rows = [[3, 2.4], [3, 2.4], [3, 2.4], [0.2, 0.2], [0, 0]]
    expectClose(gradient[0], Tensor(rows))
    expectClose(
      gradient[1], Tensor([[1.0, 0.6, 0.6, 0.6, 0.6], [1.0, 0.9, 0.9, 0.9, 0.9]]))
  }

  @Test func `a Kronecker pool is the sum of its products`() {
    let pool = KroneckerPool(
      left: Tensor([[[1, 2], [3, 4]], [[0, 1], [1, 0]]] as [[[Double]]]),
      right: Tensor([[[0.5, -1], [2, 0]], [[1, 1], [-1, 2]]] as [[[Double]]]))
    let rows: [Double] = [0.5, -1, 2, -1, 2, 0, 3, 2, 2.5, -2, 2, -4, 5, 2, 8, 0]
    expectClose(pool.flat().toDoubles(), rows)
    #expect(pool.capacity == 16 && pool.parameterCount == 16)
  }

  @Test func `a single Kronecker product of one layer is a Kronecker-factored layer`() {
    var random = RandomSource(seed: 3)
    let (a, b) = (
      Tensor(normal: [1, 3, 3], using: &random, .float64),
      Tensor(normal: [1, 3, 3], using: &random, .float64)
    )
    let x = Tensor(normal: [3, 3], using: &random, .float64)
    let matrix = KroneckerPool(left: a, right: b).flat().reshaped(9, 9)
    // (A ⊗ B) vec(X) = vec(A X Bᵀ) for row-major vec.
    let expected = a[0].matmul(x).matmul(b[0].transposed())
    expectClose(matrix.matmul(x.reshaped(9)), expected.reshaped(9), relative: 1e-12)
  }

  @Test func `a tiled hash repeats its variables`() {
    let pool = HashPool(
      values: Tensor([1, 2, 3] as [Float]), map: HashMap(.tiled), capacity: 10)
    #expect(pool.flat().toFloats() == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1])
    #expect(pool.elements(4..<8).toFloats() == [2, 3, 1, 2])
  }

  @Test func `random maps use all variables evenly, differ by seed, and have even signs`() {
    let (first, second) = (
      HashMap(.random, seed: 1, hasSigns: true), HashMap(.random, seed: 2, hasSigns: true)
    )
    let (size, count) = (50, 100_000)
    var counts = [Int](repeating: 0, count: size)
    for element in 0..<count { counts[first.index(of: element, size: size)] += 1 }
    let expected = Double(count) / Double(size)
    let chiSquared = counts.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // 49 degrees of freedom: 90 is beyond the 99.9th percentile.
    #expect(chiSquared < 90)
    let same = (0..<count).count {
      first.index(of: $0, size: size) == second.index(of: $0, size: size)
    }
    // Independent maps agree once in fifty; five standard deviations.
    #expect(abs(Double(same) - 2000) < 5 * (2000 * 0.98).squareRoot())
    let sum = (0..<count).reduce(Float(0)) { $0 + first.sign(of: $1) }
    #expect(abs(sum) < 5 * Float(count).squareRoot())
  }

  @Test func `stores go on behind the end as the released code means them to`() {
    let pool = Tensor((0..<10).map(Double.init))
    let cyclic = IndexStore.cyclic.extended(pool, to: 38).toDoubles()
    let requests: [[Double]] = [
      Array(cyclic[0..<4]), Array(cyclic[4..<13]), Array(cyclic[13..<38]),
    ]
    let long: [Int] = [Int](3..<10) + [Int](0..<10) + [Int](0..<8)
    #expect(requests[0] == [0, 1, 2, 3])
    #expect(requests[1] == [4, 5, 6, 7, 8, 9, 0, 1, 2])
    #expect(requests[2] == long.map(Double.init))
    let padded = IndexStore.padding.extended(pool, to: 13).toDoubles()
    #expect(Array(padded[8..<13]) == [8, 9, 0.01, 0.01, 0.01])
  }

  @Test func `fan factors are those of the released code`() {
    let released = KernelConvention.released
    expectClose(released.fanOutFactor([32, 16, 3, 3]), 0.083333, relative: 1e-5)
    expectClose(released.fanOutFactor([1000, 1280]), 0.0316228, relative: 1e-5)
    expectClose(released.fanOutFactor([64, 1, 3, 3]), 0.471405, relative: 1e-5)
    #expect(released.fanOutFactor([7]) == 1)
    // Like the released code for depthwise kernels, PyTorch for all outputs.
    expectClose(KernelConvention.native.fanOutFactor([64, 1, 3, 3]), (2.0 / 576).squareRoot())
    expectClose(released.fanInFactor([32, 16, 3, 3]), (2.0 / 144).squareRoot())
  }

  @Test func `integer roots are exact`() {
    #expect(ceilingRoot(16, degree: 2) == 4 && ceilingRoot(16, degree: 4) == 2)
    #expect(ceilingRoot(81, degree: 2) == 9 && ceilingRoot(81, degree: 4) == 3)
    #expect(ceilingRoot(10_000, degree: 2) == 100 && ceilingRoot(10_000, degree: 4) == 10)
    #expect(ceilingRoot(461_232, degree: 2) == 680 && ceilingRoot(461_232, degree: 4) == 27)
    let large = 3_037_000_499
    #expect(ceilingRoot(large * large, degree: 2) == large)
    #expect(ceilingRoot(large * large - 1, degree: 2) == large)
    #expect(ceilingRoot((large - 1) * (large - 1) + 1, degree: 2) == large)
    #expect(ceilingRoot((large - 1) * (large - 1), degree: 2) == large - 1)
    #expect(ceilingRoot(0, degree: 2) == 0 && ceilingRoot(1, degree: 4) == 1)
  }

  @Test func `the released convention carves height, width, inputs, outputs`() {
    let elements = Tensor(from: 0, to: 24, .float64)
    let kernel = KernelConvention.released.tensor(elements, [2, 3, 2, 2])
    // Element (h, w, i, o) of [2, 2, 3, 2] lies at ((h 2 + w) 3 + i) 2 + o.
    let values = kernel.toDoubles()
    for o in 0..<2 {
      for i in 0..<3 {
        for h in 0..<2 {
          for w in 0..<2 {
            #expect(values[((o * 3 + i) * 2 + h) * 2 + w] == Double(((h * 2 + w) * 3 + i) * 2 + o))
          }
        }
      }
    }
    expectClose(KernelConvention.released.elements(of: kernel), elements)
    let matrix = KernelConvention.released.tensor(Tensor(from: 0, to: 6, .float64), [2, 3])
    expectClose(matrix, Tensor([[0.0, 2, 4], [1, 3, 5]]))
  }

  private func leaf(_ name: String, _ shape: [Int]) -> TensorTree.Leaf {
    TensorTree.Leaf(name: name, role: .parameter, tensor: Tensor(zeros: shape))
  }
}
