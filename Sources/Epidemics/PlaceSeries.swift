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
  /// The probability that an infected person dies.
  public var fatality: Double
  /// The group of the place, for a third level of sharing; empty for none.
  public var group: String

  /// Creates a place's series.
  ///
  /// - Precondition: as many rows of features as days.
  public init(
    name: String, population: Double, start: Day, deaths: [Int?], cumulativeDeaths: Int? = nil,
    features: [[Double]], fatality: Double = 0.0066, group: String = ""
  ) {
    precondition(features.count == deaths.count, "\(name): each day needs a row of features")
    self.name = name
    self.population = population
    self.start = start
    self.deaths = deaths
    self.cumulativeDeaths = cumulativeDeaths ?? deaths.reduce(0) { $0 + ($1 ?? 0) }
    self.features = features
    self.fatality = fatality
    self.group = group
  }

  /// The number of days.
  public var days: Int { deaths.count }
}
