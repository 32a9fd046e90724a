import Sampling

/// A model in coordinates in which its posterior is near a standard normal distribution.
///
/// Growth and seed, mobility weights and early latent steps are strongly correlated, which a diagonal
/// metric cannot see and a dense one must learn from many draws. The normal approximation at the
/// mode sees it at once: with `m` its mean and `L` the Cholesky factor of its covariance, the sampled
/// coordinates are `y` in `position = m + L y`. This changes no posterior, only how far apart its
/// directions lie; a step costs two products with a triangular matrix more. Where the latent scale is
/// inferred the posterior is far from normal and the model's own coordinates are the better ones.
public struct PreconditionedModel: BayesianModel {
  private var model: EpidemicModel
  private let center: [Double]
  /// `L` column by column, each from the diagonal down.
  private let columns: [Double]
  private var place: [Double]
  private var slope: [Double]
  /// Where chains begin, in these coordinates.
  public let start: StartingPoint

  /// Approximates the posterior at its mode; without a mode the coordinates stay the model's.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - isWanted: Whether to approximate at all.
  ///   - spread: Deviation of starting points around the middle of the priors without approximation;
  ///     with one, chains start as far apart as the approximation is wide.
  public init(_ model: EpidemicModel, isWanted: Bool, spread: Double) {
    self.model = model
    let prior = model.priorCenter()
    let count = model.dimension
    place = prior
    slope = prior
    guard isWanted, let laplace = try? LaplaceApproximation(model, from: prior) else {
      center = prior
      columns = []
      start = .near(Array(repeating: 0, count: count), standardDeviation: spread)
      return
    }
    center = laplace.gaussian.mean
    columns = (0..<count).flatMap { column in
      (column..<count).map { laplace.gaussian.factor[$0 * count + column] }
    }
    start = .near(Array(repeating: 0, count: count), standardDeviation: 1)
  }

  /// Whether the posterior was approximated.
  public var isPreconditioned: Bool { !columns.isEmpty }
  /// The number of coordinates.
  public var dimension: Int { center.count }
  /// The model's variables.
  public var variables: [Variable] { model.variables }

  /// The values of a position, in the order of ``variables``.
  public func constrained(_ position: [Double]) -> [Double] {
    var natural = center
    move(&natural, by: position)
    return model.constrained(natural)
  }

  /// The model's log density at `m + L y`, and its gradient by `y`.
  public mutating func logDensity(at position: [Double], gradient: inout [Double]) -> Double {
    for index in center.indices { place[index] = center[index] }
    move(&place, by: position)
    let value = model.logDensity(at: place, gradient: &slope)
    guard !columns.isEmpty else {
      for index in gradient.indices { gradient[index] = slope[index] }
      return value
    }
    let count = center.count
    columns.withUnsafeBufferPointer { columns in
      slope.withUnsafeBufferPointer { slope in
        var next = 0
        for column in 0..<count {
          // Two sums, so that an addition need not wait for the one before.
          var (even, odd) = (0.0, 0.0)
          var row = column
          while row + 1 < count {
            even += columns[next] * slope[row]
            odd += columns[next + 1] * slope[row + 1]
            next += 2
            row += 2
          }
          if row < count {
            even += columns[next] * slope[row]
            next += 1
          }
          gradient[column] = even + odd
        }
      }
    }
    return value
  }

  private func move(_ place: inout [Double], by position: [Double]) {
    guard !columns.isEmpty else {
      for index in place.indices { place[index] += position[index] }
      return
    }
    let count = place.count
    columns.withUnsafeBufferPointer { columns in
      place.withUnsafeMutableBufferPointer { place in
        var next = 0
        for column in 0..<count {
          let weight = position[column]
          for row in column..<count {
            place[row] += weight * columns[next]
            next += 1
          }
        }
      }
    }
  }
}
