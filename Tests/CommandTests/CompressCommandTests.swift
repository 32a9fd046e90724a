import Formats
import Foundation
import Testing

@Suite struct CompressCommandTests {
  private let folder = TemporaryFolder()

  private static let recipe = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Recipes/MultiHashing/testing.yaml").path

  private func training(_ run: String, _ more: String...) -> [String] {
    ["compress", "train", "--recipe", Self.recipe, "--output", run, "--threads", "1"] + more
  }

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  @Test func `train, show, evaluate and expand work one after the other, and sizes are honest`()
    throws
  {
    let run = folder.path + "/run"
    let trained = try CommandRun(training(run, "--json"))
    let first = try #require(object(trained.output), "\(trained.messages)")
    #expect(first["steps"] as? Int == 2)
    let bytes = try #require(first["compressedBytes"] as? Int)
    let onDisk = try Data(contentsOf: URL(fileURLWithPath: run + "/compressed.safetensors")).count
    #expect(bytes == onDisk)
    let shown = try CommandRun("compress", "show", run, "--json")
    let preview = try #require(object(shown.output), "\(shown.messages)")
    #expect(preview["learnedNumbers"] as? Int == first["learnedNumbers"] as? Int)
    let judged = try CommandRun(
      "compress", "evaluate", run, "--threads", "1", "--repeats", "1", "--json")
    let result = try #require(object(judged.output), "\(judged.messages)")
    #expect(result["images"] as? Int == 40)
    #expect(result["accuracy"] as? Double == first["bestValidationAccuracy"] as? Double)
    let costs = try #require(result["costs"] as? [String: Any])
    #expect(try #require(costs["largestDifference"] as? Double) < 1e-4)
    let dense = folder.path + "/dense.safetensors"
    let expanded = try CommandRun("compress", "expand", run, "--output", dense, "--json")
    #expect(expanded.exitCode == 0, "\(expanded.messages)")
    let denseSize = try Data(contentsOf: URL(fileURLWithPath: dense)).count
    #expect(result["denseBytes"] as? Int == denseSize)
    let other = try CommandRun(
      "classify", "evaluate", "--weights", dense, "--data", "new-alphabet", "--json")
    #expect(object(other.output)?["images"] as? Int == 200, "\(other.messages)")
    let shape = try CommandRun("model", "show", dense, "--json")
    #expect(object(shape.output)?["name"] as? String == "resnet20_cifar", "\(shape.messages)")
  }

  @Test func `a run that was killed goes on to the same variables`() throws {
    let (straight, broken) = (folder.path + "/straight", folder.path + "/broken")
    let often = ["--set", "training.checkpointInterval=1", "--steps", "12"]
    #expect(try CommandRun(training(straight) + often).exitCode == 0)
    let ended = try CommandRun.interrupted(
      by: SIGKILL, whenLogged: 4, in: broken, training(broken) + often)
    #expect(ended == -SIGKILL)
    let resumed = try CommandRun(training(broken, "--resume") + often)
    #expect(resumed.exitCode == 0, "\(resumed.messages)")
    func weights(_ run: String) throws -> [String: Data] {
      let file = try SafetensorsFile(path: run + "/checkpoint.safetensors")
      return Dictionary(
        uniqueKeysWithValues: try file.names.map { name in
          (name, try file.withBytes(of: name) { Data($0) })
        })
    }
    let (whole, pieced) = (try weights(straight), try weights(broken))
    #expect(whole == pieced)
  }

  @Test func `a sweep compares methods, remarks on rates at an end, and goes on where it stopped`()
    throws
  {
    let out = folder.path + "/sweep"
    func sweep(seeds: Int, _ more: String...) throws -> CommandRun {
      try CommandRun(
        [
          "compress", "sweep", "--recipe", Self.recipe, "--output", out, "--threads", "1",
          "--steps", "1", "--tuning-steps", "1", "--methods", "hashedNets", "narrow",
          "--fractions", "0.25", "0.1", "--rates", "1e-3", "1e-1", "--rate-per-size",
          "--seeds", "\(seeds)", "--json",
        ] + more)
    }
    let first = try sweep(seeds: 1)
    let points = try #require(object(first.output)?["points"] as? [[String: Any]])
    // Two rates and one run for each of two methods at two sizes.
    #expect(points.count == 12, "\(first.messages)")
    #expect(first.messages.contains("that was offered; offer"))
    let table = try String(contentsOfFile: out + "/points.csv", encoding: .utf8)
    #expect(table.split(separator: "\n").count == 13)
    #expect(FileManager.default.fileExists(atPath: out + "/report.html"))
    let second = try sweep(seeds: 2, "--resume")
    let means = try #require(object(second.output)?["means"] as? [[String: Any]])
    #expect(means.count == 4 && means.allSatisfy { $0["seeds"] as? Int == 2 }, "\(second.messages)")
    let longer = try String(contentsOfFile: out + "/points.csv", encoding: .utf8)
    #expect(longer.hasPrefix(table) && longer.split(separator: "\n").count == 17)
  }

  @Test func `recipes are previewed without data`() throws {
    let paper = URL(fileURLWithPath: Self.recipe).deletingLastPathComponent()
      .appendingPathComponent("paper.yaml").path
    let shown = try CommandRun("compress", "show", "--recipe", paper, "--json")
    let preview = try #require(object(shown.output), "\(shown.messages)")
    #expect(preview["learnedNumbers"] as? Int == 119_562)
    let table = try CommandRun("compress", "show", "--network", "efficientnet_b0")
    #expect(table.output.contains("features.0.0.weight") && table.output.contains("kept"))
  }

  @Test func `budgets, files and networks that do not do are refused in one sentence`() throws {
    func refusal(_ arguments: [String], code: Int32) throws -> String {
      let run = try CommandRun(arguments)
      #expect(run.exitCode == code, "\(run.messages)")
      return run.messages
    }
    let small = try refusal(
      training(folder.path + "/a", "--set", "hashing.budget.variables=2000"), code: 65)
    #expect(small.contains("2000 variables") && small.contains("2444"))
    #expect(try refusal(training(folder.path + "/b", "--fraction", "2"), code: 64).contains("2.0"))
    let narrow = try refusal(
      training(
        folder.path + "/c", "--method", "narrow", "--set", "hashing.budget.variables=10"), code: 65)
    #expect(narrow.contains("no narrower form"))
    #expect(
      try refusal(["compress", "evaluate", folder.path + "/nowhere"], code: 66).contains("nowhere"))
    let run = folder.path + "/d"
    #expect(try CommandRun(training(run)).exitCode == 0)
    let foreign = try refusal(
      ["compress", "expand", run + "/best.safetensors", "--output", folder.path + "/x"], code: 65)
    #expect(foreign.contains("not a network written by"))
  }
}
