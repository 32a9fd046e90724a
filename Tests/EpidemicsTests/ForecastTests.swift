import Foundation
import Randomness
import Runs
import Sampling
import Testing

@testable import Epidemics

/// Predictions, scenarios, baselines and scores.
@Suite struct ForecastTests {
  private func problem(_ change: (inout EpidemicRecipe) -> Void = { _ in }) throws
    -> EpidemicProblem
  {
    var recipe = EpidemicRecipe()
    recipe.simulation.places = 2
    recipe.sampler = .init()
    recipe.sampler.chains = 2
    recipe.sampler.warmup = 150
    recipe.sampler.draws = 100
    change(&recipe)
    return try EpidemicProblem(recipe)
  }

  @Test func `a prediction's expected deaths are those the density compares`() throws {
    // Without weekday effects, latent steps beyond the data or counting noise nothing is random.
    let model = OneRegionExample.model
    let values = model.constrained(OneRegion.position)
    let prediction = Predictor(model, values: [values], seed: 1)
      .predict(days: 0, futures: [.hold])[0]
    var density = 0.0
    for (day, count) in OneRegionExample.counts.enumerated() {
      density += NegativeBinomial(
        mean: max(prediction.expected[0][day], 1e-8),
        concentration: prediction.counts[0].concentration
      ).logDensity(Double(count))
    }
    var copy = model
    var gradient = [Double](repeating: 0, count: model.dimension)
    let posterior = copy.logDensity(at: OneRegion.position, gradient: &gradient)
    var empty = OneRegionExample.series
    empty.deaths = empty.deaths.map { _ in nil }
    var prior = EpidemicModel(
      places: [empty], course: DiseaseCourse(), settings: OneRegionExample.settings,
      priors: OneRegionExample.priors)
    let priorValue = prior.logDensity(at: OneRegion.position, gradient: &gradient)
    #expect(abs(posterior - priorValue - density) < 1e-8)
  }

  @Test func `scenarios share all chance, so that equal mobility gives equal numbers`() throws {
    let problem = try problem()
    let values = problem.priorDraws(20)
    let hold = try problem.predictions(values, scenario: Scenario(.hold))
    let again = try problem.predictions(values, scenario: Scenario(.hold))
    let back = try problem.predictions(values, scenario: Scenario(.return))
    for place in 0..<2 {
      #expect(hold[place].deaths == again[place].deaths)
      let observed = hold[place].observedDays
      #expect(
        hold[place].deaths.map { $0.prefix(observed) }
          == back[place].deaths.map { $0.prefix(observed) })
      #expect(hold[place].reproduction != back[place].reproduction)
    }
  }

  @Test func `each scenario continues mobility as it says`() {
    let past = (0..<10).map { [Double($0)] }
    var random = RandomSource(seed: 1)
    func rows(_ future: MobilityFuture) -> [Double] {
      future.rows(after: past, days: 8, using: &random).map { $0[0] }
    }
    #expect(rows(.hold) == Array(repeating: 6, count: 8))
    #expect(rows(.repeating) == [3, 4, 5, 6, 7, 8, 9, 3])
    #expect(rows(.returning(days: 4)) == [4.5, 3, 1.5, 0, 0, 0, 0, 0])
    #expect(rows(.known([[1], [2]])) == [1, 2, 2, 2, 2, 2, 2, 2])
    #expect(rows(.autoregressive(memory: 0.5, deviation: 0)).prefix(2) == [3, 1.5])
  }

  @Test func `the hub's baseline has the printed quantiles`() {
    var random = RandomSource(seed: 1)
    let weeks = [0.0, 3, 8, 15, 40, 62, 55, 70]
    let levels = [0.025, 0.25, 0.5, 0.75, 0.975]
    let quantiles = Baseline.hub(weeks: weeks, horizons: 4, levels: levels, using: &random)
    for (value, expected) in zip(quantiles[0], [45.8, 61, 70, 79, 94.2]) {
      #expect(abs(value - expected) < 0.06, "\(quantiles[0])")
    }
    for (value, expected) in zip(quantiles[3], [14.5, 50.4, 70, 89.6, 125.5]) {
      #expect(abs(value - expected) < 1.2, "\(quantiles[3])")
    }
  }

  @Test func `the last week of cumulative forecasts begins with what was counted`() throws {
    let problem = try problem()
    let prediction = try problem.predictions(problem.priorDraws(10))[0]
    let sums = (1...4).map { prediction.weeklyDeaths($0) }
    let total = prediction.cumulativeDeaths(afterDays: 28)
    for draw in total.indices {
      let added = sums.reduce(0) { $0 + $1[draw] }
      #expect(total[draw] == Double(prediction.observedDeaths) + added)
    }
    let lines = HubFile.text([prediction], weeks: 4).split(separator: "\n")
    #expect(lines.count == 1 + 4 * 2 * 24)
    #expect(lines[2].contains("1 wk ahead inc death"))
    #expect(lines[1].contains("point,NA") && lines[2].contains("quantile,0.01,"))
  }

  @Test func `a short fit recovers what was simulated and its forecast covers the truth`() throws {
    let problem = try problem()
    let draws = try problem.sample(threads: 1)
    let mobility = try #require(draws["mobility_mean[1]"]).joined().sorted()
    #expect(quantile(ofSorted: mobility, 0.025) < 2.8 && quantile(ofSorted: mobility, 0.975) > 2.8)
    let predictions = try problem.predictions(
      draws.values.flatMap { $0 }, scenario: Scenario(.oracle))
    for prediction in predictions {
      let series = try #require(problem.data.deaths.series[prediction.name])
      for week in 1...4 {
        let first = prediction.firstForecastDay + 7 * (week - 1)
        let truth = (0..<7).reduce(0.0) { $0 + Double(series[first + $1] ?? 0) }
        let sorted = prediction.weeklyDeaths(week).sorted()
        #expect(truth >= sorted[0] && truth <= sorted[sorted.count - 1], "\(prediction.name)")
      }
    }
  }

  @Test func `rolling evaluation scores the model beside the baselines`() throws {
    var recipe = EpidemicRecipe()
    recipe.simulation = .init(places: 2, days: 70, futureDays: 28, isStochastic: true)
    recipe.sampler.chains = 2
    recipe.sampler.warmup = 100
    recipe.sampler.draws = 60
    recipe.evaluation.models = [.full]
    let evaluation = try Evaluation(recipe)
    let step = try #require(evaluation.steps.first)
    let (rows, _) = try evaluation.rows(step, threads: 1)
    #expect(rows.count == 8)
    #expect(rows.allSatisfy { $0.crps != nil && $0.logScore != nil && ($0.pit ?? 2) <= 1 })
    let scores = WeeklyScore.all(rows + evaluation.baselineRows())
    #expect(Set(scores.map(\.model)) == ["full", "hub baseline", "persistence", "smoothing"])
    let baseline = try #require(scores.first { $0.model == "hub baseline" && $0.week == nil })
    #expect(baseline.relative == 1 && baseline.transforms == nil)
    let full = try #require(scores.first { $0.model == "full" && $0.week == nil })
    #expect(full.transforms?.reduce(0, +) == 8)
  }

  @Test func `origins see their own vintage`() throws {
    let folder = TemporaryFolder()
    var recipe = EpidemicRecipe()
    recipe.simulation = .init(places: 2, days: 70, futureDays: 28)
    for (name, text) in SimulatedPlaces(recipe).data.files {
      try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
    }
    recipe.data.deaths = "\(folder.path)/deaths.csv"
    recipe.data.population = "\(folder.path)/population.csv"
    let origin = SimulatedPlaces(recipe).through
    recipe.evaluation.origins = [origin.text]
    let later = try Evaluation(recipe).baselineRows()
    let table = try DeathTable(path: "\(folder.path)/deaths.csv")
    let doubled = table.series.flatMap { place, series in
      series.counts.enumerated().map {
        "\((series.start + $0.offset).text),\(place),\(2 * ($0.element ?? 0))"
      }
    }
    let vintage = "\(folder.path)/vintage.csv"
    try (["date,location,new_deaths"] + doubled).joined(separator: "\n")
      .write(toFile: vintage, atomically: true, encoding: .utf8)
    recipe.evaluation.vintages = [.init(origin: origin.text, deaths: vintage)]
    let known = try Evaluation(recipe).baselineRows()
    for (row, other) in zip(known, later) where row.model == Evaluation.hubBaseline {
      #expect(row.truth == other.truth)
      #expect(abs(row.quantiles[11] - 2 * other.quantiles[11]) < 1e-9 * row.quantiles[11] + 1e-9)
    }
  }

  @Test func `relative scores are geometric means of ratios on common targets`() {
    // A forecast whose quantiles are all equal scores the distance to the truth.
    func row(_ model: String, _ week: Int, _ error: Double) -> ForecastRow {
      ForecastRow(
        origin: "2020-04-05", place: "A", week: week, model: model,
        quantiles: Array(repeating: 100 + error, count: 23), truth: 100, crps: nil, pit: nil,
        logScore: nil, complaint: "")
    }
    let unit = row("a", 1, 1).intervalScore.total
    let rows = [
      row("a", 1, 1), row("a", 2, 3), row("b", 1, 2), row("b", 2, 6), row("c", 1, 8),
    ]
    #expect(abs(row("a", 1, 3).intervalScore.total - 3 * unit) < 1e-9)
    // a to b 1/2, a to c 1/8 (week 1 alone); b to c 1/4.
    let relative = RelativeScores(rows)
    let expected: [String: Double] = ["a": 1 / 16.0, "b": 0.5, "c": 32]
    for (model, product) in expected {
      #expect(abs((relative.skills[model] ?? 0) - pow(product, 1 / 3.0)) < 1e-9)
    }
    let ratio = relative["a", to: "b"] ?? 0
    #expect(abs(ratio - pow(1 / 8.0, 1 / 3.0)) < 1e-9)
    #expect(relative["d", to: "a"] == nil)
  }

  @Test func `smoothing keeps a walk's last value and a noisy level's mean`() {
    let levels = [0.025, 0.5, 0.975]
    // Steps of equal size and one sign are a walk: the whole of each is kept.
    let walk = (0..<12).map { expm1(0.3 * Double($0) + 1) }
    let ahead = Baseline.smoothing(weeks: walk, horizons: 4, levels: levels)
    #expect(abs(log1p(ahead[0][1]) - log1p(walk[11])) < 1e-9)
    #expect(abs(log1p(ahead[0][2]) - log1p(walk[11]) - 1.959964 * 0.3) < 1e-5)
    #expect(abs(log1p(ahead[3][2]) - log1p(walk[11]) - 1.959964 * 0.6) < 1e-5)
    // Up and down around a level: little of each is kept.
    let noise = (0..<40).map { $0.isMultiple(of: 2) ? 80.0 : 120 }
    let level = Baseline.smoothing(weeks: noise, horizons: 1, levels: levels)[0][1]
    #expect(level > 85 && level < 115)
  }

  @Test func `peaks are those of seven days of expected deaths`() throws {
    var prediction = try problem().predictions([], days: 0)[0]
    prediction.start = Day(number: 100)
    prediction.observedDays = 20
    let early = (0..<40).map { 100 - abs(Double($0) - 12) }
    prediction.expected = [early, early, (0..<40).map { Double($0) }]
    #expect(prediction.peaks == [Day(number: 112), Day(number: 112), Day(number: 136)])
    #expect(prediction.probabilityOfPeak(before: prediction.firstForecastDay) == 2 / 3.0)
  }

  @Test func `a row's scores are the printed ones`() {
    let row = ForecastRow(
      origin: "2020-04-05", place: "A", week: 1, model: "m",
      quantiles: WeightedIntervalScore.hubLevels.map { 100 * $0 }, truth: 97, crps: nil, pit: nil,
      logScore: nil, complaint: "")
    #expect(row.medianError == 47)
    #expect(!row.isCovered(0.9) && row.isCovered(0.95) == (97 <= 97.5) && !row.isCovered(0.5))
  }

  @Test func `the recipes in the repository are read`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recipes/Epidemics").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 3)
    for name in names {
      _ = try RecipeReader.load(EpidemicRecipe.self, path: "\(folder)/\(name)")
    }
  }

  @Test func `settings that make no sense are refused`() {
    for override in [
      "model.stepsPerDay=9", "course.exposed={mean: 0.5, stages: 8}", "sampler.chains=0",
      "data.through=yesterday", "course.fatality=2", "evaluation.origins=[soon]",
    ] {
      #expect(throws: RecipeError.self) {
        try RecipeReader.read(
          EpidemicRecipe.self, yaml: "", named: "r", overrides: [override])
      }
    }
  }
}
