import Foundation

/// Why a model could not be sampled.
public enum SamplingError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// No start was found at which the log density and its gradient are finite.
  case noStart(tries: Int, lastLogDensity: Double)
  /// A position given as start does not fit the model or is rejected by it.
  case badStart(reason: String)
  /// Even the smallest step changes the energy too much.
  case noStepSize(position: [Double])
  /// Steps of any length are accepted, so the density does not fall off.
  case improperDensity(stepSize: Double)
  /// A saved state does not belong to the model or settings it is resumed with.
  case foreignState(reason: String)
  /// The caller asked to stop; a checkpoint was offered first.
  case stopped

  /// One sentence: what happened and what to do.
  public var description: String {
    switch self {
    case .noStart(let tries, let last):
      "none of \(tries) random starts has a finite log density and gradient (the last: \(last)); "
        + "give starting positions or a narrower range"
    case .badStart(let reason):
      "the starting position \(reason)"
    case .noStepSize(let position):
      "no step size is small enough at \(position.prefix(4))\(position.count > 4 ? "..." : ""); is "
        + "the gradient that of the density, and is the density continuous there?"
    case .improperDensity(let size):
      "even steps of size \(size) are accepted; the posterior is improper, a parameter lacks a "
        + "prior or a bound"
    case .foreignState(let reason):
      "the saved chain cannot be resumed: \(reason); resume with the settings it was started with"
    case .stopped:
      "sampling was stopped before its end"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
