/// Variances without covariances: time and memory linear in the dimension.
///
/// - Paper: Ros and Hansen, *A Simple Modification in CMA-ES Achieving Linear Time and Space
///   Complexity* (2008).
struct DiagonalCovariance: Codable, Sendable {
  private(set) var variances: [Double]

  init(dimension: Int) { variances = [Double](repeating: 1, count: dimension) }

  func fits(dimension: Int) -> Bool { variances.count == dimension }

  func steps(_ normals: Matrix) -> Matrix {
    let lengths = variances.map { $0.squareRoot() }
    var steps = normals
    for row in 0..<steps.rows {
      for column in 0..<steps.columns {
        steps.elements[row * steps.columns + column] *= lengths[column]
      }
    }
    return steps
  }

  func normal(of step: [Double]) -> [Double] {
    zip(step, variances).map { $0 / $1.squareRoot() }
  }

  mutating func adapt(_ update: CovarianceUpdate) {
    let width = variances.count
    for index in variances.indices { variances[index] *= update.keep }
    for (row, weight) in update.weights.enumerated() {
      for index in 0..<width {
        let step = update.steps.elements[row * width + index]
        variances[index] += weight * step * step
      }
    }
  }
}
