extension CMAES {
  /// What of the covariance is learned.
  public enum Shape: String, Codable, Sendable, CaseIterable {
    /// All variances and covariances: needed where coordinates depend on each other.
    case full
    /// Variances alone: for many coordinates that hardly depend on each other, or some ten thousand
    /// and more, where the full matrix no longer fits.
    case separable
  }

  /// How values are treated that differ from one evaluation of a point to the next.
  public enum Noise: String, Codable, Sendable, CaseIterable {
    /// Values are taken as exact.
    case none
    /// The changes of the mean and of the covariance are shortened so far that their signal stands
    /// out from the noise; the population stays small.
    case adaptLearningRates
  }

  /// The settings of a search; every default is that of the tutorial.
  public struct Configuration: Codable, Sendable, Equatable {
    /// `lambda`, the candidates per generation; `nil` for 4 + floor(3 ln n).
    public var population: Int?
    /// What of the covariance is learned.
    public var shape: Shape
    /// Whether values are noisy. Only with the full shape.
    public var noise: Noise
    /// Whether the worse half of the candidates shrinks the covariance (active CMA-ES).
    public var usesNegativeWeights: Bool
    /// The term `o` in `c_mu`: 0 as in the tutorial of 2016, 1/4 as in pycma.
    public var rankMuOffset: Double
    /// Scales and bounds of the coordinates.
    public var space: SearchSpace
    /// The target and the budget.
    public var limits: SearchLimits
    /// When to stop before.
    public var stopping: Stopping

    /// Creates settings.
    public init(
      population: Int? = nil, shape: Shape = .full, noise: Noise = .none,
      usesNegativeWeights: Bool = true, rankMuOffset: Double = 0,
      space: SearchSpace = SearchSpace(), limits: SearchLimits = SearchLimits(),
      stopping: Stopping = Stopping()
    ) {
      self.population = population
      self.shape = shape
      self.noise = noise
      self.usesNegativeWeights = usesNegativeWeights
      self.rankMuOffset = rankMuOffset
      self.space = space
      self.limits = limits
      self.stopping = stopping
    }

    /// Checks every setting for points of `dimension` coordinates.
    ///
    /// - Throws: ``EvolutionError`` for the first one outside its range.
    public func validate(dimension: Int) throws(EvolutionError) {
      try require(dimension > 0, "the number of coordinates", dimension, "at least 1")
      if let population {
        try require(
          population >= 2, "population", population,
          "at least 2, because one candidate has nothing to be compared with")
      }
      try require(
        (0...1).contains(rankMuOffset), "rankMuOffset", rankMuOffset, "from 0 to 1")
      try require(
        noise == .none || shape == .full, "noise", noise.rawValue,
        "none for the separable shape")
      try space.validate(dimension: dimension)
      try limits.validate()
      try stopping.validate()
    }
  }

  /// When a search stops by itself.
  public struct Stopping: Codable, Sendable, Equatable {
    /// Stop when the best values of the last 10 + ceil(30 n / lambda) generations, and all values
    /// of the newest, differ by less; 0 never.
    public var functionTolerance: Double
    /// Stop when the distribution is narrower than this many times its first width.
    public var stepTolerance: Double
    /// Stop when the longest axis is wider than this many times the first width.
    public var divergence: Double
    /// Stop when the eigenvalues of the covariance differ by a larger factor.
    public var conditionNumber: Double
    /// Whether to stop when best and median have not improved for long.
    public var checksStagnation: Bool

    /// Creates rules; the defaults are those of the tutorial.
    public init(
      functionTolerance: Double = 1e-12, stepTolerance: Double = 1e-12, divergence: Double = 1e4,
      conditionNumber: Double = 1e14, checksStagnation: Bool = true
    ) {
      self.functionTolerance = functionTolerance
      self.stepTolerance = stepTolerance
      self.divergence = divergence
      self.conditionNumber = conditionNumber
      self.checksStagnation = checksStagnation
    }

    func validate() throws(EvolutionError) {
      try require(functionTolerance >= 0, "functionTolerance", functionTolerance, "0 or more")
      try require(stepTolerance >= 0, "stepTolerance", stepTolerance, "0 or more")
      try require(divergence > 1, "divergence", divergence, "above 1")
      try require(conditionNumber > 1, "conditionNumber", conditionNumber, "above 1")
    }
  }
}
