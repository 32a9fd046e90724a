import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Factorizations are checked by what they promise, products by plain loops.
@Suite struct LinearAlgebraTests {
  private let a, b: Tensor
  private let identity = Tensor(identity: 4, .float64)

  init() {
    var random = RandomSource(seed: 6)
    a = Tensor(normal: [3, 4, 4], using: &random, .float64) + Tensor(identity: 4, .float64) * 3
    b = Tensor(normal: [3, 4, 2], using: &random, .float64)
  }

  @Test func `products are sums over the inner axis`() {
    let (x, y) = (a.toDoubles(), b.toDoubles())
    let expected = (0..<24).map { place in
      let (batch, row, column) = (place / 8, place / 2 % 4, place % 2)
      return (0..<4).reduce(0.0) {
        $0 + x[batch * 16 + row * 4 + $1] * y[batch * 8 + $1 * 2 + column]
      }
    }
    for product in [a.matmul(b), a.batchMatmul(b), Tensor.einsum("nij,njk->nik", a, b)] {
      #expect(product.shape == [3, 4, 2])
      expectClose(product.toDoubles(), expected, absolute: 1e-12)
    }
    expectClose(b.adding(batchProductOf: a, b), b + a.matmul(b), absolute: 1e-12)
    let (row, column) = (Tensor([1, 2] as [Double]), Tensor([3, 4, 5] as [Double]))
    #expect(row.outer(column).toDoubles() == [3, 4, 5, 6, 8, 10])
    #expect(row.matmul(row).scalar() == 5)
    let layer = b.transposed().linear(weight: a[0], bias: b[0, .all, 0])
    expectClose(layer, b.transposed().matmul(a[0].transposed()) + b[0, .all, 0], absolute: 1e-12)
  }

  @Test func `inverses and solutions undo products`() {
    expectClose(a.matmul(a.inverse()), identity.broadcast(to: [3, 4, 4]), absolute: 1e-12)
    expectClose(a.matmul(a.solve(b)), b, absolute: 1e-12)
    let upper = a.upperTriangle()
    expectClose(upper.matmul(upper.solveTriangular(b, upper: true)), b, absolute: 1e-12)
    let lower = a.lowerTriangle()
    expectClose(lower.matmul(lower.solveTriangular(b, upper: false)), b, absolute: 1e-12)
  }

  @Test func `determinants`() {
    let m = Tensor([[2, 1], [5, -3]] as [[Double]])
    expectClose(m.determinant().scalar(), -11)
    let (sign, logarithm) = m.signLogDeterminant()
    expectClose(sign.scalar(), -1)
    expectClose(logarithm.exp().scalar(), 11)
    expectClose(a.matmul(a).determinant(), a.determinant().squared())
  }

  @Test func `factors multiply to what was factored`() {
    let symmetric = a.matmul(a.transposed())
    let factor = symmetric.cholesky()
    expectClose(factor.matmul(factor.transposed()), symmetric, absolute: 1e-10)
    #expect(factor == factor.lowerTriangle())
    let (q, r) = b.qr()
    expectClose(q.matmul(r), b, absolute: 1e-12)
    expectClose(
      q.transposed().matmul(q), Tensor(identity: 2, .float64).broadcast(to: [3, 2, 2]),
      absolute: 1e-12)
    let (u, s, vh) = b.svd()
    expectClose((u * s.expandingShape(at: 1)).matmul(vh), b, absolute: 1e-12)
    #expect((s[.all, 0] .>= s[.all, 1]).allTrue())
    let (values, vectors) = symmetric.symmetricEigen()
    expectClose(
      symmetric.matmul(vectors), vectors * values.expandingShape(at: 1), absolute: 1e-10)
    #expect(values.sorted().values == values)
  }

  @Test func `least squares leaves a remainder at right angles`() {
    let right = a[.all, .all, 0..<1]
    let remainder = right - b.matmul(b.leastSquares(right))
    expectClose(
      b.transposed().matmul(remainder), Tensor(zeros: [3, 2, 1], .float64), absolute: 1e-12)
  }

  @Test func `norms and distances are Euclidean`() {
    expectClose(a.frobeniusNorm(), a.squared().sum(along: 1, 2).sqrt())
    let differences = a.expandingShape(at: 2) - (a * 2).expandingShape(at: 1)
    expectClose(a.distances(to: a * 2), differences.squared().sum(along: -1).sqrt(), absolute: 1e-7)
    let line = Tensor([1, 2] as [Double])
    #expect(line.diagonalMatrix().toDoubles() == [1, 0, 0, 2])
  }
}
