import Testing

@testable import Evolution

@Suite struct StrategyParametersTests {
  @Test func `two coordinates and six candidates have the tutorial's constants`() {
    let p = StrategyParameters(dimension: 2, population: 6)
    expectClose(p.effectiveParents, 2.028611465)
    expectClose(p.covariancePathRate, 0.624554539)
    expectClose(p.stepPathRate, 0.446204987)
    expectClose(p.stepDamping, 1.446204987)
    expectClose(p.rankOneRate, 0.1548154)
    expectClose(p.rankMuRate, 0.0578590851)
    expectClose(p.expectedLength, 1.254272743)
    expectClose(
      p.weights, [0.63704257, 0.28457026, 0.07838717, -0.28638378, -0.76495809, -1.15598178])
  }

  @Test func `ten coordinates have the tutorial's constants`() {
    let p = StrategyParameters(dimension: 10, population: 10)
    #expect(StrategyParameters.defaultPopulation(dimension: 10) == 10)
    expectClose(p.effectiveParents, 3.167299281)
    expectClose(p.covariancePathRate, 0.294990383)
    expectClose(p.stepPathRate, 0.284428588)
    expectClose(p.stepDamping, 1.284428588)
    expectClose(p.rankOneRate, 0.0152838245)
    expectClose(p.rankMuRate, 0.0201542828)
    expectClose(p.expectedLength, 3.084726565)
    expectClose(
      p.weights,
      [
        0.45627265, 0.2707531, 0.16223112, 0.08523355, 0.02550959, -0.08532086, -0.2364766,
        -0.36741366, -0.48290833, -0.58622183,
      ])
    let newer = StrategyParameters(dimension: 10, population: 10, rankMuOffset: 0.25)
    expectClose(newer.rankMuRate, 0.0235517767)
  }

  @Test func `a genome of 24 numbers and 80 candidates has the tutorial's constants`() {
    let p = StrategyParameters(dimension: 24, population: 80)
    expectClose(p.effectiveParents, 21.788084799)
    expectClose(p.covariancePathRate, 0.164605935)
    expectClose(p.stepPathRate, 0.468379245)
    expectClose(p.rankOneRate, 0.00302170452)
    expectClose(p.rankMuRate, 0.0568481517)
    expectClose(p.expectedLength, 4.848353457)
    let newer = StrategyParameters(dimension: 24, population: 80, rankMuOffset: 0.25)
    expectClose(newer.rankMuRate, 0.0575647016)
  }

  @Test(arguments: [2, 3, 4, 7, 50], [1, 2, 10, 100])
  func `weights leave room for the old covariance`(population: Int, dimension: Int) {
    for isSeparable in [false, true] {
      let p = StrategyParameters(
        dimension: dimension, population: population, isSeparable: isSeparable)
      let negative = p.weights.filter { $0 < 0 }.reduce(0, +)
      #expect(abs(p.weights.filter { $0 > 0 }.reduce(0, +) - 1) < 1e-12)
      #expect(p.rankOneRate + p.rankMuRate <= 1)
      // A direction in which all bad candidates lie still keeps something.
      let left =
        1 - p.rankOneRate - p.rankMuRate * (1 + negative)
        + p.rankMuRate * negative * Double(dimension)
      #expect(left > -1e-12)
    }
  }
}
