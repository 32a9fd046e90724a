import Foundation
import Randomness
import Testing

@testable import Sampling

@Suite struct DiagnosticsTests {
  /// Four slightly different chains of 100 draws from a formula.
  private let chains = (0..<4).map { chain in
    (0..<100).map { index in
      let (c, i) = (Double(chain), Double(index))
      return sin(0.7 * i + c) + 0.05 * c * cos(0.11 * i * i) + 0.1 * c
    }
  }

  @Test func `R-hat and sample sizes have the values of the R package posterior's definitions`() {
    #expect(abs(rHat(chains) - 1.0253687) < 5.1e-8)
    #expect(abs(splitRHat(chains) - 1.0065555) < 5.1e-8)
    #expect(abs(bulkESS(chains) - 157.866) < 5.1e-4)
    #expect(abs(tailESS(chains) - 284.968) < 5.1e-4)
    #expect(abs(meanESS(chains) - 151.668) < 5.1e-4)
  }

  @Test func `the autocovariance is the sum it stands for`() {
    let chain = (0..<37).map { sin(Double($0 * $0)) }
    let center = chain.reduce(0, +) / 37
    let fast = Autocovariance(count: 37)(chain)
    for lag in 0..<37 {
      let sum = (0..<(37 - lag)).reduce(0.0) {
        $0 + (chain[$1] - center) * (chain[$1 + lag] - center)
      }
      #expect(abs(fast[lag] - sum / 37) < 1e-14)
    }
  }

  @Test func `an autoregression has the effective sample size of theory`() {
    var random = RandomSource(seed: 4)
    let rho = 0.7
    let chains = (0..<4).map { _ in
      var x = random.normal()
      return (0..<20_000).map { _ in
        x = rho * x + (1 - rho * rho).squareRoot() * random.normal()
        return x
      }
    }
    let expected = 80_000 * (1 - rho) / (1 + rho)
    #expect(abs(meanESS(chains) / expected - 1) < 0.06)
    #expect(abs(bulkESS(chains) / expected - 1) < 0.06)
    #expect(rHat(chains) < 1.002)
    #expect(abs(meanMCSE(chains) / (1 / expected.squareRoot()) - 1) < 0.05)
  }

  @Test func `chains that differ in place or in width are told apart`() {
    var random = RandomSource(seed: 4)
    let moved = (0..<4).map { chain in (0..<400).map { _ in random.normal() + Double(chain) } }
    #expect(rHat(moved) > 1.3)
    let widened = (0..<4).map { chain in
      (0..<400).map { _ in random.normal() * (1 + 2 * Double(chain)) }
    }
    #expect(rHat(widened) > 1.1)
    #expect(splitRHat(widened) < 1.05)
    #expect(rHat([[1, 1, 1, 1], [1, 1, 1, 1]]).isNaN)
  }

  @Test func `the energy fraction has the specified value`() {
    let energies = [10, 11, 9.5, 10.2, 12, 11.1, 10.4, 9.9, 10.8, 11.3]
    #expect(abs(energyFraction(energies) - 1.85997) < 5.1e-6)
  }

  @Test func `Monte Carlo errors of independent draws are those of theory`() {
    var random = RandomSource(seed: 9)
    let chains = (0..<4).map { _ in (0..<5000).map { _ in random.normal() } }
    #expect(abs(meanMCSE(chains) * 20_000.0.squareRoot() - 1) < 0.06)
    // The standard deviation of n normal draws has the error 1 / sqrt(2 n).
    #expect(abs(standardDeviationMCSE(chains) * 40_000.0.squareRoot() - 1) < 0.06)
    // The median's error is sqrt(p (1 - p) / n) over the density there.
    let median = 0.5 / 20_000.0.squareRoot() / 0.3989422804
    #expect(abs(quantileMCSE(chains, 0.5) / median - 1) < 0.15)
  }

  @Test func `incomplete functions have closed forms to agree with`() {
    for x in [0.1, 1, 3, 20] {
      #expect(close(upperIncompleteGamma(1, x), exp(-x), 1e-14))
      #expect(close(upperIncompleteGamma(3, x), exp(-x) * (1 + x + x * x / 2), 1e-14))
      #expect(close(upperIncompleteGamma(0.5, x), erfc(x.squareRoot()), 1e-14))
    }
    for x in [0.05, 0.3, 0.9] {
      #expect(close(incompleteBeta(x, 1, 4), 1 - pow(1 - x, 4), 1e-14))
      #expect(close(incompleteBeta(x, 2, 2), x * x * (3 - 2 * x), 1e-14))
      #expect(close(incompleteBetaQuantile(incompleteBeta(x, 3, 7), 3, 7), x, 1e-12))
    }
  }
}
