import Foundation
import Testing

@testable import Sampling

@Suite struct AdaptationTests {
  @Test(arguments: [
    (1000, [99, 149, 249, 449, 949]), (500, [99, 149, 249, 449]), (300, [99, 149, 249]),
    (200, [99, 149]), (150, [99]), (2000, [99, 149, 249, 449, 849, 1949]),
    // Short warm-up: 15 % of 100, one window, the last 10 %.
    (100, [89]), (20, [17]), (19, []), (0, []),
  ])
  func `warm-up windows end where Stan's do`(_ iterations: Int, _ ends: [Int]) {
    #expect(WarmupSchedule(iterations: iterations).windowEnds == ends)
  }

  @Test func `the initial and final buffers stay out of the metric`() {
    let schedule = WarmupSchedule(iterations: 1000)
    #expect(!schedule.collects(at: 74) && schedule.collects(at: 75))
    #expect(schedule.collects(at: 949) && !schedule.collects(at: 950))
  }

  @Test func `dual averaging has the specified values`() {
    var averaging = DualAveraging(targetAcceptance: 0.8, initialStepSize: 0.1)
    let acceptances = [0, 0.5, 0.9, 1, 0.7]
    let sizes = [0.233506, 0.074816, 0.069621, 0.101701, 0.068339]
    let averages = [0.233506, 0.118682, 0.093921, 0.096601, 0.087102]
    for index in 0..<5 {
      #expect(abs(averaging.update(acceptance: acceptances[index]) - sizes[index]) < 5.1e-7)
      #expect(abs(averaging.averagedStepSize - averages[index]) < 5.1e-7)
    }
  }

  @Test func `the metric is the covariance, shrunk as Stan shrinks it`() throws {
    let points: [[Double]] = (0..<12).map { index in
      let i = Double(index)
      return [sin(i), cos(2 * i), 3 * sin(i) + 0.1 * i]
    }
    func covariance(_ a: Int, _ b: Int) -> Double {
      let means = [a, b].map { column in average(points.map { $0[column] }) }
      let products = points.map { point in (point[a] - means[0]) * (point[b] - means[1]) }
      return products.reduce(0, +) / 11
    }
    for kind in [MetricKind.diagonal, .dense] {
      var estimator = MetricEstimator(kind, dimension: 3)
      points.forEach { estimator.add($0) }
      let learned = estimator.finishWindow()
      let metric = try #require(learned)
      for row in 0..<3 {
        for column in 0..<3 where kind == .dense || row == column {
          let floor = row == column ? 1e-3 * 5 / 17 : 0.0
          let expected = floor + 12.0 / 17 * covariance(row, column)
          let stored = metric.inverse[kind == .dense ? 3 * row + column : row]
          #expect(close(stored, expected, 1e-14))
        }
      }
      let empty = estimator.finishWindow()
      #expect(empty == nil)
    }
  }
}
