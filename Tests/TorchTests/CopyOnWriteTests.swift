import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Every way to change a tensor, by name.
private let mutations: [(name: String, change: @Sendable (inout Tensor) -> Void)] = [
  ("+= tensor", { $0 += Tensor(2, .float64) }),
  ("-= tensor", { $0 -= Tensor(2, .float64) }),
  ("*= tensor", { $0 *= Tensor(2, .float64) }),
  ("/= tensor", { $0 /= Tensor(2, .float64) }),
  ("+= number", { $0 += 1.5 }),
  ("+= whole number", { $0 += 1 }),
  ("-= number", { $0 -= 1.5 }),
  ("-= whole number", { $0 -= 1 }),
  ("*= number", { $0 *= 1.5 }),
  ("*= whole number", { $0 *= 3 }),
  ("/= number", { $0 /= 1.5 }),
  ("add(_:scaledBy:)", { $0.add(Tensor(1, .float64), scaledBy: 2) }),
  ("fill(with:)", { $0.fill(with: 7) }),
  ("assign(_:)", { $0.assign(Tensor(9, .float64)) }),
  ("subscript of a number", { $0[0, 1] = Tensor(9, .float64) }),
  ("subscript of a range", { $0[.all, 1...] = Tensor(9, .float64) }),
  ("subscript of a mask", { $0[$0 .> 0] = Tensor(9, .float64) }),
  ("subscript of an index tensor", { $0[Tensor([1] as [Int])] = Tensor(9, .float64) }),
]

@Suite struct CopyOnWriteTests {
  @Test(arguments: mutations.indices) func `hidden copies never change`(number: Int) {
    let start = Tensor([[1, -2, 3], [-4, 5, 6]] as [[Double]])
    expectHiddenCopiesUnchanged(of: start, by: mutations[number].change)
    var changed = start
    mutations[number].change(&changed)
    #expect(changed != start, "\(mutations[number].name) changes nothing")
  }

  @Test(arguments: mutations.indices) func `a tensor held once is changed where it lies`(
    number: Int
  ) {
    var tensor = Tensor([[1, -2, 3], [-4, 5, 6]] as [[Double]]) + 0
    let before = tensor.address
    for _ in 0..<3 { mutations[number].change(&tensor) }
    #expect(tensor.address == before, "\(mutations[number].name) copies")
  }

  @Test func `overlapping windows are copied before they are written`() {
    var windows = withoutGradients { Tensor([1, 2, 3, 4] as [Double]).windows(along: 0, size: 2) }
    windows[0, 1] = Tensor(9, .float64)
    #expect(windows.toDoubles() == [1, 9, 2, 3, 3, 4])
  }

  @Test func `a subscript may be assigned from the tensor itself`() {
    var x = Tensor([1, 2, 3, 4] as [Double])
    x[1...] = x[0..<3]
    #expect(x.toDoubles() == [1, 1, 2, 3])
    x[0..<2] += x[2..<4]
    #expect(x.toDoubles() == [3, 4, 2, 3])
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `thousands of random operations agree with plain arrays`(seed: UInt64) {
    var pool = MirroredPool(seed: seed)
    for step in 0..<1500 {
      let operation = pool.step()
      if let difference = pool.difference() {
        Issue.record("after step \(step), \(operation): \(difference)")
        return
      }
    }
    #expect(pool.operations.count == MirroredPool.Operation.allCases.count)
  }
}
