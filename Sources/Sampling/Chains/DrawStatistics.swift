/// What happened on the way to one draw; the names in parentheses are Stan's.
public struct DrawStatistics: Sendable, Hashable, Codable {
  /// log p at the draw (`lp__`).
  public var logDensity: Double
  /// The mean acceptance over all leapfrog steps of the iteration (`accept_stat__`).
  public var acceptance: Double
  /// The length of a leapfrog step (`stepsize__`).
  public var stepSize: Double
  /// The number of times the trajectory was doubled (`treedepth__`).
  public var treeDepth: Int
  /// The number of leapfrog steps, which is the number of gradients (`n_leapfrog__`).
  public var leapfrogs: Int
  /// Whether the energy error went above 1000 (`divergent__`).
  public var isDivergent: Bool
  /// The energy of the draw with its momentum (`energy__`).
  public var energy: Double

  /// Creates statistics from their parts.
  public init(
    logDensity: Double, acceptance: Double, stepSize: Double, treeDepth: Int, leapfrogs: Int,
    isDivergent: Bool, energy: Double
  ) {
    self.logDensity = logDensity
    self.acceptance = acceptance
    self.stepSize = stepSize
    self.treeDepth = treeDepth
    self.leapfrogs = leapfrogs
    self.isDivergent = isDivergent
    self.energy = energy
  }
}
