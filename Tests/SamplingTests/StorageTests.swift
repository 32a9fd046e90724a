import Files
import Foundation
import Randomness
import Testing

@testable import Sampling

@Suite struct StorageTests {
  private let model = Differentiated(declaredSchools)

  private func sample(_ metric: MetricKind = .diagonal) throws -> Draws {
    try HamiltonianSampler(configuration: .init(warmup: 100, draws: 30, metric: metric))
      .sample(model, chains: 2, seed: 4)
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "sampling-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test(arguments: MetricKind.allCases)
  func `draws written as CSV are read back bit for bit`(_ metric: MetricKind) throws {
    let draws = try sample(metric)
    try inFolder { folder in
      let paths = try draws.writeCSV(to: "\(folder)/schools")
      #expect(
        paths.map { ($0 as NSString).lastPathComponent } == ["schools_1.csv", "schools_2.csv"])
      let again = try Draws(csv: paths)
      #expect(again == draws)
    }
  }

  @Test func `infinities and fixed trajectories survive the CSV too`() throws {
    var draws = try HamiltonianSampler(
      configuration: .init(warmup: 50, draws: 5, trajectory: .fixed(time: 1.5))
    ).sample(model, chains: 1, seed: 4)
    draws.values[0][2][0] = -.infinity
    draws.statistics[0][1].energy = .infinity
    try inFolder { folder in
      let again = try Draws(csv: draws.writeCSV(to: "\(folder)/x"))
      #expect(again == draws)
    }
  }

  @Test func `damaged CSV is refused with file, line and reason`() throws {
    let draws = try sample()
    try inFolder { folder in
      let path = try draws.writeCSV(to: "\(folder)/x")[0]
      let text = String(decoding: try readFile(at: path), as: UTF8.self)
      let lines = text.split(separator: "\n").map(String.init)
      func refusal(_ lines: [String]) throws -> String {
        try writeDurably(lines.joined(separator: "\n"), to: path)
        do {
          _ = try Draws(csv: [path])
          return "accepted"
        } catch { return "\(error)" }
      }
      #expect(try refusal(lines.dropLast()).contains("promise 30; the file was cut short"))
      let last = lines.count
      var words = lines
      words[last - 1] = words[last - 1].replacing("0.", with: "o.", maxReplacements: 1)
      let message = try refusal(words)
      #expect(message.hasPrefix("\(path): line \(last): \"") && message.contains("not a number"))
      var short = lines
      short[last - 1] = String(short[last - 1].prefix(60).drop { $0 != "," })
      #expect(try refusal(short).contains("columns are named"))
      #expect(try refusal(lines.filter { $0.hasPrefix("#") }).contains("no line of column names"))
      let renamed = lines.map { $0.replacing("z.3,", with: "z.4,") }
      #expect(try refusal(renamed).contains("incomplete or out of order"))
      let delta = lines.map { $0.replacing("delta = 0.8", with: "delta = 8") }
      #expect(try refusal(delta).contains("delta as 8"))
      #expect(try refusal([]).contains("no line of column names"))
    }
  }

  @Test func `the Zarr folder has the published layout`() throws {
    let draws = try sample()
    var data = InferenceData(
      draws, dimensionNames: ["theta": ["school"]],
      coordinates: ["school": ["A", "B", "C", "D", "E", "F", "G", "Höhe"]])
    data.addObserved(Variable("y", shape: [8]), declaredSchools.effects)
    try inFolder { folder in
      let path = "\(folder)/draws.zarr"
      try data.write(to: path)
      let header = try JSONSerialization.jsonObject(
        with: readFile(at: "\(path)/posterior/theta/.zarray"))
      let theta = try #require(header as? [String: Any])
      #expect(theta["shape"] as? [Int] == [2, 30, 8] && theta["dtype"] as? String == "<f8")
      let bytes = try readFile(at: "\(path)/posterior/theta/0.0.0")
      let first = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      #expect(Double(bitPattern: first) == draws.values[0][0][10])
      #expect(bytes.count == 2 * 30 * 8 * 8)
      #expect(try readFile(at: "\(path)/sample_stats/diverging/0.0").count == 60)
      #expect(try readFile(at: "\(path)/observed_data/y/0").count == 64)
      // Eight labels of four characters in UTF-32.
      #expect(try readFile(at: "\(path)/posterior/school/0").count == 8 * 4 * 4)
      // Writing again replaces the folder and leaves nothing beside it.
      try data.write(to: path)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["draws.zarr"])
    }
  }

  @Test func `a place that cannot be written is named`() throws {
    let data = InferenceData(try sample())
    #expect(throws: FileFailure.self) { try data.write(to: "/proc/none/draws.zarr") }
  }
}
