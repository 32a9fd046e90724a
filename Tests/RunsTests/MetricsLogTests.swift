import FileFixtures
import Files
import Foundation
import Runs
import Testing

@Suite struct MetricsLogTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/metrics.jsonl"
    try writeDurably("", to: path)
  }

  func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func `a record is one line of JSON`() throws {
    let log = try MetricsLog(path: path)
    try log.append(
      MetricRecord(step: 3, time: 1.23456, split: "train", values: ["loss": 0.5, "b": 1e-30]))
    try log.append(
      MetricRecord(
        step: 4, time: 2, split: "a \"b\"", values: ["x": .nan, "y": .infinity, "z": -.infinity]))
    try log.sync()
    #expect(
      try text() == """
        {"step":3,"time":1.235,"split":"train","b":1e-30,"loss":0.5}
        {"step":4,"time":2.0,"split":"a \\"b\\"","x":"nan","y":"inf","z":"-inf"}

        """)
    for line in try text().split(separator: "\n") {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
  }

  @Test func `records read back equal`() throws {
    let records = [
      MetricRecord(step: 1, time: 0.5, split: "train", values: ["loss": 1.0 / 3]),
      MetricRecord(step: 1, time: 0.5, split: "test", values: ["a": .infinity, "b": -0.1]),
    ]
    let log = try MetricsLog(path: path)
    for record in records { try log.append(record) }
    #expect(try MetricsLog.records(at: path) == records)
    try log.append(MetricRecord(step: 2, time: 1, split: "train", values: ["loss": .nan]))
    #expect(try MetricsLog.records(at: path).last?.values["loss"]?.isNaN == true)
  }

  @Test func `a resume drops what came after the checkpoint and a torn line`() throws {
    let kept = """
      {"step":1,"time":1.0,"split":"train","loss":3.0}
      {"step":2,"time":2.0,"split":"train","loss":2.0}
      {"step":2,"time":2.0,"split":"test","loss":2.5}

      """
    try writeDurably(
      kept + "{\"step\":3,\"time\":3.0,\"split\":\"train\",\"loss\":1.0}\n{\"step\":4,\"ti",
      to: path)
    #expect(try MetricsLog.records(at: path).map(\.step) == [1, 2, 2, 3])
    let log = try MetricsLog(path: path, continuingAfter: 2)
    #expect(try text() == kept)
    try log.append(MetricRecord(step: 3, time: 4, split: "train", values: [:]))
    #expect(try text() == kept + "{\"step\":3,\"time\":4.0,\"split\":\"train\"}\n")
  }

  @Test(arguments: ["garbage", "{\"step\":1.5,\"time\":1,\"split\":\"a\"}", "[1]", "\u{0}\u{0}"])
  func `damage before the end is named with its line`(line: String) throws {
    try writeDurably("{\"step\":1,\"time\":1,\"split\":\"a\"}\n\(line)\n", to: path)
    let error = #expect(throws: FileFailure.self) {
      try MetricsLog(path: path, continuingAfter: 9)
    }
    #expect(
      error?.description == "\(path): line 2 is not a record of metrics; remove it to go on")
  }

  @Test func `a missing log is named`() {
    let missing = #expect(throws: FileFailure.self) { try MetricsLog.records(at: path + "x") }
    #expect(missing?.kind == .missing)
  }

  @Test func `a full disk says how to go on`() {
    let full = #expect(throws: FileFailure.self) {
      try AppendOnlyFile(path: "/dev/full")?.append([1])
    }
    #expect(full?.reason.contains("--resume") == true)
  }
}
