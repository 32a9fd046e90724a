import Foundation
import Randomness

/// Simulation-based calibration: whether a model, its simulator and a sampler fit together.
///
/// Parameters are drawn from the prior, data are simulated from them, the model is fitted to the
/// data, and the rank of every true value among the posterior's draws is noted. When everything is
/// right the ranks are uniform; a wrong Jacobian, density or sampler bends them.
///
/// - Paper: Talts, Betancourt, Simpson, Vehtari and Gelman, *Validating Bayesian Inference
///   Algorithms with Simulation-Based Calibration* (2018).
public struct Calibration: Sendable {
  /// The settings of the one chain per data set.
  public var configuration: SamplerConfiguration
  /// The number of simulated data sets.
  public var replicates: Int
  /// The number of draws a rank is counted among; the chain's draws are thinned to it.
  public var rankedDraws: Int

  /// Creates a calibration; with 99 ranked draws a rank is one of 100 values.
  public init(
    configuration: SamplerConfiguration = SamplerConfiguration(warmup: 500, draws: 990),
    replicates: Int = 200, rankedDraws: Int = 99
  ) {
    precondition(
      configuration.draws >= rankedDraws,
      "\(configuration.draws) draws cannot be thinned to \(rankedDraws)")
    self.configuration = configuration
    self.replicates = replicates
    self.rankedDraws = rankedDraws
  }

  /// Runs all replicates.
  ///
  /// - Parameters:
  ///   - quantities: The names of the ranked quantities.
  ///   - seed: The seed of all randomness; the result does not depend on the threads.
  ///   - threads: How many replicates run at the same time.
  ///   - simulate: Draws from the prior and simulates data: returns the model of these data and
  ///     the true values of the quantities.
  ///   - start: Where the chain of a model begins.
  ///   - measure: The quantities of one draw, from its constrained values.
  ///   - progress: Called with the number of replicates done.
  /// - Returns: The ranks of every quantity.
  /// - Throws: What a chain or `simulate` throws.
  public func run<Model: BayesianModel>(
    quantities: [String], seed: UInt64, threads: Int? = nil,
    simulate: @Sendable (inout RandomSource) throws -> (model: Model, truth: [Double]),
    start: @Sendable (Model) -> StartingPoint = { _ in .uniform() },
    measure: @Sendable ([Double]) -> [Double] = { $0 },
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> CalibrationResult {
    var source = RandomSource(seed: seed)
    let sources = (0..<replicates).map { _ in source.split() }
    let outcomes = try inParallel(replicates, threads: threads) { index in
      var random = sources[index]
      let (model, truth) = try simulate(&random)
      precondition(
        truth.count == quantities.count,
        "\(truth.count) true values were given for the \(quantities.count) quantities "
          + quantities.joined(separator: ", "))
      let outcome = try rank(truth, model, start(model), measure, &random)
      progress(index + 1)
      return outcome
    }
    return CalibrationResult(
      quantities: quantities, rankCount: rankedDraws + 1,
      ranks: quantities.indices.map { place in outcomes.map { $0.ranks[place] } },
      divergences: outcomes.reduce(0) { $0 + $1.divergences })
  }

  private func rank<Model: BayesianModel>(
    _ truth: [Double], _ model: Model, _ start: StartingPoint, _ measure: ([Double]) -> [Double],
    _ random: inout RandomSource
  ) throws(SamplingError) -> (ranks: [Int], divergences: Int) {
    var chain = try Chain(
      model, configuration: configuration, start: start, random: random.split())
    let stride = configuration.draws / rankedDraws
    var ranks = truth.map { _ in 0 }
    var ties = ranks
    var used = 0
    while !chain.state.isFinished {
      let iteration = try chain.advance()
      let draw = iteration.index - configuration.warmup
      guard draw >= 0, (draw + 1).isMultiple(of: stride), used < rankedDraws else { continue }
      used += 1
      for (place, value) in measure(model.constrained(iteration.position)).enumerated() {
        if value < truth[place] { ranks[place] += 1 }
        if value == truth[place] { ties[place] += 1 }
      }
    }
    for place in ranks.indices { ranks[place] += random.index(below: ties[place] + 1) }
    return (ranks, chain.state.divergences)
  }
}

/// The ranks of a ``Calibration`` and whether they are uniform.
public struct CalibrationResult: Sendable, Hashable, Codable {
  /// The names of the quantities.
  public var quantities: [String]
  /// The number of possible ranks, from zero.
  public var rankCount: Int
  /// `ranks[quantity][replicate]`.
  public var ranks: [[Int]]
  /// The divergent draws of all replicates.
  public var divergences: Int

  /// Creates a result, as of several runs together.
  ///
  /// - Parameters:
  ///   - quantities: The names of the ranked quantities.
  ///   - rankCount: The number of possible ranks, from zero.
  ///   - ranks: The rank of every quantity in every replicate.
  ///   - divergences: The divergent draws of all replicates.
  public init(quantities: [String], rankCount: Int, ranks: [[Int]], divergences: Int) {
    self.quantities = quantities
    self.rankCount = rankCount
    self.ranks = ranks
    self.divergences = divergences
  }

  /// Returns how many ranks of a quantity fall into each of equally wide bins.
  ///
  /// - Precondition: The number of possible ranks is a multiple of `bins`.
  public func histogram(_ quantity: Int, bins: Int = 20) -> [Int] {
    precondition(
      rankCount.isMultiple(of: bins), "\(rankCount) ranks do not fill \(bins) equal bins")
    var counts = [Int](repeating: 0, count: bins)
    for rank in ranks[quantity] { counts[rank * bins / rankCount] += 1 }
    return counts
  }

  /// Returns the probability of a histogram at least as uneven if the ranks are uniform (Pearson's
  /// chi-square); below 0.01 something is wrong.
  public func uniformity(_ quantity: Int, bins: Int = 20) -> Double {
    let counts = histogram(quantity, bins: bins)
    let expected = Double(ranks[quantity].count) / Double(bins)
    let statistic = counts.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    return upperIncompleteGamma(Double(bins - 1) / 2, statistic / 2)
  }

  /// Returns the empirical distribution of the ranks minus the uniform one, at every possible rank,
  /// with the band that holds all of it at once with the given probability.
  ///
  /// - Paper: Säilynoja, Bürkner and Vehtari, *Graphical Test for Discrete Uniformity* (2022); the
  ///   band's height is found by simulation as there.
  public func distributionBand(
    _ quantity: Int, level: Double = 0.95, using random: inout RandomSource
  ) -> DistributionBand {
    let count = ranks[quantity].count
    return DistributionBand(
      difference: cumulative(ranks[quantity]), limit: bandHeight(count, level, &random))
  }

  /// An empirical distribution function minus the uniform one, and its simultaneous band.
  public struct DistributionBand: Sendable, Hashable {
    /// The difference at every possible rank.
    public var difference: [Double]
    /// At every possible rank, the largest difference of either sign inside the band.
    public var limit: [Double]

    /// Whether the difference stays inside the band everywhere.
    public var isInside: Bool { zip(difference, limit).allSatisfy { abs($0) <= $1 + 1e-12 } }
  }

  private func cumulative(_ ranks: [Int]) -> [Double] {
    var counts = [Int](repeating: 0, count: rankCount)
    for rank in ranks { counts[rank] += 1 }
    var sum = 0
    return counts.indices.map { rank in
      sum += counts[rank]
      return Double(sum) / Double(ranks.count) - Double(rank + 1) / Double(rankCount)
    }
  }

  /// The band is this many standard deviations high at every rank.
  private func bandHeight(
    _ count: Int, _ level: Double, _ random: inout RandomSource
  ) -> [Double] {
    let deviations = (1...rankCount).map { rank in
      let p = Double(rank) / Double(rankCount)
      return (p * (1 - p) / Double(count)).squareRoot()
    }
    let extremes = (0..<1000).map { _ in
      let uniform = (0..<count).map { _ in random.index(below: rankCount) }
      return zip(cumulative(uniform), deviations).map { $1 > 0 ? abs($0) / $1 : 0 }.max() ?? 0
    }.sorted()
    let height = quantile(ofSorted: extremes, level)
    return deviations.map { $0 * height }
  }
}
