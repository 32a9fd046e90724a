import Foundation
import Randomness

/// What draws say of one place, past and future, day by day.
public struct PlacePrediction: Sendable {
  /// The place.
  public var name: String
  /// Day 0 of the arrays.
  public var start: Day
  /// Days with data; the others are forecast.
  public var observedDays: Int
  /// Counted deaths before day 0 and through the data.
  public var observedDeaths: Int
  /// Counted deaths by draw and day, the chance of counting included.
  public var deaths: [[Int]]
  /// Expected counted deaths by draw and day.
  public var expected: [[Double]]
  /// The concentration of counts, by draw.
  public var concentration: [Double]
  /// New infections by draw and day.
  public var infections: [[Double]]
  /// The reproduction number, depletion of susceptibles included, by draw and day.
  public var reproduction: [[Double]]
  /// The share of people infected through the last day, by draw.
  public var attackRate: [Double]

  /// The first day after the data.
  public var firstForecastDay: Day { start + observedDays }

  /// Sums of seven days after the data, by draw, for a week counted from 1.
  public func weeklyDeaths(_ week: Int) -> [Double] {
    let first = observedDays + 7 * (week - 1)
    return deaths.map { draw in
      Double(draw[first..<min(first + 7, draw.count)].reduce(0, +))
    }
  }

  /// All deaths through so many days after the data, by draw: those counted so far and those
  /// predicted, never the model's own past.
  public func cumulativeDeaths(afterDays days: Int) -> [Double] {
    deaths.map { draw in
      Double(observedDeaths + draw[observedDays..<(observedDays + days)].reduce(0, +))
    }
  }

  /// The probability that expected daily deaths (seven-day means) peak before a day.
  public func probabilityOfPeak(before day: Day) -> Double {
    let limit = day - start
    let early = deaths.count { draw in
      var (best, place) = (-1, 0)
      for index in 3..<max(draw.count - 3, 4) where index + 3 < draw.count {
        let sum = draw[(index - 3)...(index + 3)].reduce(0, +)
        if sum > best { (best, place) = (sum, index) }
      }
      return place < limit
    }
    return Double(early) / Double(max(deaths.count, 1))
  }
}

/// Simulates every draw of a posterior (or prior) again, through the data and beyond.
///
/// Each draw, place and day has a source of randomness of its own, made from the seed, so that two
/// scenarios share all chance and their difference, draw by draw, is that of the scenarios.
public struct Predictor: Sendable {
  private let model: EpidemicModel
  private let draws: [EpidemicParameters]
  private let seed: UInt64

  /// The largest contact rate of a simulated day; in forecasts nothing holds it otherwise.
  private static let largestRate = 7.5

  /// Creates a predictor.
  ///
  /// - Parameters:
  ///   - model: The model the draws are from.
  ///   - values: Draws in the order of the model's variables.
  ///   - seed: Of all chance in the future.
  public init(_ model: EpidemicModel, values: [[Double]], seed: UInt64) {
    self.model = model
    draws = values.map { model.parameters(ofValues: $0) }
    self.seed = seed
  }

  /// Predicts all places.
  ///
  /// - Parameters:
  ///   - days: Days after the data; 0 for the past alone.
  ///   - futures: How mobility goes on, by place; see ``MobilityFuture``.
  ///   - latent: How the latent factor goes on.
  /// - Returns: One prediction per place, in the model's order.
  public func predict(
    days: Int, futures: [MobilityFuture], latent: LatentContinuation = .process
  ) -> [PlacePrediction] {
    let layout = model.layout
    return layout.places.indices.map { place in
      let series = layout.places[place]
      let total = series.days + days
      var simulator = TrajectorySimulator(
        layout.course, days: total, stepsPerDay: layout.settings.stepsPerDay)
      var prediction = PlacePrediction(
        name: series.name, start: series.start, observedDays: series.days,
        observedDeaths: series.cumulativeDeaths, deaths: [], expected: [], concentration: [],
        infections: [], reproduction: [], attackRate: [])
      for (index, draw) in draws.enumerated() {
        if layout.settings.infersWaits { simulator.load(draw.course) }
        let chance = Chance(seed: seed, draw: index, place: place)
        let rates = contactRates(draw, place, total, futures[place], latent, chance)
        let path = simulator.run(
          population: series.population, seed: draw.seed[place], fatality: draw.fatality[place],
          contactRates: rates)
        prediction.infections.append(path.infections)
        prediction.reproduction.append(
          zip(rates, path.susceptible).map { $0 * draw.course.infectious.mean * $1 })
        prediction.attackRate.append(1 - (path.susceptible.last ?? 1))
        let expected = path.deaths.enumerated().map { day, mean in
          mean * draw.weekday[(series.start.weekday + day) % 7]
        }
        prediction.expected.append(expected)
        prediction.concentration.append(draw.concentration[place])
        prediction.deaths.append(
          expected.enumerated().map { day, mean in
            var random = chance.source(of: day)
            return CountDraws.count(
              mean: mean, concentration: draw.concentration[place], using: &random)
          })
      }
      return prediction
    }
  }

  /// The sources of randomness of one draw and place.
  private struct Chance {
    private let root: UInt64

    init(seed: UInt64, draw: Int, place: Int) {
      let ofDraw = UInt64(draw) &* 0x9E37_79B9_7F4A_7C15
      let ofPlace = UInt64(place) &* 0xD1B5_4A32_D192_ED03
      var source = RandomSource(seed: seed &+ ofDraw &+ ofPlace)
      root = source.next()
    }

    func source(of day: Int) -> RandomSource { RandomSource(seed: root &+ UInt64(day)) }
    var latent: RandomSource { RandomSource(seed: root ^ 0x6C61_7465_6E74) }
    var mobility: RandomSource { RandomSource(seed: root ^ 0x6D6F_6269_6C65) }
  }

  private func contactRates(
    _ draw: EpidemicParameters, _ place: Int, _ total: Int, _ future: MobilityFuture,
    _ continuation: LatentContinuation, _ chance: Chance
  ) -> [Double] {
    let layout = model.layout
    let observed = layout.places[place].days
    var random = chance.mobility
    let coming = future.rows(
      after: layout.places[place].features, days: total - observed, using: &random)
    var latentRandom = chance.latent
    let latent = latentValues(draw, place, total, continuation, &latentRandom)
    return (0..<total).map { day in
      let row = day < observed ? layout.places[place].features[day] : coming[day - observed]
      let mobility =
        layout.featureCount == 0
        ? 0 : zip(draw.weights[place], row).reduce(0) { $0 + $1.0 * $1.1 }
      let rate = layout.contactRate(log: draw.contact[place], effect: mobility + latent[day])
      return min(rate, day < observed ? 20 : Self.largestRate)
    }
  }

  /// Daily latent values, with new chance after the data.
  private func latentValues(
    _ draw: EpidemicParameters, _ place: Int, _ total: Int, _ continuation: LatentContinuation,
    _ random: inout RandomSource
  ) -> [Double] {
    let factor = model.layout.latent
    let observed = model.layout.places[place].days
    guard factor.kind != .none, observed > 0 else { return Array(repeating: 0, count: total) }
    var weekly = draw.latent[place]
    var values = (0..<observed).map { day in
      factor.value(weekly, at: 0, place: place, day: day)
    }
    if factor.kind == .gaussianProcess {
      // Beyond the data a process of the same scale and length without memory of its slope.
      let memory = exp(-1 / draw.latentLength)
      let step = draw.latentScale * (1 - memory * memory).squareRoot()
      while values.count < total {
        let last = values[values.count - 1]
        values.append(
          continuation == .freeze
            ? last : memory * last + random.normal(standardDeviation: step))
      }
      return values
    }
    let step = draw.latentScale * innovation(draw)
    func week(_ index: Int) -> Double {
      while weekly.count <= index {
        let last = weekly[weekly.count - 1]
        let before = weekly.count > 1 ? weekly[weekly.count - 2] : 0
        let next = draw.latentCoefficients[0] * last + draw.latentCoefficients[1] * before
        weekly.append(
          continuation == .freeze ? last : next + random.normal(standardDeviation: step))
      }
      return weekly[index]
    }
    for day in observed..<max(total, observed) {
      let start = week(day / 7)
      guard factor.interpolation == .linear else {
        values.append(start)
        continue
      }
      let fraction = Double(day % 7) / 7
      values.append((1 - fraction) * start + fraction * week(day / 7 + 1))
    }
    return values
  }

  private func innovation(_ draw: EpidemicParameters) -> Double {
    guard model.layout.latent.kind == .autoregression2 else { return 1 }
    let (first, second) = (draw.latentCoefficients[0], draw.latentCoefficients[1])
    let variance =
      1 - first * first - second * second - 2 * first * first * second / (1 - second)
    return max(variance, 0).squareRoot()
  }
}
