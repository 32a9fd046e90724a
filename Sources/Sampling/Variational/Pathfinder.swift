import Randomness

/// Fast approximate inference along the path of an optimizer: of the normal distributions that
/// L-BFGS implies on its way to the mode, the one closest to the posterior.
///
/// - Paper: Zhang, Carpenter, Gelman and Vehtari, *Pathfinder: Parallel Quasi-Newton Variational
///   Inference* (2022).
public struct Pathfinder: Sendable, Hashable, Codable {
  /// The optimizer.
  public var optimizer = LimitedMemoryBFGS()
  /// The draws that estimate the evidence bound of every candidate.
  public var evidenceDraws = 10
  /// The draws from the best candidate of each path.
  public var drawsPerPath = 1000

  /// Creates Pathfinder with the paper's settings.
  public init() {}

  /// Follows one path and returns its best normal distribution.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - start: Where the path begins.
  ///   - random: Draws that estimate the evidence bounds.
  /// - Returns: The approximation with the largest evidence bound.
  /// - Throws: ``SamplingError/badStart(reason:)`` when the path leads nowhere.
  public func approximate<Model: LogDensity>(
    _ model: Model, from start: StartingPoint = .uniform(), using random: inout RandomSource
  ) throws(SamplingError) -> GaussianApproximation {
    var model = model
    let origin = try start.find(&model, using: &random).position
    let path = optimizer.climb(&model, from: origin)
    var curvature = InverseCurvature(history: optimizer.history, dimension: model.dimension)
    var best: (bound: Double, gaussian: GaussianApproximation)?
    for (before, point) in zip(path, path.dropFirst()) {
      curvature.learn(from: before, to: point)
      guard let factor = choleskyFactor(of: curvature.matrix(), dimension: model.dimension)
      else { continue }
      // A Newton step from the point leads to the mean.
      let shift = curvature.product(point.gradient)
      let gaussian = GaussianApproximation(
        mean: zip(point.position, shift).map { $0 + $1 }, factor: factor)
      let bound = evidenceBound(gaussian, &model, &random)
      if bound > best?.bound ?? -.infinity { best = (bound, gaussian) }
    }
    guard let best else {
      throw .badStart(
        reason: "\(origin.prefix(4))... starts a path on which no normal distribution fits; start "
          + "elsewhere")
    }
    return best.gaussian
  }

  /// Follows several paths and resamples their draws by importance.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - paths: The number of paths, each from a start of its own; one that fails is left out.
  ///   - kept: The number of positions kept.
  ///   - start: Where paths begin.
  ///   - seed: The seed of all randomness.
  ///   - threads: How many paths run at the same time.
  /// - Returns: Positions, for inference or as starts of chains, and the weights' k-hat.
  /// - Throws: ``SamplingError`` when every path fails.
  public func run<Model: LogDensity>(
    _ model: Model, paths: Int = 4, kept: Int = 1000, start: StartingPoint = .uniform(),
    seed: UInt64, threads: Int? = nil
  ) throws -> ApproximateDraws {
    var source = RandomSource(seed: seed)
    let sources = (0..<paths).map { _ in source.split() }
    let results = try inParallel(paths, threads: threads) { index in
      var random = sources[index]
      return Result { () throws(SamplingError) in
        try approximate(model, from: start, using: &random)
      }
    }
    let found = results.compactMap { try? $0.get() }
    if found.isEmpty { _ = try results.first?.get() }
    var model = model
    return ApproximateDraws(&model, found, draws: drawsPerPath, kept: kept, using: &source)
  }

  /// The mean of log p - log q over draws from q.
  private func evidenceBound<Model: LogDensity>(
    _ gaussian: GaussianApproximation, _ model: inout Model, _ random: inout RandomSource
  ) -> Double {
    var gradient = gaussian.mean
    var sum = 0.0
    for _ in 0..<evidenceDraws {
      let position = gaussian.draw(using: &random)
      sum += model.logDensity(at: position, gradient: &gradient)
      sum -= gaussian.logDensity(at: position)
    }
    return sum.isNaN ? -.infinity : sum / Double(evidenceDraws)
  }
}
