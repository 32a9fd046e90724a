import Foundation
import Randomness
import Sampling
import Testing

@testable import Epidemics

/// Interventions, late reports, days out of the ordinary, and correlated weights, each against
/// something computed another way.
@Suite struct VariantTests {
  private func density(_ model: EpidemicModel, _ position: [Double]) -> (Double, [Double]) {
    var model = model
    var gradient = [Double](repeating: 0, count: model.dimension)
    return (model.logDensity(at: position, gradient: &gradient), gradient)
  }

  @Test func `an intervention is a feature whose weight all places share`() {
    var settings = ModelSettings()
    settings.mobilityPooling = .pooled
    settings.whitens = false
    var priors = Priors()
    priors.mobility = 0.7
    priors.intervention = 0.7
    let places = SwitchCases.places(3)
    let apart = places.map { place in
      var place = place
      place.interventions = place.features.map { [$0[1]] }
      place.features = place.features.map { [$0[0]] }
      return place
    }
    let together = EpidemicModel(
      places: places, course: DiseaseCourse(), settings: settings, priors: priors)
    let model = EpidemicModel(
      places: apart, course: DiseaseCourse(), settings: settings, priors: priors)
    var random = RandomSource(seed: 2)
    let position = model.priorCenter().map { $0 + random.normal(standardDeviation: 0.1) }
    let (value, gradient) = density(model, position)
    let (expected, slopes) = density(together, position)
    #expect(abs(value - expected) < 1e-9 * abs(expected))
    #expect(zip(gradient, slopes).allSatisfy { abs($0 - $1) < 1e-9 * (1 + abs($1)) })
    // The forecast goes on with what is planned.
    var planned = apart
    planned[0].interventions += Array(repeating: [2], count: 14)
    let values = [model.constrained(position)]
    let other = EpidemicModel(
      places: planned, course: DiseaseCourse(), settings: settings, priors: priors)
    func forecast(_ model: EpidemicModel) -> [Double] {
      Predictor(model, values: values, seed: 1)
        .predict(days: 14, futures: [.hold, .hold, .hold])[0].reproduction[0]
    }
    let (held, changed) = (forecast(model), forecast(other))
    let observed = apart[0].days
    #expect(held.prefix(observed) == changed.prefix(observed))
    #expect(held[observed + 7] != changed[observed + 7])
  }

  @Test func `late reports compare with the share that is known`() throws {
    let delay = DiseaseCourse.Wait(mean: 4, stages: 2)
    // Erlang with two stages: 1 - (1 + rt) exp(-rt).
    for days in [0.5, 3, 11.5] {
      let expected = 1 - (1 + days / 2) * exp(-days / 2)
      #expect(abs(delay.cumulative(days: days) - expected) < 1e-12)
    }
    var series = OneRegionExample.series
    series.reportedShares = (0..<84).map { delay.cumulative(days: 84 - Double($0) - 0.5) }
    func model(_ series: PlaceSeries) -> EpidemicModel {
      EpidemicModel(
        places: [series], course: DiseaseCourse(), settings: OneRegionExample.settings,
        priors: OneRegionExample.priors)
    }
    var blank = series
    blank.deaths = Array(repeating: nil, count: 84)
    let values = model(series).constrained(OneRegion.position)
    let prediction = Predictor(model(series), values: [values], seed: 1)
      .predict(days: 7, futures: [.hold])[0]
    let concentration = values[
      try #require(
        model(series).variables.elementNames.firstIndex(of: "dispersion[1]"))]
    let expected = OneRegionExample.counts.enumerated().reduce(0.0) { sum, entry in
      let mean = prediction.expected[0][entry.offset] * series.reportedShares[entry.offset]
      return sum
        + NegativeBinomial(mean: max(mean, 1e-8), concentration: concentration)
        .logDensity(Double(entry.element))
    }
    let likelihood =
      density(model(series), OneRegion.position).0 - density(model(blank), OneRegion.position).0
    #expect(abs(likelihood - expected) < 1e-8)
    #expect(prediction.lateDeaths[0] > 0)
    #expect(
      prediction.cumulativeDeaths(afterDays: 7)[0]
        == Double(
          1111 + prediction.lateDeaths[0] + prediction.deaths[0].suffix(7).reduce(0, +)))
  }

  @Test func `counts out of the ordinary are a mixture`() {
    let counts = CountDistribution(
      concentration: 12, outlierShare: 0.05, outlierConcentration: 0.5)
    for (count, mean) in [(0, 40.0), (38, 40), (400, 40)] {
      let ordinary = NegativeBinomial(mean: mean, concentration: 12).logDensity(Double(count))
      let wide = NegativeBinomial(mean: mean, concentration: 0.5).logDensity(Double(count))
      let expected = log(0.95 * exp(ordinary) + 0.05 * exp(wide))
      #expect(abs(counts.logProbability(count, mean: mean) - expected) < 1e-10)
    }
    let total = (0..<4000).reduce(0.0) { $0 + exp(counts.logProbability($1, mean: 40)) }
    #expect(abs(total - 1) < 1e-9)
    var random = RandomSource(seed: 4)
    let draws = (0..<20_000).map { _ in Double(counts.draw(mean: 40, using: &random)) }
    let mean = draws.reduce(0, +) / 20_000
    // Variance of the mixture: both parts have the same mean.
    let variance = 40 + 1600 * (0.95 / 12 + 0.05 / 0.5)
    #expect(abs(mean - 40) < 4 * (variance / 20_000).squareRoot())
    #expect(abs(counts.variance(mean: 40) - variance) < 1e-9)
    // No count speaks louder than a wide one may, where an ordinary one would by hundreds.
    let extreme = counts.logProbability(800, mean: 40) - counts.logProbability(40, mean: 40)
    #expect(extreme > -25)
    let without = CountDistribution(concentration: 12)
    #expect(without.logProbability(800, mean: 40) < -130)
  }

  @Test func `the prior of correlations is that of Lewandowski, Kurowicka and Joe`() {
    let correlation = WeightCorrelation(size: 4, shape: 2.5, offset: 0, deviations: [])
    var random = RandomSource(seed: 6)
    var constants: [Double] = []
    for _ in 0..<5 {
      let y = (0..<6).map { _ in random.normal(standardDeviation: 0.7) }
      var gradient = [Double](repeating: 0, count: 6)
      let value = correlation.pullBack(&gradient, natural: y)
      // The density of the factor, with the Jacobian of Stan's transform.
      let (factor, jacobian) = CorrelationCholesky(4).constrained(y)
      #expect(zip(factor, correlation.factor(y)).allSatisfy { abs($0 - $1) < 1e-12 })
      let expected = (1..<4).reduce(jacobian) {
        $0 + (Double(4 - $1 - 1) + 2 * 2.5 - 2) * log(factor[$1 * 4 + $1])
      }
      constants.append(value - expected)
    }
    #expect(constants.allSatisfy { abs($0 - constants[0]) < 1e-10 }, "\(constants)")
    // With two features the density of the correlation is proportional to (1 - r^2)^(shape - 1).
    let pair = WeightCorrelation(size: 2, shape: 2, offset: 0, deviations: [])
    var integral = 0.0
    for index in 0..<20_000 {
      var gradient = [0.0]
      let y = -10 + 1e-3 * (Double(index) + 0.5)
      integral += 1e-3 * exp(pair.pullBack(&gradient, natural: [y]))
    }
    #expect(abs(integral - 1) < 1e-6)
    // Marginally a correlation is beta distributed: variance 1 / (2 shape + size - 1).
    var squares = 0.0
    for _ in 0..<4000 {
      var y = [Double](repeating: 0, count: 6)
      correlation.drawPrior(into: &y, using: &random)
      let entry = correlation.matrix(y)[13]
      squares += entry * entry / 4000
    }
    #expect(abs(squares * 8 - 1) < 0.12, "\(squares)")
  }

  @Test func `without data the sampler returns the prior of correlated weights`() throws {
    var settings = ModelSettings()
    settings.correlatesMobility = true
    settings.latent = .none
    settings.weekdays = false
    let places = SwitchCases.places(2).map { place in
      var place = place
      place.deaths = place.deaths.map { _ in nil }
      place.group = ""
      return place
    }
    var priors = Priors()
    // So that no draw makes a contact rate impossible.
    priors.mobility = 0.3
    let model = EpidemicModel(
      places: places, course: DiseaseCourse(), settings: settings, priors: priors)
    let draws = try HamiltonianSampler(
      configuration: .init(warmup: 400, draws: 1500, targetAcceptance: 0.9)
    ).sample(
      model, chains: 2, seed: 1, starts: [.near(model.priorCenter(), standardDeviation: 0.1)],
      threads: 1)
    let chains = try #require(draws["mobility_correlation[2,1]"])
    let values = chains.flatMap { $0 }
    let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    #expect(abs(square - 0.2) < 0.035, "variance of a correlation under LKJ(2): \(square)")
    let first = try #require(draws["mobility[1,1]"]).joined()
    let own = first.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    // Variances add: common mean and group, and spreads of 0.5 (half-normal) between places.
    #expect(abs(own / (0.09 + 0.25) - 1) < 0.25, "\(own)")
  }

  @Test func `the predictive p-value is even for deaths of the model and small for wilder ones`() {
    let model = OneRegionExample.model
    let values = model.constrained(OneRegion.position)
    let prediction = Predictor(model, values: Array(repeating: values, count: 400), seed: 3)
      .predict(days: 0, futures: [.hold])[0]
    var series = OneRegionExample.series
    let checks = (0..<60).map { draw in
      series.deaths = prediction.deaths[draw].map { $0 }
      return PredictiveCheck(prediction, series).pValue
    }
    let mean = checks.reduce(0, +) / 60
    // Uniform: standard deviation of the mean 0.29 / sqrt(60).
    #expect(abs(mean - 0.5) < 0.15, "\(mean)")
    #expect(checks.contains { $0 < 0.25 } && checks.contains { $0 > 0.75 })
    series.deaths = prediction.deaths[0].enumerated().map { $0.isMultiple(of: 3) ? 3 * $1 : $1 }
    #expect(PredictiveCheck(prediction, series).pValue < 0.02)
  }

  @Test func `people in isolation are those of the compartments`() {
    let course = DiseaseCourse()
    let rates = (0..<80).map { $0 < 30 ? 0.7 : 0.25 }
    let plain = CompartmentModel(course: course, population: 1e6, stepsPerDay: 8)
    let states = plain.states(
      from: Compartments(population: 1e6, seed: 100, course: course), contactRates: rates)
    var simulator = TrajectorySimulator(course, days: 80, stepsPerDay: 2)
    let path = simulator.run(
      population: 1e6, seed: 100, fatality: course.fatality, contactRates: rates)
    let isolated = IsolationCurve(course, days: 80).isolated(
      seed: 100, infections: path.infections, fatality: course.fatality)
    for day in 5..<79 {
      let expected = states[day + 1].isolatedCount
      #expect(abs(isolated[day] / expected - 1) < 0.01, "day \(day): \(isolated[day]), \(expected)")
    }
  }

  @Test func `standardized features have deviation one and keep the baseline`() throws {
    var random = RandomSource(seed: 8)
    let rows = (0..<60).map { _ -> [Double?] in
      [random.normal(mean: -0.3, standardDeviation: 0.2), random.normal(standardDeviation: 0.05)]
    }
    let table = MobilityTable(
      path: "m", columns: ["workplaces", "residential"], isPercent: false,
      series: ["A": .init(start: Day(number: 0), rows: rows)])
    var settings = FeatureSettings()
    settings.kind = .named
    settings.columns = table.columns
    settings.smoothingDays = 1
    settings.standardizes = true
    let builder = try FeatureBuilder(settings, table, places: ["A"], through: Day(number: 59))
    let features = builder.features(
      try #require(table.series["A"]), days: 0..<60, through: Day(number: 59))
    for column in 0..<2 {
      let values = features.map { $0[column] }
      let mean = values.reduce(0, +) / 60
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 60
      #expect(abs(variance - 1) < 1e-9)
      #expect(abs(values[7] * builder.scales[column] - (rows[7][column] ?? 0)) < 1e-12)
    }
  }
}
