import Files
import Foundation

/// CmdStan's comma-separated files, one per chain: settings and adaptation in comments, the
/// sampler's statistics in columns that end in two underscores, then the variables.
extension Draws {
  static let statisticColumns = [
    "lp__", "accept_stat__", "stepsize__", "treedepth__", "n_leapfrog__", "divergent__", "energy__",
  ]

  /// Writes one file per chain: `<prefix>_1.csv`, `<prefix>_2.csv`, ...
  ///
  /// Numbers are written so that reading them gives the same numbers bit for bit.
  ///
  /// - Parameters:
  ///   - prefix: The path without the chain's number.
  ///   - model: The model's name, for the comments.
  /// - Returns: The paths.
  /// - Throws: `FileFailure` of kind `unwritable`.
  @discardableResult
  public func writeCSV(to prefix: String, model: String = "model") throws -> [String] {
    try (0..<chainCount).map { chain in
      let path = "\(prefix)_\(chain + 1).csv"
      try writeDurably(csv(chain: chain, model: model), to: path)
      return path
    }
  }

  private func csv(chain: Int, model: String) -> String {
    let columns = Self.statisticColumns + variables.flatMap(\.columnNames)
    var lines = settings(chain: chain, model: model)
    lines.append(columns.joined(separator: ","))
    lines += adaptation(chain)
    for (draw, statistics) in zip(values[chain], statistics[chain]) {
      let head =
        "\(statistics.logDensity),\(statistics.acceptance),\(statistics.stepSize),"
        + "\(statistics.treeDepth),\(statistics.leapfrogs),\(statistics.isDivergent ? 1 : 0),"
        + "\(statistics.energy)"
      lines.append(draw.reduce(into: head) { $0 += ",\($1)" })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func settings(chain: Int, model: String) -> [String] {
    var lines = [
      "# model = \(model)", "# method = sample (Default)", "#   sample",
      "#     num_samples = \(configuration.draws)", "#     num_warmup = \(configuration.warmup)",
      "#     save_warmup = 0 (Default)", "#     thin = 1 (Default)", "#     adapt",
      "#       engaged = \(configuration.warmup > 0 ? 1 : 0)",
      "#       delta = \(configuration.targetAcceptance)", "#     algorithm = hmc (Default)",
      "#       hmc",
    ]
    switch configuration.trajectory {
    case .noUTurn(let depth):
      lines += ["#         engine = nuts (Default)", "#           max_depth = \(depth)"]
    case .fixed(let time):
      lines += ["#         engine = static", "#           int_time = \(time)"]
    }
    return lines + [
      "#         metric = \(configuration.metric.stanName)",
      "#         stepsize = \(configuration.initialStepSize)", "# id = \(chain + 1)",
    ]
  }

  private func adaptation(_ chain: Int) -> [String] {
    let metric = adapted[chain].metric
    let width = metric.kind == .dense ? metric.dimension : metric.inverse.count
    let title =
      metric.kind == .dense
      ? "# Elements of inverse mass matrix:" : "# Diagonal elements of inverse mass matrix:"
    let rows = stride(from: 0, to: metric.inverse.count, by: max(1, width)).map { start in
      "# "
        + metric.inverse[start..<(start + width)].map { "\($0)" }.joined(separator: ", ")
    }
    return ["# Adaptation terminated", "# Step size = \(adapted[chain].stepSize)", title] + rows
  }
}

extension MetricKind {
  /// What CmdStan calls it.
  var stanName: String {
    switch self {
    case .unit: "unit_e"
    case .diagonal: "diag_e"
    case .dense: "dense_e"
    }
  }
}
