import SwiftletTestSupport
import Testing
import Torch

@Suite struct ArraysTests {
  private func returns<Element: TensorElement & Equatable>(_ elements: [Element]) -> Bool {
    let tensor = Tensor(elements)
    return tensor.elementType == Element.elementType && tensor.toArray() == elements
      && tensor.count * tensor.elementType.size == elements.count * MemoryLayout<Element>.stride
  }

  @Test func `arrays of every element type come back as they went in`() {
    #expect(returns([0, 255] as [UInt8]))
    #expect(returns([-128, 127] as [Int8]))
    #expect(returns([-32768, 32767] as [Int16]))
    #expect(returns([.min, .max] as [Int32]))
    #expect(returns([.min, .max] as [Int64]))
    #expect(returns([.min, .max] as [Int]))
    #expect(returns([-1.5, 65504] as [Float16]))
    #expect(returns([.pi, -.infinity] as [Float]))
    #expect(returns([.pi, .leastNonzeroMagnitude] as [Double]))
    #expect(returns([true, false]))
    #expect(returns([] as [Float]))
  }

  @Test func `elements are in row-major order whatever the layout`() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]] as [[Float]])
    #expect(x.toArray() == [1, 2, 3, 4, 5, 6] as [Float])
    #expect(x.transposed().toArray() == [1, 4, 2, 5, 3, 6] as [Float])
    #expect(x[.all, .stride(by: 2)].toArray() == [1, 3, 4, 6] as [Float])
    #expect(Tensor([[[1], [2]], [[3], [4]]] as [[[Double]]]).shape == [2, 2, 1])
  }

  @Test func `reading does not copy what lies in row-major order`() {
    let x = Tensor([1, 2, 3, 4] as [Float])
    let address = x.withBytes { UInt(bitPattern: $0.baseAddress) }
    #expect(address == x.address)
    let tail = x[1...].withBytes { UInt(bitPattern: $0.baseAddress) }
    #expect(tail == address + 4)
    let sparse = x[.stride(by: 2)]
    #expect(sparse.withBytes { UInt(bitPattern: $0.baseAddress) } != sparse.address)
  }

  @Test func `elements are written straight into the tensor`() {
    let squares = Tensor(shape: [2, 2], of: Int32.self) { buffer in
      for index in 0..<4 { buffer.initializeElement(at: index, to: Int32(index * index)) }
    }
    #expect(squares.toInts() == [0, 1, 4, 9] && squares.shape == [2, 2])
  }

  @Test func `half precision keeps eleven bits and brain floats eight`() {
    let x = Tensor([1 + 0x1p-10, 1 + 0x1p-7, 1 + 0x1p-8 + 0x1p-9] as [Double])
    #expect(x.cast(to: .float16).toDoubles() == [1 + 0x1p-10, 1 + 0x1p-7, 1 + 0x1p-8 + 0x1p-9])
    #expect(x.cast(to: .bfloat16).toDoubles() == [1, 1 + 0x1p-7, 1 + 0x1p-7])
    let bits = x.cast(to: .bfloat16).withBytes { Array($0.assumingMemoryBound(to: UInt16.self)) }
    #expect(bits == [0x3F80, 0x3F81, 0x3F81])
    #expect(Tensor(1e5, .float16).scalar() == .infinity)
    #expect(Tensor(1e5, .bfloat16).scalar() == 99840)
  }

  @Test(arguments: ElementType.allCases) func `casting a small number keeps it`(type: ElementType) {
    let cast = Tensor([0, 1] as [Float]).cast(to: type)
    #expect(cast.elementType == type)
    #expect((type.isComplex ? cast.realPart() : cast).toDoubles() == [0, 1])
  }

  @Test func `a number comes out of a tensor with one element`() {
    #expect(Tensor([[7]] as [[Double]]).scalar() == 7)
    #expect(Tensor([true]).scalar() == 1)
  }
}
