/// How the shape `C` of the distribution is kept.
///
/// Each form holds a root `A` with `A A^T = C`, which makes steps out of standard normal draws.
enum Covariance: Codable, Sendable {
  /// The covariance itself and its symmetric root, renewed by an eigendecomposition.
  case symmetric(SymmetricCovariance)
  /// Only a root, which is multiplied by a factor near the identity in every generation.
  case factored(FactoredCovariance)
  /// Variances alone.
  case diagonal(DiagonalCovariance)

  /// The steps `A z` for rows `z`.
  func steps(_ normals: Matrix) -> Matrix {
    switch self {
    case .symmetric(let form): form.steps(normals)
    case .factored(let form): form.steps(normals)
    case .diagonal(let form): form.steps(normals)
    }
  }

  /// The row `z` with `A z = step`.
  func normal(of step: [Double]) -> [Double] {
    switch self {
    case .symmetric(let form): form.normal(of: step)
    case .factored(let form): form.normal(of: step)
    case .diagonal(let form): form.normal(of: step)
    }
  }

  /// Follows a generation. The path of the step size, which lives in the coordinates of the draws,
  /// turns with them.
  mutating func adapt(_ update: consuming CovarianceUpdate, stepPath: inout [Double]) {
    // The payload is taken out so that its matrices are changed in place instead of copied.
    switch self {
    case .symmetric(var form):
      self = .nothing
      form.adapt(update)
      self = .symmetric(form)
    case .factored(var form):
      self = .nothing
      form.adapt(update, stepPath: &stepPath)
      self = .factored(form)
    case .diagonal(var form):
      self = .nothing
      form.adapt(update)
      self = .diagonal(form)
    }
  }

  private static var nothing: Covariance { .diagonal(DiagonalCovariance(dimension: 0)) }

  /// The variances of the coordinates.
  var variances: [Double] {
    switch self {
    case .symmetric(let form): form.matrix.diagonal
    case .factored(let form): form.variances
    case .diagonal(let form): form.variances
    }
  }

  /// The shortest and the longest standard deviation along an axis, as of the last decomposition.
  var lengths: (shortest: Double, longest: Double) {
    switch self {
    case .symmetric(let form): (form.lengths.first ?? 1, form.lengths.last ?? 1)
    case .factored(let form): (form.shortest, form.longest)
    case .diagonal(let form):
      ((form.variances.min() ?? 1).squareRoot(), (form.variances.max() ?? 1).squareRoot())
    }
  }

  /// A coordinate of one standard deviation along an axis.
  func axis(_ index: Int, at coordinate: Int) -> Double {
    switch self {
    case .symmetric(let form): form.axis(index, at: coordinate)
    case .factored(let form): form.axis(index, at: coordinate)
    case .diagonal(let form): index == coordinate ? form.variances[index].squareRoot() : 0
    }
  }

  /// Whether a form that was read back has the right size.
  func fits(dimension: Int) -> Bool {
    switch self {
    case .symmetric(let form): form.fits(dimension: dimension)
    case .factored(let form): form.fits(dimension: dimension)
    case .diagonal(let form): form.fits(dimension: dimension)
    }
  }

  /// Whether a decomposition failed, so that the distribution can no longer be used.
  var isBroken: Bool {
    switch self {
    case .symmetric(let form): form.isBroken
    case .factored(let form): form.isBroken
    case .diagonal: false
    }
  }

  /// The full matrix.
  var matrix: Matrix {
    switch self {
    case .symmetric(let form): form.matrix
    case .factored(let form): form.matrix
    case .diagonal(let form): Matrix(diagonal: form.variances)
    }
  }
}
