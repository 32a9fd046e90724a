import Foundation
import Formats
import Testing

@Suite struct FewShotCommandTests {
  private let folder = TemporaryFolder()

  @Test func `train, evaluate, generate and classify work one after the other`() throws {
    let run = folder.path + "/run"
    let trained = try CommandRun(training(run, steps: 2, "--json"))
    #expect(trained.exitCode == 0, "\(trained.messages)")
    let result = try #require(object(trained.output))
    #expect(result["steps"] as? Int == 2)
    for file in ["recipe.yaml", "metrics.jsonl", "checkpoint.safetensors"] {
      #expect(FileManager.default.fileExists(atPath: run + "/" + file))
    }
    let judged = try CommandRun(
      "few-shot", "evaluate", "--run", run, "--tasks", "4", "--threads", "1", "--json")
    #expect((object(judged.output)?["tasks"] as? Int) == 4, "\(judged.messages)")
    let pictures = folder.path + "/pictures"
    let exported = try CommandRun(
      "data", "export", "new-alphabet:0-2", "--count", "2", "--output", pictures)
    #expect(exported.exitCode == 0, "\(exported.messages)")
    let model = folder.path + "/cnn.safetensors"
    let written = try CommandRun(
      "few-shot", "generate", "--run", run, "--support", pictures, "--output", model, "--json")
    #expect((object(written.output)?["classes"] as? [String])?.count == 3, "\(written.messages)")
    #expect(!written.messages.contains("negatives"))
    let names = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
    let classified = try CommandRun(
      "few-shot", "classify", "--model", model, "\(pictures)/\(names[0])/0.png", "--json")
    let predictions = object(classified.output)?["predictions"] as? [[String: Any]]
    let probabilities = try #require(predictions?[0]["probabilities"] as? [String: Double])
    #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
    #expect(probabilities.keys.sorted() == names)
  }

  @Test func `several parts are judged, and a report keeps how weights were written`() throws {
    let run = folder.path + "/run"
    #expect(try CommandRun(training(run, steps: 2)).exitCode == 0)
    let judged = try CommandRun(
      "few-shot", "evaluate", "--run", run, "--tasks", "4", "--threads", "1", "--json", "--part",
      "training", "validation", "test")
    let parts = object(judged.output)?["parts"] as? [[String: Any]]
    #expect(
      parts?.compactMap { $0["part"] as? String } == ["training", "validation", "test"],
      "\(judged.messages)")
    let dump = folder.path + "/dump.safetensors"
    let reported = try CommandRun(
      "few-shot", "report", "--run", run, "--tasks", "4", "--threads", "1", "--dump", dump)
    #expect(reported.exitCode == 0, "\(reported.messages)")
    let file = try SafetensorsFile(path: dump)
    #expect(file["layers.0.kernel"]?.shape == [16, 2, 1, 3, 3])
    #expect(file["logits.attention.0"]?.shape == [16, 2, 6, 6])
    let page = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
    #expect(page.contains("How the weights are written"))
  }

  @Test(arguments: ["prototypical", "maml"])
  func `rivals are trained, judged and written to a file by the same commands`(
    _ method: String
  ) throws {
    let run = folder.path + "/run"
    let trained = try CommandRun(training(run, steps: 2, "--method", method))
    #expect(trained.exitCode == 0, "\(trained.messages)")
    let judged = try CommandRun(
      "few-shot", "evaluate", "--run", run, "--tasks", "4", "--threads", "1", "--json")
    #expect(object(judged.output)?["method"] as? String == method, "\(judged.messages)")
    let pictures = folder.path + "/pictures"
    let exported = try CommandRun(
      "data", "export", "new-alphabet:0-2", "--count", "2", "--output", pictures)
    #expect(exported.exitCode == 0, "\(exported.messages)")
    let model = folder.path + "/cnn.safetensors"
    let written = try CommandRun(
      "few-shot", "generate", "--run", run, "--support", pictures, "--output", model, "--json")
    #expect((object(written.output)?["classes"] as? [String])?.count == 3, "\(written.messages)")
    let reported = try CommandRun(
      "few-shot", "report", "--run", run, "--tasks", "4", "--threads", "1")
    #expect(reported.exitCode == 0, "\(reported.messages)")
  }

  @Test(arguments: [3, 17, 26])
  func `a run killed by force and resumed has the weights of an uninterrupted one`(
    _ step: Int
  ) throws {
    let straight = folder.path + "/straight"
    let broken = folder.path + "/broken"
    #expect(try CommandRun(training(straight, steps: 40)).exitCode == 0)
    let ending = try CommandRun.interrupted(
      by: SIGKILL, whenLogged: step, in: broken, training(broken, steps: 40))
    #expect(ending == -SIGKILL)
    let resumed = try CommandRun(training(broken, steps: 40, "--resume"))
    #expect(resumed.exitCode == 0, "\(resumed.messages)")
    try expectSameTensors(straight, broken)
  }

  @Test func `a terminated run writes a checkpoint, exits with 75 and goes on`() throws {
    let straight = folder.path + "/straight"
    let stopped = folder.path + "/stopped"
    #expect(try CommandRun(training(straight, steps: 30)).exitCode == 0)
    let ending = try CommandRun.interrupted(
      by: SIGTERM, whenLogged: 5, in: stopped, training(stopped, steps: 30))
    #expect(ending == 75)
    #expect(try CommandRun(training(stopped, steps: 30, "--resume")).exitCode == 0)
    try expectSameTensors(straight, stopped)
  }

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  private func expectSameTensors(_ left: String, _ right: String) throws {
    let first = try SafetensorsFile(path: left + "/checkpoint.safetensors")
    let second = try SafetensorsFile(path: right + "/checkpoint.safetensors")
    #expect(first.names == second.names)
    for name in first.names {
      let bytes = try first.withBytes(of: name) { Data($0) }
      let others = try second.withBytes(of: name) { Data($0) }
      #expect(bytes == others, "\(name) differs")
    }
  }
}
