import Datasets
import FileFixtures
import Files
import Foundation
import Testing

/// Readers of the forms in which data sets are published, on files made byte by byte.
@Suite struct PublishedFormTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Records of label bytes and planes whose values tell plane, row and column.
  private func record(_ labels: [UInt8]) -> [UInt8] {
    labels
      + (0..<3072).map { place in
        UInt8(truncatingIfNeeded: place / 1024 * 80 + place % 1024 / 32 + 2 * (place % 32))
      }
  }

  private func expectedPixel(_ row: Int, _ column: Int) -> [UInt8] {
    (0..<3).map { UInt8(truncatingIfNeeded: $0 * 80 + row + 2 * column) }
  }

  @Test func `the planes of CIFAR-10 become pixels, packed and unpacked`() throws {
    var packed: [(name: String, bytes: [UInt8])] = []
    for number in 1...5 {
      let bytes = record([UInt8(number)]) + record([0])
      packed.append(("cifar-10-batches-bin/data_batch_\(number).bin", bytes))
    }
    for (name, bytes) in packed { try folder.write(bytes, to: "plain/\(name)") }
    try folder.write(gzipped(tarred(packed)), to: "packed/cifar-10-binary.tar.gz")
    for place in ["plain", "packed"] {
      let set = try CIFAR.load(from: "\(folder.path)/\(place)")
      #expect(set.count == 10 && set.classNames == Array(CIFAR.classNames[...5]))
      #expect((0..<6).map { set.samples(ofClass: $0).count } == [5, 1, 1, 1, 1, 1])
      let image = set.image(7)
      #expect((0..<3).map { image[5, 9, $0] } == expectedPixel(5, 9))
    }
  }

  @Test func `CIFAR-100 is read by its fine labels and their names`() throws {
    try folder.write(record([3, 99]) + record([7, 0]), to: "train.bin")
    let names = (0..<100).map { "class\($0)" }.joined(separator: "\n") + "\n"
    try folder.write(Data(names.utf8), to: "fine_label_names.txt")
    let set = try CIFAR.load(from: folder.path, kind: .hundred)
    #expect(set.classNames == ["class0", "class99"])
  }

  @Test func `damaged records are refused`() throws {
    try folder.write(Data(record([1]).dropLast()), to: "short/test_batch.bin")
    try folder.write(record([10]), to: "label/test_batch.bin")
    for place in ["short", "label"] {
      let error = #expect(throws: DatasetError.self) {
        try CIFAR.load(from: "\(folder.path)/\(place)", isTest: true)
      }
      #expect(error?.description.contains("fetch the file again") == true)
    }
    #expect(throws: DatasetError.self) { try CIFAR.load(from: folder.path) }
  }

  @Test func `USPS lines become digits`() throws {
    var line = "10"
    for place in 1...256 { line += " \(place):\(place == 2 ? 1 : place == 3 ? 0 : -1)" }
    try folder.write(Data((line + "\n1 1:0.5\n").utf8), to: "usps")
    let set = try USPS.load(from: folder.path)
    #expect(set.classNames == ["0", "9"])
    #expect(Array(set.image(1).pixels[..<4]) == [0, 255, 128, 0])
    #expect(set.image(0).pixels[0] == 191 && set.image(0).pixels[1] == 128)
  }

  @Test(arguments: ["11 1:0", "1 257:0", "1 1:1.5", "1 1", "x", ""])
  func `USPS lines that cannot be are named`(line: String) throws {
    try folder.write(Data(("1 1:0\n" + line + "\n").utf8), to: "usps.t")
    if line.isEmpty {
      #expect(try USPS.load(from: folder.path, isTest: true).count == 1)
    } else {
      let error = #expect(throws: DatasetError.self) {
        try USPS.load(from: folder.path, isTest: true)
      }
      #expect(error?.description.contains("line 2 has") == true)
    }
  }

  // MARK: SVHN

  private func words(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  private func element(_ code: Int, _ bytes: [UInt8]) -> [UInt8] {
    words([code, bytes.count]) + bytes
      + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
  }

  private func matrix(_ name: String, _ shape: [Int], kind: Int, _ bytes: [UInt8]) -> [UInt8] {
    // Names of up to four letters stand in the tag itself.
    let small = words([1 | name.utf8.count << 16]) + Array(name.utf8)
    let padded = small + [UInt8](repeating: 0, count: 8 - small.count)
    return element(
      14, element(6, words([9, 0])) + element(5, words(shape)) + padded + element(kind, bytes))
  }

  private func matFile(_ elements: [UInt8]) -> [UInt8] {
    var head = Array("MATLAB 5.0 MAT-file".utf8)
    head += [UInt8](repeating: 32, count: 124 - head.count)
    return head + [0, 1] + Array("IM".utf8) + elements
  }

  @Test(arguments: [false, true])
  func `SVHN's columns become rows, and its ten is the digit 0`(isCompressed: Bool) throws {
    var values = [UInt8](repeating: 0, count: 2 * 3072)
    for image in 0..<2 {
      for channel in 0..<3 {
        for column in 0..<32 {
          for row in 0..<32 {
            values[((image * 3 + channel) * 32 + column) * 32 + row] = UInt8(
              truncatingIfNeeded: channel * 80 + row + 2 * column)
          }
        }
      }
    }
    let parts = [
      matrix("X", [32, 32, 3, 2], kind: 2, values), matrix("y", [2, 1], kind: 2, [10, 3]),
    ]
    let elements = parts.flatMap { part in
      let packed = zlibStream(part)
      return isCompressed ? words([15, packed.count]) + packed : part
    }
    try folder.write(matFile(elements), to: "train_32x32.mat")
    let set = try SVHN.load(from: folder.path)
    #expect(set.classNames == ["0", "3"])
    let image = set.image(0)
    #expect((0..<3).map { image[4, 30, $0] } == expectedPixel(4, 30))
  }

  @Test func `MATLAB files that are damaged or of another kind are refused`() throws {
    let good = matFile(matrix("y", [2, 1], kind: 2, [1, 2]))
    let broken: [[UInt8]] = [
      [], Array(good.prefix(100)), Array(good.dropLast(3)),
      matFile(matrix("X", [32, 32, 3, 1], kind: 2, [1])), good,
      matFile(words([15, 8]) + [0x78, 0x01, 9, 9, 9, 9, 9, 9]),
    ]
    for (number, bytes) in broken.enumerated() {
      try folder.write(bytes, to: "\(number)/test_32x32.mat")
      #expect(throws: (any Error).self) {
        try SVHN.load(from: "\(folder.path)/\(number)", isTest: true)
      }
    }
    try folder.write(Data("MATLAB 7.3 MAT-file, HDF5".utf8), to: "train_32x32.mat")
    let failure = #expect(throws: FileFailure.self) { try SVHN.load(from: folder.path) }
    #expect(failure?.description.contains("7.3") == true)
  }
}
