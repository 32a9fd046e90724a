/// A root `A` of the covariance that follows it exactly without ever decomposing it.
///
/// Adding `w y y^T` to `C` multiplies `A` from the right by `I + b z z^T`, where `A z = y` and
/// `(1 + b |z|^2)^2 = 1 + w |z|^2`, which changes `A` by an outer product. One candidate after the
/// other, the work is `candidates * n^2` per generation, where an eigendecomposition takes some
/// `9 n^3`, and no generation uses an outdated shape. The distribution is the same; the
/// coordinates of the draws turn a little, as they may.
///
/// - Paper: Krause and Glasmachers, *A CMA-ES with Multiplicative Covariance Matrix Updates*
///   (2015), for multiplying the root; Igel, Suttorp and Hansen (2006) for the update of rank one.
struct FactoredCovariance: Codable, Sendable {
  private var root: Matrix
  /// The diagonal of `A A^T`.
  private(set) var variances: [Double]
  /// The covariance path in the coordinates of the draws: `A q` is the path.
  private var path: [Double]
  private(set) var shortest = 1.0
  private(set) var longest = 1.0
  private(set) var isBroken = false
  private let interval: Int
  private var age = 0

  /// The unit covariance, whose axes are looked at after every `interval` generations.
  init(dimension: Int, interval: Int) {
    variances = [Double](repeating: 1, count: dimension)
    root = Matrix(diagonal: variances)
    path = [Double](repeating: 0, count: dimension)
    self.interval = interval
  }

  func fits(dimension: Int) -> Bool {
    root.rows == dimension && root.columns == dimension && path.count == dimension
      && variances.count == dimension
  }

  func steps(_ normals: Matrix) -> Matrix { Matrix.rowProducts(normals, root) }

  func normal(of step: [Double]) -> [Double] { solve(root, step) ?? step.map { _ in 0 } }

  /// `A A^T`.
  var matrix: Matrix { Matrix.rowProducts(root, root) }

  /// One standard deviation along an axis, as of the last look at them.
  func axis(_ index: Int, at coordinate: Int) -> Double { root[coordinate, index] }

  /// Multiplies the root by one factor per step.
  mutating func adapt(_ update: consuming CovarianceUpdate, stepPath: inout [Double]) {
    blend(&path, keep: update.pathKeep, gain: 1, update.pathStep)
    for index in variances.indices { variances[index] *= update.keep }
    update.normals.append(row: path)
    // The path first and the negative weights last, so that every partial sum is positive.
    let last = update.normals.rows - 1
    for row in [last] + Array(0..<last) {
      let gain = update.normals.stretch(row, by: update.weights[row] / update.keep, along: &path)
      addSquares(of: row, in: update.steps, times: update.weights[row])
      update.steps.scaleRow(row, by: gain * update.keep.squareRoot())
      isBroken = isBroken || !gain.isFinite
    }
    root.addOuterProducts(update.steps, update.normals, keep: update.keep.squareRoot())
    for index in path.indices { path[index] /= update.keep.squareRoot() }
    age += 1
    if age >= interval, !isBroken { review(&stepPath) }
  }

  private mutating func addSquares(of row: Int, in steps: borrowing Matrix, times weight: Double) {
    let start = row * steps.columns
    for index in variances.indices {
      variances[index] += weight * steps.elements[start + index] * steps.elements[start + index]
    }
  }

  /// Looks at the axes, and turns the root so that its columns are the axes.
  private mutating func review(_ stepPath: inout [Double]) {
    age = 0
    let matrix = matrix
    guard let eigen = SymmetricEigen(matrix), let smallest = eigen.values.first,
      let largest = eigen.values.last, smallest > 0
    else {
      isBroken = true
      return
    }
    variances = matrix.diagonal
    (shortest, longest) = (smallest.squareRoot(), largest.squareRoot())
    let lengths = eigen.values.map { $0.squareRoot() }
    stepPath = coordinates(of: stepPath, eigen.vectors, lengths)
    path = coordinates(of: path, eigen.vectors, lengths)
    for row in 0..<root.rows {
      for column in 0..<root.columns {
        root[row, column] = eigen.vectors[column, row] * lengths[column]
      }
    }
  }

  /// The coordinates, with respect to axes of the given lengths, of what `vector` is for this root.
  private func coordinates(
    of vector: [Double], _ axes: Matrix, _ lengths: [Double]
  ) -> [Double] {
    let row = Matrix(rows: 1, columns: vector.count, elements: vector)
    let projected = Matrix.rowProducts(steps(row), axes)
    return zip(projected.elements, lengths).map { $0 / $1 }
  }
}

extension Matrix {
  /// Applies the inverse of `I + b z z^T`, where `z` is a row, to all rows after it and to `path`:
  /// these stand for vectors that stay where they are while the root is multiplied by the factor.
  ///
  /// - Returns: `b`, with `(1 + b |z|^2)^2 = 1 + weight |z|^2`.
  fileprivate mutating func stretch(
    _ row: Int, by weight: Double, along path: inout [Double]
  ) -> Double {
    let isPath = row == rows - 1
    return elements.withUnsafeMutableBufferPointer { elements in
      path.withUnsafeMutableBufferPointer { path in
        guard let base = elements.baseAddress, let path = path.baseAddress else { return 0 }
        let vector = base + row * columns
        let square = dot(vector, vector, columns)
        guard square > 0 else { return 0 }
        let length = (1 + weight * square).squareRoot()
        let shrink = (1 / length - 1) / square
        for other in isPath ? 0..<rows - 1 : row + 1..<rows - 1 {
          let target = base + other * columns
          addScaled(shrink * dot(vector, target, columns), vector, to: target, columns)
        }
        addScaled(shrink * dot(vector, path, columns), vector, to: path, columns)
        return (length - 1) / square
      }
    }
  }
}
