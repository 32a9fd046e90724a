import Learning
import SwiftletTestSupport
import Testing
import Torch

@Suite struct MetricTests {
  private let logits = Tensor([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4], [0.3, 0.3, 0.4]] as [[Float]])

  @Test func `accuracy counts the rows that are right`() {
    let labels = Tensor([1, 2, 0] as [Int])
    expectClose(logits.accuracy(expected: labels).scalar(), 1.0 / 3, relative: 1e-6)
    expectClose(logits.topAccuracy(1, expected: labels).scalar(), 1.0 / 3, relative: 1e-6)
    expectClose(
      logits.topAccuracy(2, expected: Tensor([1, 2, 2] as [Int])).scalar(), 1, relative: 1e-6)
    expectClose(logits.topAccuracy(3, expected: labels).scalar(), 1, relative: 1e-6)
  }

  @Test func `a confusion matrix knows who was taken for whom`() {
    var matrix = ConfusionMatrix(classCount: 3)
    matrix.add(predicted: Tensor([0, 1, 1] as [Int]), expected: Tensor([0, 0, 1] as [Int]))
    matrix.add(predicted: Tensor([1] as [Int]), expected: Tensor([0] as [Int]))
    #expect(matrix[expected: 0, predicted: 1] == 2 && matrix[expected: 1, predicted: 0] == 0)
    #expect(matrix.accuracy == 0.5)
    expectClose(matrix.recalls, [1.0 / 3, 1, 0])
    expectClose(matrix.precisions, [1, 1.0 / 3, 0])
  }

  @Test func `an interval is 1.96 standard errors`() {
    let interval = MeanInterval(of: [1, 2, 3, 4])
    #expect(interval.mean == 2.5 && interval.count == 4)
    expectClose(interval.halfWidth, 1.2651745597611895, relative: 1e-12)
    #expect("\(interval)" == "2.5000 ± 1.2652")
    #expect(MeanInterval(of: [7]).halfWidth == 0)
    #expect(MeanInterval(of: []).mean.isNaN)
    #expect("\(MeanInterval(mean: -0.00004, halfWidth: 0.01, count: 2))" == "0.0000 ± 0.0100")
  }

  @Test func `a large mean does not cost the variance its digits`() {
    let interval = MeanInterval(of: (0..<1000).map { 1e9 + Double($0 % 2) })
    expectClose(interval.halfWidth, 1.96 * (0.25 * 1000 / 999 / 1000).squareRoot(), relative: 1e-6)
  }
}
