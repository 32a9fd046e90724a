import Runs

/// Training has left the finite numbers; the last checkpoint is from before.
public struct NonFiniteError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// The step in which it was noticed, counted from 1.
  public var step: Int
  /// The loss of that step.
  public var loss: Double
  /// The parameters whose values are not finite.
  public var parameters: [String]
  /// The parameters whose gradients are not finite.
  public var gradients: [String]

  /// The one sentence shown to the user.
  public var description: String {
    var parts = ["the loss is \(loss)"]
    if !parameters.isEmpty { parts.append("not finite are \(listed(parameters))") }
    if !gradients.isEmpty {
      parts.append("not finite are the gradients of \(listed(gradients))")
    }
    return "step \(step): \(parts.joined(separator: ", ")); training stops, the last checkpoint is "
      + "still good; try a smaller learningRate or a clipNorm"
  }

  /// 70, internal error.
  public var exitCode: ExitCode { .internalError }
}
