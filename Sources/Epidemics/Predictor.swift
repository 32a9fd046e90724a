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
  /// How counts scatter around their expectation, by draw.
  public var counts: [CountDistribution]
  /// New infections by draw and day.
  public var infections: [[Double]]
  /// People isolated at the end of the day, by draw and day.
  public var isolated: [[Double]]
  /// Deaths of the past that are not reported yet, by draw; 0 unless reports are late.
  public var lateDeaths: [Int]
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

  /// All deaths through so many days after the data, by draw: those counted so far, those not yet
  /// reported and those predicted, never the model's own past.
  public func cumulativeDeaths(afterDays days: Int) -> [Double] {
    zip(deaths, lateDeaths).map { draw, late in
      Double(observedDeaths + late + draw[observedDays..<(observedDays + days)].reduce(0, +))
    }
  }

  /// By draw, the middle of the seven days with the most expected deaths, past and forecast.
  ///
  /// The last day but three says that the peak is not reached before the forecast ends.
  public var peaks: [Day] {
    expected.map { draw in
      var (best, place) = (-1.0, 0)
      for index in 3..<max(draw.count - 3, 4) where index + 3 < draw.count {
        let sum = draw[(index - 3)...(index + 3)].reduce(0, +)
        if sum > best { (best, place) = (sum, index) }
      }
      return start + place
    }
  }

  /// The probability that expected daily deaths (seven-day means) peak before a day.
  public func probabilityOfPeak(before day: Day) -> Double {
    let peaks = peaks
    return Double(peaks.count { $0 < day }) / Double(max(peaks.count, 1))
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
    let longest = (layout.places.map(\.days).max() ?? 0) + days
    let isolation = (layout.settings.infersWaits ? draws.map(\.course) : [layout.course]).map {
      IsolationCurve($0, days: longest)
    }
    return layout.places.indices.map { place in
      let series = layout.places[place]
      let total = series.days + days
      var simulator = TrajectorySimulator(
        layout.course, days: total, stepsPerDay: layout.settings.stepsPerDay,
        dynamics: layout.settings.dynamics)
      var prediction = PlacePrediction(
        name: series.name, start: series.start, observedDays: series.days,
        observedDeaths: series.cumulativeDeaths, deaths: [], expected: [], counts: [],
        infections: [], isolated: [], lateDeaths: [], reproduction: [], attackRate: [])
      for (index, draw) in draws.enumerated() {
        if layout.settings.infersWaits { simulator.load(draw.course) }
        let chance = Chance(seed: seed, draw: index, place: place)
        let rates = contactRates(draw, place, total, futures[place], latent, chance)
        let path = simulator.run(
          population: series.population, seed: draw.seed[place], fatality: draw.fatality[place],
          contactRates: rates)
        prediction.infections.append(path.infections)
        prediction.isolated.append(
          isolation[isolation.count == 1 ? 0 : index].isolated(
            seed: draw.seed[place], infections: path.infections, fatality: draw.fatality[place]))
        prediction.reproduction.append(
          zip(rates, path.susceptible).map { $0 * draw.course.infectious.mean * $1 })
        prediction.attackRate.append(1 - (path.susceptible.last ?? 1))
        let expected = path.deaths.enumerated().map { day, mean in
          mean * draw.weekday[(series.start.weekday + day) % 7]
        }
        prediction.expected.append(expected)
        let counts = layout.countDistribution(concentration: draw.concentration[place])
        prediction.counts.append(counts)
        prediction.deaths.append(
          expected.enumerated().map { day, mean in
            var random = chance.source(of: day)
            return counts.draw(mean: mean, using: &random)
          })
        let late = series.reportedShares.enumerated().reduce(0) {
          $0 + (1 - $1.element) * expected[$1.offset]
        }
        var random = chance.late
        prediction.lateDeaths.append(late > 0 ? counts.draw(mean: late, using: &random) : 0)
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
    var late: RandomSource { RandomSource(seed: root ^ 0x6C61_7465) }
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
      var row = day < observed ? layout.places[place].features[day] : coming[day - observed]
      if layout.mobilityCount == 0 { row = [] }
      row += layout.places[place].interventions(on: day)
      let mobility = zip(draw.weights[place], row).reduce(0) { $0 + $1.0 * $1.1 }
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
