import Files
import Formats
import Foundation

/// Reads any bytes as the pickle of a `torch.save` file; what is accepted must keep the reader's
/// promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTensorPickle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let found = try? TensorPickle.tensors(in: input, path: "input") else { return 0 }
  for (name, tensor) in found {
    require(name.utf8.count <= 1 << 10, "a name is longer than promised")
    require(tensor.shape.count <= 64 && tensor.strides.count <= 64, "a tensor has too many axes")
    for size in [0, 1, 7, 1 << 20, Int.max] where tensor.fits(elementCount: size) {
      checkPlaces(of: tensor, size)
    }
  }
  return 0
}

/// Every element of a tensor that fits lies in the storage, computed without overflow.
private func checkPlaces(of tensor: PickledTensor, _ size: Int) {
  require(tensor.shape.count == tensor.strides.count, "extents and strides differ in number")
  require((tensor.shape + tensor.strides + [tensor.offset]).allSatisfy { $0 >= 0 }, "negative")
  if tensor.shape.contains(0) { return }
  let last = zip(tensor.shape, tensor.strides).reduce(Double(tensor.offset)) {
    $0 + Double($1.0 - 1) * Double($1.1)
  }
  require(last <= Double(size), "an element lies outside of the storage")
  let elements = tensor.shape.reduce(1.0) { $0 * Double($1) }
  require(elements <= Double(1 << 40), "a tensor claims more elements than promised")
}

private func require(_ condition: Bool, _ flaw: String) {
  guard condition else { fatalError(flaw) }
}
