import Foundation
import Sampling
import Testing

@Suite struct SpecialFunctionTests {
  @Test func `log gamma agrees with the C library`() {
    for exponent in stride(from: -8.0, through: 12, by: 0.037) {
      let x = pow(10, exponent)
      #expect(close(logGamma(x), lgamma(x), 1e-14), "at \(x)")
    }
    #expect(logGamma(0) == .infinity)
    #expect(logGamma(-1).isNaN)
  }

  @Test func `digamma has its known values and is the slope of log gamma`() {
    let eulerGamma = 0.57721566490153286
    #expect(close(digamma(1), -eulerGamma, 1e-15))
    #expect(close(digamma(0.5), -eulerGamma - 2 * log(2), 1e-15))
    for x in [0.03, 0.7, 2.5, 9.99, 10.01, 80, 1e5] {
      #expect(close(digamma(x), slope(at: x, step: 1e-3 * min(1, x)) { logGamma($0) }, 1e-8))
      #expect(close(digamma(x + 1), digamma(x) + 1 / x, 1e-14))
    }
  }

  @Test func `logistic functions do not overflow`() {
    #expect(log1pExp(800) == 800)
    #expect(log1pExp(-800) == 0)
    #expect(inverseLogit(-800) == 0 && inverseLogit(800) == 1)
    #expect(close(logit(inverseLogit(1.3)), 1.3, 1e-15))
    #expect(close(logSumExp(1000, 1001), 1001 + log1p(exp(-1)), 1e-15))
    #expect(logSumExp(-.infinity, -.infinity) == -.infinity)
    #expect(close(logSumExp([0.1, 0.2, 0.3]), log(exp(0.1) + exp(0.2) + exp(0.3)), 1e-15))
    #expect(logSumExp([]) == -.infinity)
    #expect(close(log1mExp(-1e-10), log(1e-10), 1e-9))
  }

  @Test func `the normal quantile inverts the distribution function`() {
    #expect(close(standardNormalQuantile(0.975), 1.959963984540054, 1e-15))
    #expect(standardNormalQuantile(0.5) == 0)
    for p in [1e-300, 1e-20, 1e-5, 0.02, 0.024, 0.0243, 0.3, 0.7, 0.99] {
      #expect(abs(standardNormalCDF(standardNormalQuantile(p)) / p - 1) < 1e-12)
    }
    #expect(standardNormalQuantile(0) == -.infinity && standardNormalQuantile(1) == .infinity)
    #expect(standardNormalQuantile(-0.1).isNaN)
  }
}
