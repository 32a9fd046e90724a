import Foundation
import Testing

@testable import Sampling

/// Expected values: Tests/Reference/sampling_reference.py.
@Suite struct ComparisonTests {
  private func ratios(_ shape: Double) -> [Double] {
    (0..<400).map { index -> Double in
      let uniform = (Double(37 * index % 400) + 0.5) / 400
      return -shape * log(1 - uniform)
    }
  }

  @Test(arguments: [
    (0.4, 0.416057685287, -3.823514014604, -6.496858392911),
    (0.6, 0.576938616644, -2.916419233362, -6.861077247042),
    (0.9, 0.818370416894, -1.873210090065, -7.615747553919),
  ])
  func `smoothed weights are ArviZ's`(
    _ shape: Double, _ k: Double, _ largest: Double, _ first: Double
  ) throws {
    let smoothed = ParetoSmoothedWeights(logRatios: ratios(shape))
    #expect(close(smoothed.shape, k, 1e-11))
    #expect(close(try #require(smoothed.logWeights.max()), largest, 1e-11))
    #expect(close(smoothed.logWeights[0], first, 1e-11))
    #expect(smoothed.isTrustworthy == (k <= 0.7))
    #expect(close(logSumExp(smoothed.logWeights), 0, 1e-14))
  }

  @Test func `equal weights are perfect and a few draws are too few`() {
    let equal = ParetoSmoothedWeights(logRatios: [Double](repeating: 3, count: 200))
    #expect(equal.shape == -.infinity && close(equal.effectiveSampleSize, 200, 1e-12))
    #expect(ParetoSmoothedWeights(logRatios: [0, 1, 2, 3]).shape == .infinity)
  }

  @Test func `a generalized Pareto distribution is found again`() {
    let truth = GeneralizedPareto(shape: 0.5, scale: 2)
    let sample: [Double] = (0..<2000).map { truth.quantile((Double($0) + 0.5) / 2000) }
    let fit = GeneralizedPareto(fittedTo: sample)
    #expect(abs(fit.shape - 0.5) < 0.02 && abs(fit.scale - 2) < 0.05)
  }

  @Test func `leaving one out is what refitting without it gives`() {
    // Normal data with known error and a flat prior: the exact value has a closed form.
    let data = [0.3, -1.1, 2.2, 0.6, -0.4, 1.5, 0.1, -0.8]
    let count = Double(data.count)
    let center = average(data)
    let posterior = Normal(mean: center, standardDeviation: 1 / count.squareRoot())
    let draws: [Double] = (0..<4000).map { index in
      posterior.quantile((Double(index * 1789 % 4000) + 0.5) / 4000)
    }
    let likelihood = draws.map { mean in
      data.map { Normal(mean: mean, standardDeviation: 1).logDensity($0) }
    }
    let chains = (0..<4).map { Array(likelihood[(1000 * $0)..<(1000 * ($0 + 1))]) }
    let estimate = LeaveOneOut(logLikelihood: chains)
    let exact = data.map { y in
      Normal(
        mean: (center * count - y) / (count - 1),
        standardDeviation: (1 + 1 / (count - 1)).squareRoot()
      ).logDensity(y)
    }
    #expect(close(estimate.pointwise, exact, 0.01))
    #expect(estimate.doubtful.isEmpty)
    let seen = Normal(mean: center, standardDeviation: (1 + 1 / count).squareRoot())
    let gain = zip(data, exact).reduce(0) { $0 + seen.logDensity($1.0) - $1.1 }
    #expect(abs(estimate.effectiveParameters - gain) < 0.02)
    let same = estimate.advantage(over: estimate)
    #expect(same.difference == 0 && same.standardError == 0)
  }

  @Test func `the error of a quantile is ArviZ's`() {
    let chains: [[Double]] = (0..<4).map { chain in
      (0..<100).map { index in
        let (c, i) = (Double(chain), Double(index))
        return sin(0.7 * i + c) + 0.05 * c * cos(0.11 * i * i) + 0.1 * c
      }
    }
    let expected = [
      (0.05, 284.96778656, 0.0215970326), (0.5, 188.51282491, 0.0939820920),
      (0.95, 337.82617452, 0.0458081724),
    ]
    for (p, size, error) in expected {
      #expect(abs(quantileESS(chains, p) - size) < 1e-7)
      #expect(abs(quantileMCSE(chains, p) - error) < 1e-9)
    }
    #expect(abs(meanMCSE(chains) - 0.058502972758) < 1e-11)
  }
}
