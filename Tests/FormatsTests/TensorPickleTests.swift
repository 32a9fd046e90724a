import Files
import Foundation
import Testing

@testable import Formats

/// Pickles written opcode by opcode. What `torch.save` itself writes is read in `PyTorchArchiveTests`.
@Suite struct TensorPickleTests {
  @Test func `a tensor is found under its key`() throws {
    let found = try read(
      "}" + text("w") + tensor(shape: "K\u{2}K\u{3}\u{86}", strides: "K\u{3}K\u{1}\u{86}") + "s.")
    #expect(found.map(\.name) == ["w"])
    #expect(
      found[0].tensor
        == PickledTensor(
          storage: "0", elementType: .float32, offset: 0, shape: [2, 3], strides: [3, 1]))
  }

  @Test func `a million lists in one another are refused and let go of`() {
    let count = 1_000_000
    expectRefusal(
      String(repeating: "]", count: count) + String(repeating: "a", count: count - 1) + ".",
      saying: "too deep")
    expectRefusal("N" + String(repeating: "\u{85}", count: count) + ".", saying: "too deep")
  }

  @Test func `a list that holds itself is refused`() {
    expectRefusal("]q\u{0}h\u{0}a.", saying: "too deep")
  }

  @Test func `lists that double at every level are refused`() {
    // Sixty levels of two references to the level below: 2^60 values.
    let level = { (index: Int) in
      "]q\(Character(UnicodeScalar(UInt8(index))))"
        + "(h\(Character(UnicodeScalar(UInt8(index - 1))))h"
        + "\(Character(UnicodeScalar(UInt8(index - 1))))e"
    }
    expectRefusal("]q\u{0}" + (1...60).map(level).joined() + ".", saying: "too many")
  }

  @Test func `the same arguments used over and over cost no memory each`() {
    // A tuple of 100,000 elements and 20,000 objects made of it would be gigabytes as copies.
    let arguments = "(" + String(repeating: "N", count: 100_000) + "tq\u{0}0cm\nf\nq\u{1}0("
    expectRefusal(
      arguments + String(repeating: "h\u{1}h\u{0}RNb", count: 20_000) + "l.", saying: "too many")
  }

  @Test func `names that grow beyond reason are refused`() {
    let key = String(repeating: "k", count: 200)
    let tail = (0..<10).map { _ in "}" + text(key) }.joined()
    expectRefusal(
      tail + tensor(shape: ")", strides: ")") + String(repeating: "s", count: 10) + ".",
      saying: "too long")
  }

  @Test func `shapes that no storage can hold do not fit`() {
    func fits(_ shape: [Int], _ strides: [Int], offset: Int = 0, in count: Int) -> Bool {
      PickledTensor(
        storage: "0", elementType: .uint8, offset: offset, shape: shape, strides: strides
      ).fits(elementCount: count)
    }
    #expect(fits([2, 3], [3, 1], in: 6))
    #expect(!fits([2, 3], [3, 1], in: 5))
    #expect(!fits([2, 3], [3, 1], offset: 1, in: 6))
    #expect(fits([4, 2], [0, 1], in: 2))  // one row, repeated
    #expect(!fits([1 << 40, 1 << 40], [0, 0], in: 1))
    #expect(!fits([1 << 62, 4], [1, 1], in: .max))
    #expect(!fits([2], [-1], offset: 1, in: 2))
    #expect(!fits([2], [1, 1], in: 9))
    #expect(fits([0, 5], [5, 1], in: 0))
    #expect(!fits([0], [1], offset: 1, in: 0))
    #expect(!fits([], [], offset: -1, in: 1))
    #expect(fits([], [], in: 1))
  }

  @Test(arguments: ["", "N", "t.", "h\u{0}.", "K", "X\u{ff}\u{ff}", "a.", "NQ.", "NNR.", "Z."])
  func `damage is told in one sentence`(_ pickle: String) {
    expectRefusal(pickle, saying: "its pickle")
  }

  private func read(_ pickle: String) throws(FileFailure) -> [(
    name: String, tensor: PickledTensor
  )] {
    // Every character stands for one byte.
    let bytes = Data(pickle.unicodeScalars.map { UInt8($0.value) })
    return try TensorPickle.tensors(in: bytes, path: "file.pt")
  }

  private func expectRefusal(_ pickle: String, saying words: String) {
    let failure = #expect(throws: FileFailure.self) { try read(pickle) }
    #expect(failure?.kind == .malformed)
    #expect(failure?.reason.contains(words) == true, "\(failure?.reason ?? "")")
    #expect((failure?.reason.count ?? 0) < 200)
  }

  private func text(_ text: String) -> String {
    "X" + String(UnicodeScalar(UInt8(text.utf8.count))) + "\u{0}\u{0}\u{0}" + text
  }

  private func tensor(shape: String, strides: String) -> String {
    "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n"
      + text("0") + text("cpu") + "K\u{6}tQK\u{0}" + shape + strides + "\u{89}NtR"
  }
}
