import FileFixtures
import Foundation
import Runs
import Testing

@Suite struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // Made by the RecordWriter and the Event messages of TensorBoard 2.21.
  let version =
    "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110"
  let scalars =
    "3800000000000000a3797d570900005040fc54d94110ac022a2a0a150a0e747261696e2f61636375"
    + "72616379150000403f0a110a0a747261696e2f6c6f7373150000003f80a81162"
  let restart =
    "100000000000000095fbfe180900008040fc54d94110c9013a0208019946cd84"

  @Test(
    arguments: [
      // RFC 3720, appendix B.4, and the usual check value of the nine digits.
      ([UInt8](repeating: 0, count: 32), UInt32(0x8A91_36AA)),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E),
      ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
      ([UInt8]("123456789".utf8), 0xE306_9283),
    ] as [([UInt8], UInt32)])
  func `the checksum agrees with the published vectors`(bytes: [UInt8], expected: UInt32) {
    #expect(Checksum.crc32c(bytes) == expected)
  }

  @Test func `the bytes are those that TensorBoard's own writer makes`() {
    #expect(hex(EventRecord.framed(EventRecord.version(wallTime: 1_700_000_000.5))) == version)
    #expect(
      hex(
        EventRecord.framed(
          EventRecord.scalars(
            [("train/accuracy", 0.75), ("train/loss", 0.5)], wallTime: 1_700_000_001.25, step: 300))
      )
        == scalars)
    #expect(
      hex(EventRecord.framed(EventRecord.restart(wallTime: 1_700_000_002, step: 201))) == restart)
  }

  @Test func `a file begins with its version and never replaces another`() throws {
    let first = try EventFile(folder: folder.path, wallTime: 1_700_000_000.5)
    try first.append(
      MetricRecord(step: 300, time: 1, split: "train", values: ["loss": 0.5, "accuracy": 0.75]),
      wallTime: 1_700_000_001.25)
    let second = try EventFile(folder: folder.path, continuingAfter: 200, wallTime: 1_700_000_000.5)
    #expect(first.path != second.path)
    #expect(first.path.hasPrefix(folder.path + "/events.out.tfevents.1700000000."))
    let data = try Data(contentsOf: URL(fileURLWithPath: first.path))
    #expect(hex(Array(data)) == version + scalars)
  }

  func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }
}
