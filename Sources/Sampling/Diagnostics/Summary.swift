import Foundation

/// The distribution of one value of a draw and how well it is known.
public struct ElementSummary: Sendable, Hashable, Codable {
  /// The name, such as `theta[1]`.
  public var name: String
  /// The mean of all chains' draws.
  public var mean: Double
  /// The standard deviation.
  public var standardDeviation: Double
  /// The 5 % quantile.
  public var q5: Double
  /// The median.
  public var median: Double
  /// The 95 % quantile.
  public var q95: Double
  /// The Monte Carlo standard error of the mean.
  public var meanError: Double
  /// The Monte Carlo standard error of the standard deviation.
  public var standardDeviationError: Double
  /// The bulk effective sample size.
  public var bulkESS: Double
  /// The tail effective sample size.
  public var tailESS: Double
  /// The rank-normalized split R-hat; NaN for a constant.
  public var rHat: Double

  /// Summarizes draws.
  ///
  /// - Parameters:
  ///   - name: What the value is called.
  ///   - chains: `[chain][draw]`, all of the same count, at least 4.
  public init(_ name: String, chains: [[Double]]) {
    self.name = name
    let sorted = chains.flatMap { $0 }.sorted()
    mean = Sampling.mean(sorted)
    standardDeviation = variance(sorted).squareRoot()
    q5 = quantile(ofSorted: sorted, 0.05)
    median = quantile(ofSorted: sorted, 0.5)
    q95 = quantile(ofSorted: sorted, 0.95)
    meanError = meanMCSE(chains)
    standardDeviationError = standardDeviationMCSE(chains)
    bulkESS = Sampling.bulkESS(chains)
    tailESS = Sampling.tailESS(chains)
    rHat = Sampling.rHat(chains)
  }
}

extension Draws {
  /// Returns the summary of every value, in order.
  public func summary() -> [ElementSummary] {
    elementNames.enumerated().map { ElementSummary($1, chains: self[element: $0]) }
  }

  /// Returns whether the draws may be used, and in words why not.
  public func diagnosis() -> Diagnosis { Diagnosis(self, summary: summary()) }
}

extension Collection<ElementSummary> {
  /// A table in plain text: one row per value.
  public var table: String {
    let head = ["", "mean", "sd", "5%", "50%", "95%", "mcse", "ess_bulk", "ess_tail", "rhat"]
    let rows = map { row in
      [row.name]
        + [row.mean, row.standardDeviation, row.q5, row.median, row.q95, row.meanError].map {
          String(format: "%.4g", $0)
        } + [row.bulkESS, row.tailESS].map { String(format: "%.0f", $0) }
        + [String(format: "%.3f", row.rHat)]
    }
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([head] + rows).map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
