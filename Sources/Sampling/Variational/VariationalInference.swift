import Foundation
import Randomness

/// Automatic differentiation variational inference: the normal distribution over free coordinates
/// with the largest evidence bound, by stochastic gradients through its draws.
///
/// A mean-field fit understates the spread of correlated coordinates; ask the k-hat of
/// ``draws(from:of:count:using:)`` before trusting one.
///
/// - Paper: Kucukelbir, Tran, Ranganath, Gelman and Blei, *Automatic Differentiation Variational
///   Inference* (2017); Adam with a step that falls as 1/√t.
public struct VariationalInference: Sendable, Hashable, Codable {
  /// The family of the approximation.
  public enum Family: String, Sendable, Hashable, Codable {
    /// Independent coordinates.
    case meanField
    /// A full covariance.
    case fullRank
  }

  /// The family.
  public var family: Family
  /// The draws behind every gradient.
  public var drawsPerStep = 10
  /// The first step size of Adam.
  public var learningRate = 0.05
  /// The most steps.
  public var maximumSteps = 10_000
  /// Ends when the evidence bound grows less than this from five windows to the next five, relatively
  /// and beyond its noise.
  public var relativeTolerance = 1e-3
  /// The steps of a window.
  public var window = 100

  /// Creates inference with the usual settings.
  public init(_ family: Family = .meanField) { self.family = family }

  /// An approximation and how it was reached.
  public struct Fit: Sendable, Hashable {
    /// The distribution, averaged over the last half of the steps.
    public var gaussian: GaussianApproximation
    /// The evidence bound, averaged over each window of steps.
    public var evidenceBounds: [Double]
    /// Whether the bound settled before the steps ran out.
    public var hasConverged: Bool
  }

  /// Fits the approximation.
  ///
  /// - Parameters:
  ///   - model: The density.
  ///   - start: The first mean.
  ///   - random: The source of randomness.
  /// - Returns: The fit.
  /// - Throws: ``SamplingError`` when no start is found.
  public func fit<Model: LogDensity>(
    _ model: Model, from start: StartingPoint = .uniform(radius: 0.5),
    using random: inout RandomSource
  ) throws(SamplingError) -> Fit {
    var model = model
    let mean = try start.find(&model, using: &random).position
    var state = VariationalState(mean: mean, family: family)
    var bounds: [Double] = []
    var averages: [[Double]] = []
    while bounds.count * window < maximumSteps, !hasSettled(bounds) {
      var bound = 0.0
      var average = state.parameters.map { _ in 0.0 }
      for _ in 0..<window {
        bound += state.step(&model, draws: drawsPerStep, rate: learningRate, using: &random)
        for index in average.indices { average[index] += state.parameters[index] }
      }
      bounds.append(bound / Double(window))
      averages.append(average.map { $0 / Double(window) })
    }
    // The noise of the last steps is averaged away.
    let settled = averages.suffix((averages.count + 1) / 2)
    for index in state.parameters.indices {
      state.parameters[index] = Sampling.mean(settled.map { $0[index] })
    }
    return Fit(
      gaussian: state.gaussian, evidenceBounds: bounds, hasConverged: hasSettled(bounds))
  }

  /// Draws from a fit and resamples them by importance; the weights' k-hat judges the fit.
  public func draws<Model: LogDensity>(
    from fit: Fit, of model: Model, count: Int = 1000, using random: inout RandomSource
  ) -> ApproximateDraws {
    ApproximateDraws(from: fit.gaussian, of: model, count: count, using: &random)
  }

  private func hasSettled(_ bounds: [Double]) -> Bool {
    guard bounds.count >= 10 else { return false }
    let (recent, before) = (bounds.suffix(5), bounds.suffix(10).prefix(5))
    let noise = (2 * variance(recent) / 5).squareRoot()
    let gain = mean(recent) - mean(before)
    return gain < noise + relativeTolerance * max(1, abs(mean(recent)))
  }
}
