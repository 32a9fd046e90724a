import Randomness
import Testing
import Torch

@Suite struct ValueSemanticsTests {
  @Test func `mutating a copy leaves the original unchanged`() {
    let original = Tensor([[1, 2], [3, 4]] as [[Float]])
    var copy = original
    copy[0, 0] = Tensor(9)
    copy += 1
    #expect(original.toFloats() == [1, 2, 3, 4])
    #expect(copy.toFloats() == [10, 3, 4, 5])
  }

  @Test func `a view and its base never change each other`() {
    var base = Tensor([1, 2, 3, 4] as [Float])
    var view = base[1..<3]
    view *= 10
    #expect(base.toFloats() == [1, 2, 3, 4])
    base.fill(with: 7)
    #expect(view.toFloats() == [20, 30])
  }

  @Test func `a broadcast tensor can be written element by element`() {
    var wide = Tensor([1, 2] as [Float]).expandingShape(at: 0).broadcast(to: [2, 2])
    wide[0, 0] = Tensor(5)
    #expect(wide.toFloats() == [5, 2, 1, 2])
  }
}
