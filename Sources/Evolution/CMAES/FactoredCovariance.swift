/// A root `A` of the covariance that follows it exactly without ever decomposing it.
///
/// In the coordinates of the normal draws the update is `keep I + sum of weight z z^T`, which
/// differs from a multiple of the identity by as many directions as there are candidates. Its
/// symmetric root is therefore computed in that small space, and `A` is multiplied by it: work of
/// `candidates * n^2` per generation, where an eigendecomposition takes some `9 n^3`, and no
/// generation has to use an outdated shape. The distribution is the same; only the coordinates of
/// the draws turn, as they may.
///
/// - Paper: Krause and Glasmachers, *A CMA-ES with Multiplicative Covariance Matrix Updates* (2015),
///   for the idea of multiplying the root; the factor here is exact.
struct FactoredCovariance: Codable, Sendable {
  var root: Matrix
  /// The covariance path in the coordinates of the draws: `A q` is the path.
  var path: [Double]
  var shortest = 1.0
  var longest = 1.0
  var isBroken = false
  let interval: Int
  var age = 0

  /// The unit covariance, whose axes are looked at after every `interval` generations.
  init(dimension: Int, interval: Int) {
    root = Matrix(diagonal: [Double](repeating: 1, count: dimension))
    path = [Double](repeating: 0, count: dimension)
    self.interval = interval
  }

  func fits(dimension: Int) -> Bool {
    root.rows == dimension && root.columns == dimension && path.count == dimension
  }

  func steps(_ normals: Matrix) -> Matrix { Matrix.rowProducts(normals, root) }

  func normal(of step: [Double]) -> [Double] { solve(root, step) ?? step.map { _ in 0 } }

  var variances: [Double] {
    root.elements.withUnsafeBufferPointer { elements in
      guard let base = elements.baseAddress else { return [] }
      return (0..<root.rows).map { row in
        dot(base + row * root.columns, base + row * root.columns, root.columns)
      }
    }
  }
}
