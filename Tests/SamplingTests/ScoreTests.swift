import Foundation
import Randomness
import Sampling
import Testing

@Suite struct ScoreTests {
  @Test(arguments: [
    (1.0, [-1.0, 0, 1, 2, 3], 0.36, 0.30), (-15, [-2, 1, 2, 2, 4], 15.34, 15.6167),
    (22, [-2, 0, 3, 3, 4], 19.14, 19.1167),
  ])
  func `interval scores have the specified values under both conventions`(
    _ observation: Double, _ quantiles: [Double], _ once: Double, _ twice: Double
  ) {
    let levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    let score = WeightedIntervalScore(
      observation: observation, quantiles: quantiles, levels: levels)
    #expect(abs(score.total - once) < 1e-12)
    let other = WeightedIntervalScore(
      observation: observation, quantiles: quantiles, levels: levels, median: .countedTwice)
    #expect(abs(other.total - twice) < 5.1e-5)
    // Twice the pinball loss, averaged, is another way to the first.
    let pinball = zip(levels, quantiles).map { level, q in
      2 * ((observation <= q ? 1 : 0) - level) * (q - observation)
    }
    #expect(abs(pinball.reduce(0, +) / 5 - once) < 1e-12)
  }

  @Test func `the parts of an interval score say which way it missed`() {
    let levels = [0.1, 0.5, 0.9]
    let high = WeightedIntervalScore(observation: 10, quantiles: [1, 2, 3], levels: levels)
    #expect(high.overprediction == 0 && high.underprediction > 0 && high.dispersion > 0)
    let low = WeightedIntervalScore(observation: -10, quantiles: [1, 2, 3], levels: levels)
    #expect(low.underprediction == 0 && low.overprediction > 0)
    let hit = WeightedIntervalScore(observation: 2, quantiles: [1, 2, 3], levels: levels)
    #expect(hit.total == hit.dispersion && abs(hit.total - 0.1 * 2 / 1.5) < 1e-15)
  }

  @Test func `many quantiles approach the CRPS`() {
    let levels = (1..<400).map { Double($0) / 400 }
    let normal = Normal(mean: 1, standardDeviation: 2)
    let score = WeightedIntervalScore(
      observation: 2.5, quantiles: levels.map(normal.quantile), levels: levels)
    #expect(abs(score.total - normal.crps(observation: 2.5)) < 3e-3)
    #expect(WeightedIntervalScore.hubLevels.count == 23)
  }

  @Test func `CRPS has the specified values`() {
    #expect(abs(crps(draws: [10, 1, 3, 2, 4], observation: 3.5) - 0.70) < 1e-14)
    #expect(abs(crps(draws: [0, 0, 1, 5], observation: 2) - 1) < 1e-14)
    #expect(crps(draws: [7], observation: 4) == 3)
    let standard = Normal(mean: 0, standardDeviation: 1)
    #expect(abs(standard.crps(observation: 0.5) - 0.33140353) < 5.1e-9)
    #expect(abs(standard.crps(observation: 2) - 1.45279182) < 5.1e-9)
    var random = RandomSource(seed: 1)
    let draws = (0..<100_000).map { _ in random.normal() }
    #expect(abs(crps(draws: draws, observation: 2) - 1.45279182) < 0.01)
  }

  @Test func `a calibrated forecast is covered and uniform, a narrow one is not`() {
    var random = RandomSource(seed: 7)
    let observations = (0..<2000).map { _ in random.normal() }
    let forecasts = observations.map { _ in (0..<99).map { _ in random.normal() } }
    // Standard error of 2000 hits at 0.9 is 0.007; 99 draws give an interval 1 % too narrow.
    #expect(abs(coverage(draws: forecasts, observations: observations, level: 0.9) - 0.89) < 0.025)
    let narrow = forecasts.map { $0.map { $0 / 2 } }
    #expect(coverage(draws: narrow, observations: observations, level: 0.9) < 0.7)
    let pit = zip(forecasts, observations).map {
      randomizedPIT(draws: $0, observation: $1, using: &random)
    }
    #expect(abs(average(pit) - 0.5) < 0.026 && abs(spread(pit) - 1 / 12.0.squareRoot()) < 0.015)
  }

  @Test func `the transform of counts is uniform although they tie`() {
    var random = RandomSource(seed: 7)
    let poisson = Poisson(mean: 1.5)
    let pit = (0..<4000).map { _ in
      randomizedPIT(
        draws: (0..<50).map { _ in Double(poisson.draw(using: &random)) },
        observation: Double(poisson.draw(using: &random)), using: &random)
    }
    #expect(abs(average(pit) - 0.5) < 0.02 && abs(spread(pit) - 1 / 12.0.squareRoot()) < 0.01)
  }

  @Test func `the log score averages densities, not their logarithms`() {
    #expect(close(logScore(logDensities: [log(0.2), log(0.4)]), -log(0.3), 1e-15))
    #expect(logScore(logDensities: [-.infinity, -.infinity]) == .infinity)
  }
}
