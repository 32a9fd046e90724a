import Files
import Foundation
import Formats
import Testing
import Torch

@Suite final class SafetensorsFilesTests {
  private let path = NSTemporaryDirectory() + "tensors-\(UUID().uuidString).safetensors"

  deinit { unlink(path) }

  @Test func `tensors of every element type come back as they were`() throws {
    let types = ElementType.allCases.filter { $0 != .complex128 }
    let start = Tensor([[0, 1, 2], [3, 4, 5]] as [[Float]])
    let tensors = types.map { (name: "\($0)", tensor: start.cast(to: $0)) }
    try saveSafetensors(tensors, metadata: ["step": "7"], to: path)
    let (found, metadata) = try loadSafetensors(path)
    #expect(metadata == ["step": "7"])
    #expect(Set(found.map(\.name)) == Set(tensors.map(\.name)))
    for (name, tensor) in tensors {
      #expect(found.first { $0.name == name }?.tensor == tensor, "\(name)")
    }
  }

  @Test func `views, scalars and empty tensors are written as they read`() throws {
    let x = Tensor([[0, 1, 2], [3, 4, 5]] as [[Double]])
    let tensors = [
      ("column", x[.all, 1]), ("transposed", x.transposed()), ("scalar", Tensor(3, .float64)),
      ("empty", Tensor(zeros: [0, 3], .float64)),
      ("wide", Tensor(1, .float64).broadcast(to: [2, 2])),
    ]
    try saveSafetensors(tensors.map { (name: $0.0, tensor: $0.1) }, to: path)
    let found = try loadSafetensors(path).tensors
    for (name, tensor) in tensors { #expect(found.first { $0.name == name }?.tensor == tensor) }
  }

  @Test func `what cannot be stored or read is named`() throws {
    let complex = Tensor(zeros: [1], .complex128)
    #expect { try saveSafetensors([(name: "z", tensor: complex)], to: self.path) } throws: {
      "\($0)".contains("tensor \"z\" has elements of type complex128")
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    try SafetensorsWriter.write(
      [SafetensorsTensor(name: "u", elementType: .uint16, shape: [1], bytes: [1, 0])], to: path)
    #expect { try loadSafetensors(self.path) } throws: {
      "\($0)".contains("tensor \"u\" has elements of type U16")
    }
  }
}
