/// The draws of several chains from one model, with what happened on the way to each.
public struct Draws: Sendable, Hashable {
  /// What a draw consists of, in order.
  public var variables: [Variable]
  /// `values[chain][draw]` holds all variables, flattened in order.
  public var values: [[[Double]]]
  /// `statistics[chain][draw]`.
  public var statistics: [[DrawStatistics]]
  /// The step size and metric each chain ended warm-up with.
  public var adapted: [AdaptedSettings]
  /// The settings of all chains.
  public var configuration: SamplerConfiguration

  /// What warm-up settled on in one chain.
  public struct AdaptedSettings: Sendable, Hashable, Codable {
    /// The step size of all draws.
    public var stepSize: Double
    /// The metric of all draws.
    public var metric: Metric

    /// Creates the settings from their parts.
    public init(stepSize: Double, metric: Metric) {
      self.stepSize = stepSize
      self.metric = metric
    }
  }

  /// Creates draws from their parts.
  public init(
    variables: [Variable], values: [[[Double]]], statistics: [[DrawStatistics]],
    adapted: [AdaptedSettings], configuration: SamplerConfiguration
  ) {
    self.variables = variables
    self.values = values
    self.statistics = statistics
    self.adapted = adapted
    self.configuration = configuration
  }

  /// The number of chains.
  public var chainCount: Int { values.count }

  /// The number of draws of a chain.
  public var drawCount: Int { values.first?.count ?? 0 }

  /// The names of the flattened values, as people read them: `theta[1]`.
  public var elementNames: [String] { variables.elementNames }

  /// Returns one value over all chains, `[chain][draw]`.
  ///
  /// - Parameter index: The place of the value in a flattened draw.
  public subscript(element index: Int) -> [[Double]] {
    values.map { chain in chain.map { $0[index] } }
  }

  /// Returns one value over all chains by its name, such as `tau` or `theta[1]`.
  public subscript(name: String) -> [[Double]]? {
    elementNames.firstIndex(of: name).map { self[element: $0] }
  }

  /// The divergent draws of all chains.
  public var divergences: Int {
    statistics.reduce(0) { $0 + $1.count(where: \.isDivergent) }
  }
}
