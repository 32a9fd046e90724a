import Foundation
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@Suite struct LossesTests {
  private let logits = Tensor([[1, 2, -1], [0.5, -0.5, 3], [0, 0, 0]] as [[Double]])
  private let classes = Tensor([1, 0, 2] as [Int])

  /// Minus the logarithm of each probability.
  private var costs: [[Double]] {
    [[1, 2, -1], [0.5, -0.5, 3], [0, 0, 0]].map { row in
      let total = row.reduce(0) { $0 + exp($1) }
      return row.map { log(total) - $0 }
    }
  }

  @Test func `cross-entropy is minus the logarithm of the right class's probability`() {
    let each = [costs[0][1], costs[1][0], costs[2][2]]
    let loss = { logits.softmaxCrossEntropy(expected: classes, reduction: $0) }
    expectClose(loss(.none).toDoubles(), each)
    expectClose(loss(.mean).scalar(), each.reduce(0, +) / 3)
    expectClose(loss(.sum).scalar(), each.reduce(0, +))
    expectClose(
      logits.logSoftmax().negativeLogLikelihood(expected: classes).scalar(),
      each.reduce(0, +) / 3)
  }

  @Test func `smoothing mixes in the mean over all classes`() {
    let each = zip(costs, [1, 0, 2]).map { row, label in
      0.9 * row[label] + 0.1 * row.reduce(0, +) / 3
    }
    let loss = logits.softmaxCrossEntropy(
      expected: classes, labelSmoothing: 0.1, reduction: .none)
    expectClose(loss.toDoubles(), each)
    let soft = classes.oneHot(classCount: 3, .float64) * 0.9 + 0.1 / 3
    expectClose(logits.softmaxCrossEntropy(expected: soft, reduction: .none).toDoubles(), each)
  }

  @Test func `ignored examples cost nothing and do not count`() {
    let marked = Tensor([1, -1, 2] as [Int])
    let loss = logits.softmaxCrossEntropy(expected: marked, ignoring: -1)
    expectClose(loss.scalar(), (costs[0][1] + costs[2][2]) / 2)
    let slope = gradient(at: logits) { $0.softmaxCrossEntropy(expected: marked, ignoring: -1) }
    #expect(slope[1].toDoubles() == [0, 0, 0])
  }

  @Test func `class weights weigh the mean too`() {
    let weights = Tensor([1, 2, 4] as [Double])
    let loss = logits.softmaxCrossEntropy(expected: classes, classWeights: weights)
    expectClose(loss.scalar(), (2 * costs[0][1] + costs[1][0] + 4 * costs[2][2]) / 7)
  }

  @Test func `pixels are classified along axis 1`() {
    let picture = logits.transposed().expandingShape(at: 0)  // [1, classes, pixels]
    let loss = picture.softmaxCrossEntropy(
      expected: classes.expandingShape(at: 0), reduction: .none)
    expectClose(loss.toDoubles(), [costs[0][1], costs[1][0], costs[2][2]])
  }

  @Test func `losses of single numbers are their formulas`() {
    let (x, y) = ([-2, 0.5, 3] as [Double], [0, 1, 0.25] as [Double])
    let (predicted, expected) = (Tensor(x), Tensor(y))
    func all(_ formula: (Double, Double) -> Double) -> [Double] { zip(x, y).map(formula) }
    expectClose(
      predicted.sigmoidCrossEntropy(expected: expected, reduction: .none).toDoubles(),
      all { x, y in -y * log(1 / (1 + exp(-x))) - (1 - y) * log(1 / (1 + exp(x))) })
    expectClose(
      predicted.squaredError(expected: expected, reduction: .none).toDoubles(),
      all { ($0 - $1) * ($0 - $1) })
    expectClose(
      predicted.absoluteError(expected: expected, reduction: .none).toDoubles(),
      all { abs($0 - $1) })
    expectClose(
      predicted.smoothAbsoluteError(expected: expected, beta: 2, reduction: .none).toDoubles(),
      all { abs($0 - $1) < 2 ? ($0 - $1) * ($0 - $1) / 4 : abs($0 - $1) - 1 })
  }

  @Test func `the divergence of a distribution from itself is zero`() {
    let (p, q) = (logits.logSoftmax(), (logits * 0.5).logSoftmax())
    expectClose(p.klDivergence(expectedLog: p).scalar(), 0)
    let expected = (q.exp() * (q - p)).sum(along: -1).mean().scalar()
    expectClose(p.klDivergence(expectedLog: q).scalar(), expected)
  }
}
