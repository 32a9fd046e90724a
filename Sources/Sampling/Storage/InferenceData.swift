import Foundation

/// Draws and what belongs to them, in the groups that ArviZ names, ready to be written.
///
/// ```swift
/// var data = InferenceData(draws)
/// data.add(.posteriorPredictive, Variable("deaths", shape: [84]), predictions)
/// data.addObserved(Variable("deaths", shape: [84]), deaths)
/// try data.write(to: "runs/one-place/draws.zarr")
/// ```
///
/// In Python, `arviz.from_zarr("runs/one-place/draws.zarr")` opens the folder.
public struct InferenceData: Sendable, Hashable {
  /// The groups of ArviZ's InferenceData schema.
  public enum Group: String, Sendable, Hashable, CaseIterable {
    /// Draws of parameters and derived quantities.
    case posterior
    /// What happened on the way to each draw.
    case sampleStatistics = "sample_stats"
    /// Data simulated from the posterior.
    case posteriorPredictive = "posterior_predictive"
    /// The log likelihood of every observation at every draw.
    case logLikelihood = "log_likelihood"
    /// Draws from the prior.
    case prior
    /// Data simulated from the prior.
    case priorPredictive = "prior_predictive"
    /// The data themselves.
    case observed = "observed_data"
  }

  /// One array of a group.
  struct Array: Sendable, Hashable {
    enum Content: Sendable, Hashable {
      case reals([Double])
      case integers([Int])
      case booleans([Bool])
      case texts([String])
    }

    var name: String
    var dimensions: [String]
    var shape: [Int]
    var content: Content
  }

  private(set) var groups: [Group: [Array]] = [:]
  /// The labels of named dimensions, for example the places of a dimension `place`.
  public var coordinates: [String: [String]]
  /// The names of the dimensions of variables, where `theta_dim_0` is not good enough.
  public var dimensionNames: [String: [String]]

  /// Starts with the posterior and the sampler's statistics.
  ///
  /// - Parameters:
  ///   - draws: The draws.
  ///   - dimensionNames: By variable, a name for every axis of its shape.
  ///   - coordinates: By dimension, a label for every index.
  public init(
    _ draws: Draws, dimensionNames: [String: [String]] = [:], coordinates: [String: [String]] = [:]
  ) {
    self.dimensionNames = dimensionNames
    self.coordinates = coordinates
    var start = 0
    for variable in draws.variables {
      let range = start..<(start + variable.count)
      add(.posterior, variable, draws.values.map { chain in chain.map { $0[range] } })
      start = range.upperBound
    }
    addStatistics(draws.statistics)
  }

  /// Adds a variable with a value for every draw.
  ///
  /// - Parameters:
  ///   - group: The group.
  ///   - variable: The name and shape.
  ///   - values: `values[chain][draw]`, each flattened row by row.
  public mutating func add(
    _ group: Group, _ variable: Variable, _ values: [[some Collection<Double>]]
  ) {
    let draws = values.first?.count ?? 0
    precondition(
      values.allSatisfy { $0.count == draws && $0.allSatisfy { $0.count == variable.count } },
      "\(group.rawValue) \(variable.name): every chain needs \(draws) draws of \(variable.count) "
        + "values")
    groups[group, default: []].append(
      Array(
        name: variable.name, dimensions: ["chain", "draw"] + dimensions(of: variable),
        shape: [values.count, draws] + variable.shape,
        content: .reals(values.flatMap { chain in chain.flatMap { $0 } })))
  }

  /// Adds observed data, which have no chains and draws.
  public mutating func addObserved(_ variable: Variable, _ values: [Double]) {
    precondition(
      values.count == variable.count,
      "observed_data \(variable.name): \(values.count) values do not fill the shape "
        + "\(variable.shape)")
    groups[.observed, default: []].append(
      Array(
        name: variable.name, dimensions: dimensions(of: variable), shape: variable.shape,
        content: .reals(values)))
  }

  private func dimensions(of variable: Variable) -> [String] {
    let names = dimensionNames[variable.name]
    precondition(
      names.map { $0.count == variable.shape.count } ?? true,
      "\(variable.name) has the shape \(variable.shape), \(names ?? []) names other axes")
    return names ?? variable.shape.indices.map { "\(variable.name)_dim_\($0)" }
  }

  private mutating func addStatistics(_ statistics: [[DrawStatistics]]) {
    let all = statistics.flatMap { $0 }
    let shape = [statistics.count, statistics.first?.count ?? 0]
    let columns: [(String, Array.Content)] = [
      ("lp", .reals(all.map(\.logDensity))),
      ("acceptance_rate", .reals(all.map(\.acceptance))),
      ("step_size", .reals(all.map(\.stepSize))),
      ("tree_depth", .integers(all.map(\.treeDepth))),
      ("n_steps", .integers(all.map(\.leapfrogs))),
      ("diverging", .booleans(all.map(\.isDivergent))),
      ("energy", .reals(all.map(\.energy))),
    ]
    groups[.sampleStatistics] = columns.map {
      Array(name: $0.0, dimensions: ["chain", "draw"], shape: shape, content: $0.1)
    }
  }

  /// The arrays of a group together with the coordinates of all their dimensions.
  func arraysWithCoordinates(_ group: Group) -> [Array] {
    let arrays = groups[group] ?? []
    var lengths: [(name: String, length: Int)] = []
    for array in arrays {
      for (name, length) in zip(array.dimensions, array.shape)
      where !lengths.contains(where: { $0.name == name }) {
        lengths.append((name, length))
      }
    }
    return arrays
      + lengths.map { name, length in
        let labels = coordinates[name]
        precondition(
          labels.map { $0.count == length } ?? true,
          "dimension \(name) has \(length) indices and \(labels?.count ?? 0) labels")
        return Array(
          name: name, dimensions: [name], shape: [length],
          content: labels.map { .texts($0) } ?? .integers(Swift.Array(0..<length)))
      }
  }
}
