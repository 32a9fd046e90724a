import Files
import Foundation

extension Draws {
  /// Reads files that ``writeCSV(to:model:)`` wrote, or CmdStan's own with a fixed number of
  /// columns, one per chain.
  ///
  /// - Parameter paths: The files in the order of the chains.
  /// - Throws: `FileFailure`: `malformed` with the line for text that is no number, lines of
  ///   another length, files of different variables or lengths, and files that end early.
  public init(csv paths: [String]) throws {
    let chains = try paths.map { try CSVChain(path: $0) }
    guard let first = chains.first, let path = paths.first else {
      preconditionFailure("no file was given")
    }
    for (other, chain) in zip(paths, chains) {
      guard chain.variables == first.variables else {
        throw FileFailure(
          .malformed, path: other,
          reason: "has other variables than \(path); give files of one run")
      }
      guard chain.values.count == first.values.count else {
        throw FileFailure(
          .malformed, path: other,
          reason: "holds \(chain.values.count) draws, \(path) holds \(first.values.count)")
      }
    }
    self.init(
      variables: first.variables, values: chains.map(\.values),
      statistics: chains.map(\.statistics), adapted: chains.map(\.adapted),
      configuration: first.configuration)
  }
}

/// One file as read.
private struct CSVChain {
  var variables: [Variable] = []
  var values: [[Double]] = []
  var statistics: [DrawStatistics] = []
  var configuration = SamplerConfiguration()
  var adapted = Draws.AdaptedSettings(stepSize: 1, metric: Metric(.unit, dimension: 0))

  private let path: String
  private var settings: [String: String] = [:]
  private var metricRows: [[Double]] = []

  init(path: String) throws {
    self.path = path
    let text = String(decoding: try readFile(at: path), as: UTF8.self)
    var columns: [Substring]?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.isEmpty { continue }
      if line.hasPrefix("#") {
        readComment(line)
      } else if let columns {
        try readDraw(line, columns.count, index + 1)
      } else {
        let names = line.split(separator: ",", omittingEmptySubsequences: false)
        try readColumns(names, index + 1)
        columns = names
      }
    }
    guard columns != nil else { throw failure("has no line of column names") }
    try finish()
  }

  private mutating func readComment(_ line: Substring) {
    let body = line.dropFirst().trimmingCharacters(in: .whitespaces)
    let numbers = body.split(separator: ",").map {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    if !numbers.isEmpty, numbers.allSatisfy({ $0 != nil }) {
      metricRows.append(numbers.compactMap { $0 })
    } else if let equals = body.range(of: " = ") {
      let value = body[equals.upperBound...].split(separator: " ").first ?? ""
      settings[String(body[..<equals.lowerBound])] = String(value)
    }
  }

  private mutating func readColumns(_ names: [Substring], _ line: Int) throws {
    let expected = Draws.statisticColumns
    guard names.count > expected.count, zip(names, expected).allSatisfy({ $0 == $1 }) else {
      throw failure(
        "line \(line) must begin with the columns \(expected.joined(separator: ",")) and name at "
          + "least one variable")
    }
    var last: [String: [Int]] = [:]
    var order: [String] = []
    for name in names.dropFirst(expected.count) {
      let parts = name.split(separator: ".")
      let base = String(parts.first ?? "")
      let indices = parts.dropFirst().compactMap { Int($0) }
      guard !base.isEmpty, indices.count == parts.count - 1 else {
        throw failure("line \(line): \(name) is not a name with indices such as theta.1")
      }
      if last[base] == nil { order.append(base) }
      last[base] = indices
    }
    variables = order.map { Variable($0, shape: last[$0] ?? []) }
    guard variables.flatMap(\.columnNames) == names.dropFirst(expected.count).map(String.init)
    else {
      throw failure("line \(line): the indices of a variable are incomplete or out of order")
    }
  }

  private mutating func readDraw(_ line: Substring, _ columns: Int, _ number: Int) throws {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
    guard cells.count == columns else {
      throw failure("line \(number) has \(cells.count) values, \(columns) columns are named")
    }
    let numbers = try cells.map { cell in
      guard let value = Double(cell) else {
        throw failure("line \(number): \"\(cell)\" is not a number")
      }
      return value
    }
    func whole(_ place: Int) throws -> Int {
      guard let value = Int(exactly: numbers[place]), value >= 0 else {
        throw failure("line \(number): \(cells[place]) is not a count")
      }
      return value
    }
    statistics.append(
      DrawStatistics(
        logDensity: numbers[0], acceptance: numbers[1], stepSize: numbers[2],
        treeDepth: try whole(3), leapfrogs: try whole(4), isDivergent: try whole(5) != 0,
        energy: numbers[6]))
    values.append(Array(numbers.dropFirst(Draws.statisticColumns.count)))
  }

  private mutating func finish() throws {
    let kind = MetricKind.allCases.first { $0.stanName == settings["metric"] } ?? .diagonal
    let promised = settings["num_samples"].flatMap { Int($0) }
    if let promised, promised != values.count {
      throw failure(
        "holds \(values.count) draws, its comments promise \(promised); the file was cut short")
    }
    var trajectory = SamplerConfiguration.Trajectory.noUTurn(
      maximumDepth: Int(try setting("max_depth", or: 10, within: 0...62)))
    if settings["engine"] == "static", let time = settings["int_time"].flatMap({ Double($0) }) {
      trajectory = .fixed(time: time)
    }
    configuration = SamplerConfiguration(
      warmup: Int(try setting("num_warmup", or: 0, within: 0...1e12)), draws: values.count,
      targetAcceptance: try setting("delta", or: 0.8, within: 1e-9...(1 - 1e-9)), metric: kind,
      trajectory: trajectory,
      initialStepSize: try setting("stepsize", or: 1, within: 1e-300...1e300))
    let stepSize = settings["Step size"].flatMap { Double($0) } ?? statistics.last?.stepSize ?? 1
    adapted = .init(stepSize: stepSize, metric: try metric(kind))
  }

  /// A number from the comments, or a default where they do not have it.
  private func setting(
    _ name: String, or standard: Double, within range: ClosedRange<Double>
  ) throws -> Double {
    guard let text = settings[name] else { return standard }
    guard let value = Double(text), range.contains(value) else {
      throw failure("its comments give \(name) as \(text), which is not a value for it")
    }
    return value
  }

  private func metric(_ kind: MetricKind) throws -> Metric {
    let entries = metricRows.flatMap { $0 }
    let dimension = metricRows.last?.count ?? 0
    switch kind {
    case .unit: return Metric(.unit, dimension: dimension)
    case .diagonal:
      guard entries.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw failure("its comments hold a metric with a variance that is not positive")
      }
      return Metric(variances: entries)
    case .dense:
      guard entries.count == dimension * dimension,
        let metric = Metric(covariance: entries, dimension: dimension)
      else { throw failure("its comments hold a metric that is not positive definite") }
      return metric
    }
  }

  private func failure(_ reason: String) -> FileFailure {
    FileFailure(.malformed, path: path, reason: reason)
  }
}
