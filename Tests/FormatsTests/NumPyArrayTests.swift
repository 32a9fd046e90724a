import Files
import Formats
import Foundation
import Testing

@Suite struct NumPyArrayTests {
  private func file(_ header: String, _ values: [UInt8], version: UInt8 = 1) -> Data {
    let length = header.utf8.count
    let count: [UInt8] =
      version == 1
      ? [UInt8(length & 255), UInt8(length >> 8)]
      : [UInt8(length & 255), UInt8(length >> 8), 0, 0]
    return Data([0x93] + Array("NUMPY".utf8) + [version, 0] + count + Array(header.utf8) + values)
  }

  private func failure(of data: Data) -> String {
    do {
      _ = try NumPyArray(parsing: data, path: "a.npy")
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [UInt8(1), 2])
  func `an array is read as NumPy writes it`(version: UInt8) throws {
    let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }     \n"
    let array = try NumPyArray(
      parsing: file(header, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0, 1], version: version), path: "a.npy")
    #expect(array.elementType == .int16)
    #expect(array.shape == [2, 3])
    #expect(!array.isColumnMajor)
    #expect(array.bytes.last == 1)
  }

  @Test func `scalars and vectors are read`() throws {
    let scalar = "{'descr': '|u1', 'fortran_order': True, 'shape': ()}"
    #expect(try NumPyArray(parsing: file(scalar, [7]), path: "a").shape == [])
    let vector = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"
    #expect(try NumPyArray(parsing: file(vector, [7, 8, 9]), path: "a").shape == [3])
  }

  @Test(arguments: [
    ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "elements of type"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "elements of type"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "cut short"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "something follows"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "neither True nor False"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "natural numbers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999)}", "larger"),
    ("{'descr': '<f4', 'fortran_order': False}", "lacks"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "repeated"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "unknown"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "closing brace"),
    ("", "expected"), ("{", "expected"), ("{'", "expected"), ("{'shape': (", "natural"),
  ])
  func `what is not such an array is refused with the reason`(header: String, reason: String) {
    let message = failure(of: file(header, [0, 0, 0, 0]))
    #expect(message.contains(reason), "\(message)")
    #expect(message.contains("a.npy"))
  }

  @Test func `damaged beginnings are refused`() {
    #expect(failure(of: Data()).contains("does not begin"))
    #expect(failure(of: Data("PK something else".utf8)).contains("does not begin"))
    let whole = file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", [1])
    for length in 0..<whole.count {
      #expect(failure(of: whole.prefix(length)) != "none", "\(length)")
    }
    #expect(failure(of: file("{}", [], version: 9)).contains("version 9"))
    // A slice of a larger buffer does not begin at index 0.
    let shifted = (Data([1, 2, 3]) + whole).dropFirst(3)
    #expect(failure(of: shifted) == "none")
  }

  @Test func `random damage is read or refused, never a crash`() {
    let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }     \n"
    let whole = file(header, [UInt8](repeating: 1, count: 12))
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var refused = 0
    for _ in 0..<5000 {
      var damaged = whole
      for _ in 0...next(3) { damaged[next(damaged.count)] = UInt8(next(256)) }
      if next(4) == 0 { damaged = damaged.prefix(next(damaged.count)) }
      refused += failure(of: damaged) == "none" ? 0 : 1
    }
    #expect(refused > 3000)
  }
}
