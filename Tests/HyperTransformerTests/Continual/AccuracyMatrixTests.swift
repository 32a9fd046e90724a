import SwiftletTestSupport
import Testing

@testable import HyperTransformer

@Suite struct AccuracyMatrixTests {
  @Test func `the summaries are those of the definitions`() {
    let matrix = AccuracyMatrix(of: [
      [[0.9], [0.7, 0.8], [0.8, 0.5, 0.6]], [[0.7], [0.9, 0.6], [0.4, 0.7, 0.4]],
    ])
    expectClose(matrix.rows[1].map(\.mean), [0.8, 0.7])
    expectClose(matrix.averages.map(\.mean), [0.8, 0.75, (1.9 / 3 + 1.5 / 3) / 2])
    expectClose(matrix.averageAccuracy.mean, (1.9 / 3 + 0.5) / 2)
    // Best before the end minus the end: (0.9 - 0.8, 0.8 - 0.5) and (0.9 - 0.4, 0.6 - 0.7).
    expectClose(matrix.forgetting.mean, (0.2 + 0.2) / 2)
    // End minus own row: (0.8 - 0.9, 0.5 - 0.8) and (0.4 - 0.7, 0.7 - 0.6).
    expectClose(matrix.backwardTransfer.mean, (-0.2 - 0.1) / 2)
    // Two numbers a and b: 1.96 |a - b| / 2.
    expectClose(matrix.backwardTransfer.halfWidth, 1.96 * 0.1 / 2)
  }

  @Test func `a single task forgets nothing, and pieces have one column`() {
    let single = AccuracyMatrix(of: [[[0.4]]])
    #expect(single.forgetting.mean == 0 && single.backwardTransfer.mean == 0)
    let pieces = AccuracyMatrix(of: [[[0.4], [0.5], [0.7]]])
    #expect(pieces.averages.map(\.mean) == [0.4, 0.5, 0.7])
    #expect(pieces.forgetting.mean == 0)
  }
}
