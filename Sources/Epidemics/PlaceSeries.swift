/// What a model knows of one place, cleaned and aligned; day 0 is the beginning of its simulation.
public struct PlaceSeries: Sendable, Equatable {
  /// The place.
  public var name: String
  /// Everybody.
  public var population: Double
  /// Day 0.
  public var start: Day
  /// New deaths by day; `nil` where they are unknown or not to be compared.
  public var deaths: [Int?]
  /// Deaths before day 0 and on all days up to the last, corrections included.
  public var cumulativeDeaths: Int
  /// Mobility features by day, as fractions; empty rows without features.
  public var features: [[Double]]
  /// Measures of the authorities by day, mostly 0 or 1; as planned where the rows go beyond the last
  /// day, then held.
  public var interventions: [[Double]]
  /// The share of each day's deaths that is known at the data's end, less than 1 where reports are
  /// late.
  public var reportedShares: [Double]
  /// The probability that an infected person dies.
  public var fatality: Double
  /// The group of the place, for a third level of sharing; empty for none.
  public var group: String

  /// Creates a place's series.
  ///
  /// - Precondition: as many rows of features as days; of interventions none, or as many at least;
  ///   reported shares none, or as many.
  public init(
    name: String, population: Double, start: Day, deaths: [Int?], cumulativeDeaths: Int? = nil,
    features: [[Double]], interventions: [[Double]] = [], reportedShares: [Double] = [],
    fatality: Double = 0.0066, group: String = ""
  ) {
    precondition(features.count == deaths.count, "\(name): each day needs a row of features")
    precondition(
      interventions.isEmpty || interventions.count >= deaths.count,
      "\(name): each day needs a row of interventions")
    precondition(
      reportedShares.isEmpty || reportedShares.count == deaths.count,
      "\(name): each day needs a share of reported deaths")
    self.name = name
    self.population = population
    self.start = start
    self.deaths = deaths
    self.cumulativeDeaths = cumulativeDeaths ?? deaths.reduce(0) { $0 + ($1 ?? 0) }
    self.features = features
    self.interventions = interventions
    self.reportedShares =
      reportedShares.isEmpty ? Array(repeating: 1, count: deaths.count) : reportedShares
    self.fatality = fatality
    self.group = group
  }

  /// The interventions of a day, held after the last row.
  func interventions(on day: Int) -> [Double] {
    interventions.isEmpty ? [] : interventions[min(day, interventions.count - 1)]
  }

  /// The number of days.
  public var days: Int { deaths.count }
}
