import Foundation
import SwiftletTestSupport
import Testing
import Torch

@Suite struct ShapeTests {
  private let x = Tensor([[0, 1, 2], [3, 4, 5]] as [[Int]])

  @Test func `what a tensor is`() {
    #expect(x.shape == [2, 3] && x.rank == 2 && x.count == 6)
    #expect(x.elementType == .int64 && x.device == .cpu && !x.isTracked)
    #expect(x.extent(0) == 2 && x.extent(-1) == 3)
    #expect(Tensor(5).shape == [] && Tensor(5).count == 1)
  }

  @Test func `creation`() {
    #expect(
      Tensor(zeros: [2], .int8).toInts() == [0, 0] && Tensor(ones: [2]).toFloats() == [1, 1])
    #expect(Tensor(repeating: 2.5, [2]).toFloats() == [2.5, 2.5])
    #expect(Tensor(2..<5).toInts() == [2, 3, 4])
    #expect(Tensor(from: 1, to: 2, by: 0.25).toFloats() == [1, 1.25, 1.5, 1.75])
    #expect(Tensor(linearFrom: 0, through: 1, count: 5).toFloats() == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor(identity: 2).toFloats() == [1, 0, 0, 1])
    #expect(x.zerosLike() == Tensor(zeros: [2, 3], .int64) && x.onesLike().sum().scalar() == 6)
    #expect(Tensor([1, 0] as [Int]).oneHot(classCount: 3).toFloats() == [0, 1, 0, 1, 0, 0])
    #expect(x.lowerTriangle().toInts() == [0, 0, 0, 3, 4, 0])
    #expect(x.upperTriangle(offset: 1).toInts() == [0, 1, 2, 0, 0, 5])
  }

  @Test func `rearranging`() {
    #expect(
      x.reshaped(3, -1).toInts() == [0, 1, 2, 3, 4, 5] && x.reshaped(to: [3, 2]).shape == [3, 2])
    #expect(x.transposed().toInts() == [0, 3, 1, 4, 2, 5])
    #expect(x.expandingShape(at: 1).permuted(2, 1, 0).shape == [3, 1, 2])
    #expect(x.expandingShape(at: 0).squeezed(at: 0) == x)
    #expect(x.flattened().shape == [6] && x.flattened().unflattened(0, into: [2, 3]) == x)
    #expect(x.reversed(along: [1]).toInts() == [2, 1, 0, 5, 4, 3])
    #expect(x.rolled(by: [1], along: [1]).toInts() == [2, 0, 1, 5, 3, 4])
    #expect(x.rotated(quarterTurns: 1).toInts() == [2, 5, 1, 4, 0, 3])
    #expect(x.rotated(quarterTurns: 4) == x)
  }

  @Test func `repeating, joining and cutting`() {
    #expect(x[0].broadcast(to: [2, -1]).toInts() == [0, 1, 2, 0, 1, 2])
    #expect(x[0].tiled([2]).toInts() == [0, 1, 2, 0, 1, 2])
    #expect(x[0].repeatingEach(2, along: 0).toInts() == [0, 0, 1, 1, 2, 2])
    #expect(Tensor(concatenating: [x, x], along: 1).shape == [2, 6])
    #expect(Tensor(stacking: [x[0], x[1]], along: 1) == x.transposed())
    #expect(x.split(sizes: [1, 2], along: 1).map { $0.toInts() } == [[0, 3], [1, 2, 4, 5]])
    #expect(x.unstacked(along: 1).map { $0.toInts() } == [[0, 3], [1, 4], [2, 5]])
    #expect(x.narrowed(along: 1, from: 1, count: 2).toInts() == [1, 2, 4, 5])
    #expect(x.padded([1, 0], with: 9).toInts() == [9, 0, 1, 2, 9, 3, 4, 5])
    #expect(x.padded([0, 0, 1, 0]).toInts() == [0, 0, 0, 0, 1, 2, 3, 4, 5])
    #expect(x[0].windows(along: 0, size: 2).toInts() == [0, 1, 1, 2])
    #expect(x.diagonal().toInts() == [0, 4] && x.diagonal(offset: 1).toInts() == [1, 5])
  }

  @Test func `reductions`() {
    let y = x.cast(to: .float64)
    #expect(y.sum().scalar() == 15 && y.sum(along: 0).toDoubles() == [3, 5, 7])
    #expect(y.sum(along: 1, keepingAxes: true).shape == [2, 1])
    #expect(y.mean().scalar() == 2.5 && y.mean(along: 1).toDoubles() == [1, 4])
    #expect(y.product(along: 1).toDoubles() == [0, 60] && (y + 1).product().scalar() == 720)
    #expect(
      y.variance(along: 1).toDoubles() == [1, 1] && y.variance(correction: 0).scalar() == 17.5 / 6)
    expectClose(y.standardDeviation(correction: 0).scalar(), (17.5 / 6).squareRoot())
    #expect(y.max().scalar() == 5 && y.max(along: 1).toDoubles() == [2, 5])
    #expect(y.min().scalar() == 0 && y.min(along: 0, keepingAxes: true).toDoubles() == [0, 1, 2])
    #expect(y.argmax().toInts() == [2, 2] && y.argmin(along: 0).toInts() == [0, 0, 0])
    #expect(y.median().values.toDoubles() == [1, 4] && y.median().indices.toInts() == [1, 1])
    #expect(y.quantile(0.25).toDoubles() == [0.5, 3.5] && y.quantile(1).toDoubles() == [2, 5])
    #expect(!y.allTrue() && y.anyTrue() && y.countNonzero() == 5)
    #expect(y.allTrue(along: 1).toArray() == [false, true] && y.anyTrue(along: 0).allTrue())
    expectClose(
      y.logSumExp(along: 1).toDoubles(), [0, 3].map { log(exp($0) + exp($0 + 1) + exp($0 + 2)) })
    expectClose(y.norm().scalar(), 55.0.squareRoot())
    #expect(y.norm(order: 1, along: 1).toDoubles() == [3, 12])
    #expect(y.cumulativeSum(along: 1).toDoubles() == [0, 1, 3, 3, 7, 12])
    #expect(y.cumulativeProduct(along: 1).toDoubles() == [0, 0, 0, 3, 12, 60])
  }

  @Test func `sorting`() {
    let z = Tensor([3, 1, 2, 1] as [Int])
    #expect(
      z.sorted().values.toInts() == [1, 1, 2, 3] && z.sorted().indices.toInts() == [1, 3, 2, 0])
    #expect(z.sorted(descending: true).indices.toInts() == [0, 2, 1, 3])
    #expect(z.argsort().toInts() == [1, 3, 2, 0])
    #expect(z.top(2).values.toInts() == [3, 2] && z.top(1, largest: false).values.toInts() == [1])
    #expect(z.uniqueElements().values.toInts() == [1, 2, 3])
    #expect(z.uniqueElements().counts.toInts() == [2, 1, 1])
    #expect(z.bincount(minimumCount: 5).toInts() == [0, 2, 1, 1, 0])
    let steps = Tensor([1, 2, 2, 4] as [Int])
    let values = Tensor([0, 2, 5] as [Int])
    #expect(steps.insertionPoints(of: values).toInts() == [0, 1, 4])
    #expect(steps.insertionPoints(of: values, right: true).toInts() == [0, 3, 4])
  }
}
