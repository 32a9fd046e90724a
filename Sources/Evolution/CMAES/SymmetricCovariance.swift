/// The covariance matrix and its symmetric root, which an eigendecomposition renews every so many
/// generations.
struct SymmetricCovariance: Codable, Sendable {
  private(set) var matrix: Matrix
  /// `C^(1/2)` as of the last decomposition.
  private(set) var root: Matrix
  /// The standard deviations along the axes, shortest first.
  private(set) var lengths: [Double]
  /// Row `k` is the direction of the axis of `lengths[k]`.
  private(set) var axes: Matrix
  private(set) var isBroken = false
  private let interval: Int
  private var age = 0

  /// The unit covariance, decomposed again after every `interval` generations.
  init(dimension: Int, interval: Int) {
    let ones = [Double](repeating: 1, count: dimension)
    matrix = Matrix(diagonal: ones)
    root = matrix
    axes = matrix
    lengths = ones
    self.interval = interval
  }

  func fits(dimension: Int) -> Bool {
    [matrix, root, axes].allSatisfy { $0.rows == dimension && $0.columns == dimension }
      && lengths.count == dimension
  }

  func steps(_ normals: Matrix) -> Matrix { Matrix.rowProducts(normals, root) }

  func normal(of step: [Double]) -> [Double] {
    var normal = [Double](repeating: 0, count: step.count)
    for (index, length) in lengths.enumerated() {
      let axis = Array(axes.row(index))
      blend(&normal, keep: 1, gain: dot(axis, step) / length, axis)
    }
    return normal
  }

  func axis(_ index: Int, at coordinate: Int) -> Double { axes[index, coordinate] * lengths[index] }

  mutating func adapt(_ update: CovarianceUpdate) {
    var weighted = update.steps
    for (row, weight) in update.weights.enumerated() { weighted.scaleRow(row, by: weight) }
    matrix.addOuterProducts(weighted, update.steps, keep: update.keep)
    age += 1
    if age >= interval { decompose() }
  }

  /// Replaces the matrix, as the adaptation of learning rates does.
  mutating func replace(with matrix: Matrix) {
    self.matrix = matrix
    decompose()
  }

  /// Divides every standard deviation by `scale`.
  mutating func divideLengths(by scale: Double) {
    for index in matrix.elements.indices {
      matrix.elements[index] /= scale * scale
      root.elements[index] /= scale
    }
    for index in lengths.indices { lengths[index] /= scale }
  }

  /// The inverse of the symmetric root.
  var inverseRoot: Matrix { function { 1 / $0 } }

  private mutating func decompose() {
    age = 0
    guard let eigen = SymmetricEigen(matrix), let largest = eigen.values.last, largest > 0 else {
      isBroken = true
      return
    }
    axes = eigen.vectors
    // Rounding can make an eigenvalue negative long after the condition number has asked to stop.
    lengths = eigen.values.map { max($0, largest * 1e-30).squareRoot() }
    root = function { $0 }
  }

  /// The matrix with the same axes and `transform(length)` in place of their lengths.
  private func function(_ transform: (Double) -> Double) -> Matrix {
    var scaled = axes
    for row in 0..<axes.rows { scaled.scaleRow(row, by: transform(lengths[row])) }
    var result = Matrix(rows: axes.rows, columns: axes.columns)
    result.addOuterProducts(scaled, axes, keep: 0)
    return result
  }
}
