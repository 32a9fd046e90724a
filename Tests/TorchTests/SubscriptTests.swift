import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Subscripts are compared with an interpreter over plain arrays.
@Suite struct SubscriptTests {
  @Test(arguments: 0..<400 as Range<UInt64>)
  func `reading and writing agree with plain loops`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let shape = (0..<(1 + random.index(below: 4))).map { _ in 1 + random.index(below: 4) }
    let elements = (0..<shape.reduce(1, *)).map { Double($0 + 1) }
    let positions = PlainPosition.random(for: shape, using: &random)
    let chosen = PlainPosition.choose(positions[...], shape[...], from: 0)
    var tensor = Tensor(elements, shape: shape)

    let read = tensor[positions.map(\.index)]
    #expect(read.shape == chosen.shape, "\(shape)\(positions)")
    #expect(read.toDoubles() == chosen.offsets.map { elements[$0] }, "\(shape)\(positions)")

    // Written either element by element or with one row for all.
    let isRow = random.index(below: 2) == 0 && !chosen.shape.isEmpty
    let width = isRow ? chosen.shape.last ?? 1 : chosen.offsets.count
    let values = (0..<width).map { -Double($0 + 1) }
    var expected = elements
    for (position, offset) in chosen.offsets.enumerated() {
      expected[offset] = values[position % max(width, 1)]
    }
    tensor[positions.map(\.index)] = Tensor(values, shape: isRow ? [width] : chosen.shape)
    #expect(tensor.toDoubles() == expected, "writing \(shape)\(positions)")
  }

  @Test func `every way to write a subscript`() {
    let x = Tensor(0..<24).reshaped(2, 3, 4)
    #expect(x[1, 2, 3].scalar() == 23)
    #expect(x[-1, -1, -1].scalar() == 23)
    #expect(x[0, 1].toInts() == [4, 5, 6, 7])
    #expect(x[0, .all, 0].toInts() == [0, 4, 8])
    #expect(x[0, 0, 1..<3].toInts() == [1, 2])
    #expect(x[0, 0, 1...2].toInts() == [1, 2])
    #expect(x[0, 0, 2...].toInts() == [2, 3])
    #expect(x[0, 0, ..<2].toInts() == [0, 1])
    #expect(x[0, 0, ...2].toInts() == [0, 1, 2])
    #expect(x[0, 0, (-2)...].toInts() == [2, 3])
    #expect(x[0, 0, ..<(-1)].toInts() == [0, 1, 2])
    #expect(x[0, 0, ...(-1)].toInts() == [0, 1, 2, 3])
    #expect(x[0, 0, -3 ..< -1].toInts() == [1, 2])
    #expect(x[0, 0, -3..<0].toInts() == [1, 2, 3])
    #expect(x[0, 0, -3 ... -1].toInts() == [1, 2, 3])
    #expect(x[0, 0, .stride(by: 2)].toInts() == [0, 2])
    #expect(x[0, 0, .stride(from: 1, to: -1, by: 1)].toInts() == [1, 2])
    #expect(x[.rest, 0].toInts() == [0, 4, 8, 12, 16, 20])
    #expect(x[0, .rest, 0].shape == [3])
    #expect(x[.newAxis, .rest, .newAxis].shape == [1, 2, 3, 4, 1])
    #expect(x[Tensor([1, 0, 1] as [Int])].shape == [3, 3, 4])
  }

  @Test func `index tensors with axes between them put theirs first`() {
    let x = Tensor(0..<24).reshaped(2, 3, 4)
    let (rows, columns) = (Tensor([0, 1] as [Int]), Tensor([1, 3] as [Int]))
    // NumPy: x[[0, 1], :, [1, 3]] is [[1, 5, 9], [15, 19, 23]].
    #expect(x[rows, .all, columns].toInts() == [1, 5, 9, 15, 19, 23])
    let grid = x[0][Tensor([[0], [2]] as [[Int]]), columns]
    #expect(grid.shape == [2, 2] && grid.toInts() == [1, 3, 9, 11])
  }

  @Test func `what is written takes the tensor's type`() {
    var x = Tensor(zeros: [3], .int64)
    x[0] = Tensor(2.0)
    x[Tensor([false, true, false])] = Tensor(3.0)
    #expect(x.toInts() == [2, 3, 0])
  }

  @Test func `gathering and scattering are loops`() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]] as [[Double]])
    #expect(x.gathering(Tensor([2, 0] as [Int]), along: 1).toDoubles() == [3, 1, 6, 4])
    let picks = Tensor([[2], [0]] as [[Int]])
    #expect(x.gatheringElements(picks, along: 1).toDoubles() == [3, 4])
    let zeros = Tensor(zeros: [2, 3], .float64)
    #expect(
      zeros.addingElements(Tensor([[1], [2]] as [[Double]]), at: picks, along: 1).toDoubles()
        == [0, 0, 1, 2, 0, 0])
    #expect(
      zeros.adding(x, at: Tensor([1, 1] as [Int])).toDoubles() == [0, 0, 0, 5, 7, 9])
    #expect(x.filled(where: x .> 4, with: 0).toDoubles() == [1, 2, 3, 4, 0, 0])
  }
}

extension Tensor {
  fileprivate subscript(positions: [any TensorIndex]) -> Tensor {
    get {
      switch positions.count {
      case 0: self[.rest]
      case 1: self[positions[0]]
      case 2: self[positions[0], positions[1]]
      case 3: self[positions[0], positions[1], positions[2]]
      case 4: self[positions[0], positions[1], positions[2], positions[3]]
      case 5: self[positions[0], positions[1], positions[2], positions[3], positions[4]]
      default: fatalError("a test subscript of \(positions.count) positions")
      }
    }
    set {
      switch positions.count {
      case 0: self[.rest] = newValue
      case 1: self[positions[0]] = newValue
      case 2: self[positions[0], positions[1]] = newValue
      case 3: self[positions[0], positions[1], positions[2]] = newValue
      case 4: self[positions[0], positions[1], positions[2], positions[3]] = newValue
      case 5:
        self[positions[0], positions[1], positions[2], positions[3], positions[4]] = newValue
      default: fatalError("a test subscript of \(positions.count) positions")
      }
    }
  }
}
