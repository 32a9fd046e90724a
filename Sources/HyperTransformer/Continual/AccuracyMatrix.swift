import Learning

/// Accuracies of all tasks after every task, over many sequences.
///
/// Row `t`, column `τ` is the accuracy on queries of task `τ` after task `t` was learned; there are
/// columns up to `t`. In mini-batches there is one column.
public struct AccuracyMatrix: Sendable, Hashable, Codable {
  /// The cells, row after row, with 95 % intervals over sequences.
  public var rows: [[MeanInterval]]
  /// The mean of every row.
  public var averages: [MeanInterval]
  /// The mean of the last row.
  public var averageAccuracy: MeanInterval
  /// How much accuracy tasks lost since their best: the mean over all but the last task of the largest
  /// accuracy after an earlier task minus that after the last; 0 for a single task.
  public var forgetting: MeanInterval
  /// How much accuracy later tasks brought: the mean over all but the last task of the accuracy after
  /// the last task minus that right after the task itself; 0 for a single task.
  public var backwardTransfer: MeanInterval

  /// Sums up the matrices of single sequences, all of one shape.
  ///
  /// - Parameter sequences: Row after row of every sequence.
  init(of sequences: [[[Double]]]) {
    let shape = sequences.first ?? []
    rows = shape.indices.map { row in
      shape[row].indices.map { column in MeanInterval(of: sequences.map { $0[row][column] }) }
    }
    averages = shape.indices.map { row in
      MeanInterval(of: sequences.map { Self.mean($0[row]) })
    }
    averageAccuracy = MeanInterval(of: sequences.map { Self.mean($0.last ?? []) })
    forgetting = MeanInterval(of: sequences.map(Self.forgetting))
    backwardTransfer = MeanInterval(of: sequences.map(Self.backwardTransfer))
  }

  private static func mean(_ values: some Collection<Double>) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// The earlier tasks' columns, from the task's own row on; a task that all rows share is its own.
  private static func columns(_ rows: [[Double]]) -> [[Double]] {
    guard let last = rows.last else { return [] }
    return last.indices.dropLast().map { column in
      rows.filter { column < $0.count }.map { $0[column] }
    }
  }

  private static func forgetting(_ rows: [[Double]]) -> Double {
    mean(columns(rows).map { ($0.dropLast().max() ?? 0) - ($0.last ?? 0) })
  }

  private static func backwardTransfer(_ rows: [[Double]]) -> Double {
    mean(columns(rows).map { ($0.last ?? 0) - ($0.first ?? 0) })
  }
}

/// One evaluation's matrices.
public struct ContinualAccuracies: Sendable, Hashable, Codable {
  /// With the task of every query known; in mini-batches the same as the other.
  public var taskIncremental: AccuracyMatrix
  /// Among all classes so far.
  public var classIncremental: AccuracyMatrix

  /// The matrix of a scenario.
  public subscript(scenario: Scenario) -> AccuracyMatrix {
    scenario == .taskIncremental ? taskIncremental : classIncremental
  }
}
