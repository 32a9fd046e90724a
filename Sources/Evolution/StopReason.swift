/// Why a search should end.
public enum StopReason: String, Codable, Sendable, Equatable, CaseIterable,
  CustomStringConvertible
{
  /// The target value was reached.
  case target
  /// The allowed number of evaluations is used up.
  case evaluationBudget
  /// The allowed number of generations is used up.
  case generationBudget
  /// The best values of the last generations differ by less than the tolerance.
  case toleranceFunction
  /// The distribution is narrower than the tolerance in every coordinate.
  case toleranceStep
  /// The distribution is far wider than at the start.
  case diverged
  /// A tenth of a standard deviation along an axis changes no coordinate of the mean.
  case noEffectAlongAxis
  /// A fifth of a standard deviation of a coordinate does not change it.
  case noEffectInCoordinate
  /// The longest axis is too many times the shortest.
  case conditionNumber
  /// Neither the best nor the median value improved over a long time.
  case stagnation
  /// No candidate of many generations had a finite value.
  case noFiniteValue
  /// The restarts are used up.
  case restartsUsed
  /// Somebody asked to stop; the search can be resumed.
  case interrupted

  /// The reason in words.
  public var description: String {
    switch self {
    case .target: "the target value was reached"
    case .evaluationBudget: "the allowed evaluations are used up"
    case .generationBudget: "the allowed generations are used up"
    case .toleranceFunction: "the best values no longer differ by more than the tolerance"
    case .toleranceStep: "the distribution has become narrower than the tolerance"
    case .diverged: "the distribution has become far wider than it was at the start"
    case .noEffectAlongAxis: "steps along an axis are too small to change the mean"
    case .noEffectInCoordinate: "steps in a coordinate are too small to change the mean"
    case .conditionNumber: "the distribution has become too elongated for double precision"
    case .stagnation: "neither the best nor the median value has improved for a long time"
    case .noFiniteValue: "no candidate of many generations had a finite value"
    case .restartsUsed: "the allowed restarts are used up"
    case .interrupted: "the search was interrupted and can be resumed"
    }
  }
}
