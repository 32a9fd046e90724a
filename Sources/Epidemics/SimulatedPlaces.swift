import Foundation
import Randomness

/// Places made up by the program: a first wave, a lockdown, and deaths that follow three weeks later.
///
/// The truth is drawn around the priors' middle, so that epidemics neither die out nor infect
/// everybody; mobility falls by half around day 30 and recovers in part.
public struct SimulatedPlaces: Sendable {
  /// The tables, as if they had been read; deaths reach `futureDays` beyond the data.
  public var data: EpidemicData
  /// The last day that a forecast may look at.
  public var through: Day
  /// The true contact rates by place and day.
  public var contactRates: [String: [Double]]
  /// True numbers by name, such as `mobility`.
  public var truth: [String: Double]

  /// The first day of all simulated places, a Saturday as in Google's reports.
  public static let firstDay = Day(number: 18_307)

  /// Makes up places from a recipe's simulation, course and seed.
  public init(_ recipe: EpidemicRecipe) {
    var random = RandomSource(seed: recipe.seed ^ 0x5369_6D75_6C61_7465)
    let settings = recipe.simulation
    let days = settings.days + settings.futureDays
    through = Self.firstDay + (settings.days - 1)
    let weight = 2.8
    truth = ["mobility": weight, "log_contact": log(0.65), "latent_scale": 0.06, "dispersion": 15]
    contactRates = [:]
    var deaths: [String: DeathTable.Series] = [:]
    var mobility: [String: MobilityTable.Series] = [:]
    var population: [String: PopulationTable.Entry] = [:]
    let names = (0..<settings.places).map { Self.name($0) }
    for name in names {
      let rows = Self.mobility(days: days, using: &random)
      let people = (1e6 * exp(random.uniform(in: 0...2.3))).rounded()
      let rates = Self.rates(rows, weight: weight, using: &random)
      let seed = 60 * exp(random.normal(standardDeviation: 0.6)) * (people / 3e6).squareRoot()
      let counts =
        settings.isStochastic
        ? Self.wholePeople(recipe.course, people, seed, rates, &random)
        : Self.counts(recipe, people, seed, rates, &random)
      contactRates[name] = rates
      deaths[name] = DeathTable.Series(start: Self.firstDay, counts: counts)
      mobility[name] = MobilityTable.Series(start: Self.firstDay, rows: rows)
      population[name] = PopulationTable.Entry(
        population: people, fatality: recipe.course.fatality, group: "")
    }
    data = EpidemicData(
      deaths: DeathTable(
        path: "simulated deaths",
        form: .init(isWide: false, isCumulative: false, column: "new_deaths"), series: deaths),
      mobility: MobilityTable(
        path: "simulated mobility", columns: Self.columns, isPercent: false, series: mobility),
      population: PopulationTable(path: "simulated population", entries: population),
      places: names)
  }

  private static let columns = [
    "retail_and_recreation", "grocery_and_pharmacy", "parks", "transit_stations", "workplaces",
    "residential",
  ]

  private static func name(_ index: Int) -> String {
    let names = [
      "Arden", "Brenna", "Corvale", "Dunmere", "Estoria", "Falden", "Garrow", "Hollin", "Isling",
      "Jurrow", "Kelmar", "Lorne",
    ]
    return index < names.count ? names[index] : "Place \(index + 1)"
  }

  /// Six columns: how far each follows one fall and partial recovery, with weekends and noise.
  private static func mobility(days: Int, using random: inout RandomSource) -> [[Double?]] {
    let fall = 30 + random.uniform(in: -4...4)
    let recovery = 75 + random.uniform(in: -8...8)
    let depth = random.uniform(in: 0.4...0.65)
    let shares = [1.2, 0.5, 0.4, 1.1, 0.95, -0.4]
    return (0..<days).map { day in
      let time = Double(day)
      let level =
        -depth * logistic((time - fall) / 2) + 0.35 * depth * logistic((time - recovery) / 5)
      let weekend = (firstDay + day).weekday >= 5 ? 0.03 : 0
      return shares.map { share in
        let noise = random.normal(standardDeviation: 0.02)
        return ((level * share + weekend + noise) * 1000).rounded() / 1000
      }
    }
  }

  private static func rates(
    _ rows: [[Double?]], weight: Double, using random: inout RandomSource
  ) -> [Double] {
    let base = log(0.65) + random.normal(standardDeviation: 0.1)
    let own = weight + random.normal(standardDeviation: 0.3)
    var latent = 0.0
    let averages = rows.map { row in
      [0, 1, 3, 4].reduce(0) { $0 + (row[$1] ?? 0) / 4 }
    }
    return averages.indices.map { day in
      if day.isMultiple(of: 7) { latent += random.normal(standardDeviation: 0.06) }
      let window = averages[max(0, day - 6)...day]
      return exp(base + own * window.reduce(0, +) / 7 + latent)
    }
  }

  private static func counts(
    _ recipe: EpidemicRecipe, _ people: Double, _ seed: Double, _ rates: [Double],
    _ random: inout RandomSource
  ) -> [Int?] {
    var simulator = TrajectorySimulator(
      recipe.course, days: rates.count, stepsPerDay: max(2, recipe.model.stepsPerDay))
    let path = simulator.run(
      population: people, seed: seed, fatality: recipe.course.fatality, contactRates: rates)
    let weekday = [0.95, 1.1, 1.1, 1.05, 1.05, 0.95, 0.8]
    return path.deaths.enumerated().map { day, mean in
      CountDraws.count(
        mean: mean * weekday[(firstDay + day).weekday], concentration: 15, using: &random)
    }
  }

  private static func wholePeople(
    _ course: DiseaseCourse, _ people: Double, _ seed: Double, _ rates: [Double],
    _ random: inout RandomSource
  ) -> [Int?] {
    StochasticEpidemic(course: course, population: Int(people))
      .run(seed: max(1, Int(seed)), contactRates: rates, using: &random).deaths.map { $0 }
  }
}

extension EpidemicData {
  /// The three files as text: daily deaths, mobility in fractions, population.
  public var files: [(name: String, text: String)] {
    var deathLines = ["date,location,new_deaths"]
    var mobilityLines = ["date,location," + (mobility?.columns ?? []).joined(separator: ",")]
    var populationLines = ["location,population,ifr"]
    for place in places {
      if let series = deaths.series[place] {
        for (index, count) in series.counts.enumerated() {
          deathLines.append(
            "\((series.start + index).text),\(place),\(count.map { "\($0)" } ?? "")")
        }
      }
      if let series = mobility?.series[place] {
        for (index, row) in series.rows.enumerated() {
          let cells = row.map { $0.map { String(format: "%.4f", $0) } ?? "" }
          mobilityLines.append(
            "\((series.start + index).text),\(place),\(cells.joined(separator: ","))")
        }
      }
      if let entry = population.entries[place] {
        populationLines.append(
          "\(place),\(Int(entry.population)),\(entry.fatality.map { "\($0)" } ?? "")")
      }
    }
    return [
      ("deaths.csv", deathLines), ("mobility.csv", mobilityLines),
      ("population.csv", populationLines),
    ].map { ($0.0, $0.1.joined(separator: "\n") + "\n") }
  }
}
