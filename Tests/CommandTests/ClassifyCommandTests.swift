import Formats
import Foundation
import Testing

@Suite struct ClassifyCommandTests {
  private let folder = TemporaryFolder()

  private static let recipe = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Recipes/Vision/testing.yaml").path

  private func training(_ run: String, _ more: String...) -> [String] {
    ["classify", "train", "--recipe", Self.recipe, "--output", run, "--threads", "1"] + more
  }

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  @Test func `train, evaluate and report work one after the other, and a run goes on`() throws {
    let run = folder.path + "/run"
    let trained = try CommandRun(training(run, "--json"))
    #expect(trained.exitCode == 0, "\(trained.messages)")
    #expect(object(trained.output)?["steps"] as? Int == 2)
    let resumed = try CommandRun(training(run, "--steps", "3", "--resume", "--json"))
    #expect(object(resumed.output)?["steps"] as? Int == 3, "\(resumed.messages)")
    let judged = try CommandRun("classify", "evaluate", "--run", run, "--threads", "1", "--json")
    let result = try #require(object(judged.output), "\(judged.messages)")
    #expect(result["images"] as? Int == 40 && result["classes"] as? Int == 10)
    let page = try CommandRun("classify", "report", "--run", run, "--threads", "1")
    #expect(page.exitCode == 0, "\(page.messages)")
    #expect(FileManager.default.fileExists(atPath: run + "/report.html"))
  }

  @Test func `a resumed run has the weights of an uninterrupted one`() throws {
    let (straight, broken) = (folder.path + "/straight", folder.path + "/broken")
    #expect(try CommandRun(training(straight, "--steps", "4")).exitCode == 0)
    #expect(try CommandRun(training(broken, "--steps", "2")).exitCode == 0)
    #expect(try CommandRun(training(broken, "--steps", "4", "--resume")).exitCode == 0)
    func weights(_ run: String) throws -> [String: Data] {
      let file = try SafetensorsFile(path: run + "/checkpoint.safetensors")
      return Dictionary(
        uniqueKeysWithValues: try file.names.map { name in
          (name, try file.withBytes(of: name) { Data($0) })
        })
    }
    let (whole, resumed) = (try weights(straight), try weights(broken))
    #expect(whole == resumed)
  }

  @Test func `damaged pictures are skipped in training, counted, and refused in judging`() throws {
    let pictures = folder.path + "/pictures"
    _ = try CommandRun("data", "export", "new-alphabet:0-1", "--output", pictures)
    let names = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
    try Data("not a picture".utf8).write(
      to: URL(fileURLWithPath: "\(pictures)/\(names[0])/0.png"))
    let run = folder.path + "/run"
    let trained = try CommandRun(
      training(run, "--data", pictures, "--validation", pictures, "--steps", "6", "--json"))
    // Judging at the end meets the damaged picture.
    #expect(trained.exitCode == 65 && trained.messages.contains("0.png"), "\(trained.messages)")
    let good = folder.path + "/good"
    _ = try CommandRun("data", "export", "new-alphabet:0-1", "--output", good)
    let again = try CommandRun(
      training(
        folder.path + "/again", "--data", pictures, "--validation", good, "--steps", "6", "--json"))
    #expect(again.exitCode == 0, "\(again.messages)")
    #expect(object(again.output)?["damagedImages"] as? Int == 1)
    #expect(again.messages.contains("1 damaged image"))
  }

  @Test func `data of other classes and unknown networks are refused by name`() throws {
    let run = folder.path + "/run"
    #expect(try CommandRun(training(run)).exitCode == 0)
    let pictures = folder.path + "/pictures"
    _ = try CommandRun("data", "export", "new-alphabet:0-1", "--output", pictures, "--count", "2")
    let judged = try CommandRun("classify", "evaluate", "--run", run, "--data", pictures)
    #expect(judged.exitCode == 65 && judged.messages.contains("2 classes, expected 10"))
    let unknown = try CommandRun(training(folder.path + "/other", "--network", "resnet21_cifar"))
    #expect(unknown.exitCode != 0 && unknown.messages.contains("resnet21_cifar"))
    let foreign = try CommandRun("classify", "evaluate", "--run", folder.path + "/nowhere")
    #expect(foreign.exitCode == 66)
  }

  @Test func `model latency prints both forms and the layers as one object`() throws {
    let timed = try CommandRun(
      "model", "latency", "mnasnet_small", "--size", "32", "--threads", "1", "--repeats", "2",
      "--layers", "--json")
    let result = try #require(object(timed.output), "\(timed.messages)")
    let fused = try #require(result["fused"] as? [String: Any])
    #expect((fused["median"] as? Double ?? 0) > 0)
    let layers = try #require(result["layers"] as? [[String: Any]])
    #expect(layers.last?["kind"] as? String == "linear")
    let kinds = Set(layers.compactMap { $0["kind"] as? String })
    #expect(kinds.isSuperset(of: ["dense", "pointwise", "depthwise"]))
  }
}
