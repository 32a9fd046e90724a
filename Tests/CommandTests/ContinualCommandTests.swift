import Foundation
import Formats
import Testing

@Suite struct ContinualCommandTests {
  private let folder = TemporaryFolder()

  private static let recipe = URL(fileURLWithPath: testingRecipe)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Continual/testing.yaml").path

  private func training(_ run: String, steps: Int, _ more: String...) -> [String] {
    [
      "continual", "train", "--recipe", Self.recipe, "--output", run, "--steps", "\(steps)",
      "--threads", "1", "--set", "training.checkpointInterval=7", "--set",
      "training.evaluationInterval=10",
    ] + more
  }

  /// A run after two steps.
  private func trained(_ more: String...) throws -> String {
    let run = folder.path + "/run-\(UUID().uuidString)"
    let ended = try CommandRun(training(run, steps: 2) + more)
    #expect(ended.exitCode == 0, "\(ended.messages)")
    return run
  }

  /// Pictures of some glyphs, one folder per class.
  private func pictures(_ classes: String, _ name: String, side: Int = 14) throws -> String {
    let path = folder.path + "/" + name
    let exported = try CommandRun(
      "data", "export", "new-alphabet:\(classes)", "--count", "2", "--side", "\(side)", "--output",
      path)
    #expect(exported.exitCode == 0, "\(exported.messages)")
    return path
  }

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  @Test func `train, evaluate, learn and classify work one after the other`() throws {
    let run = try trained()
    let judged = try CommandRun(
      "continual", "evaluate", "--run", run, "--sequences", "4", "--tasks", "3", "--threads", "1",
      "--json")
    let accuracies = try #require(
      object(judged.output)?["accuracies"] as? [String: Any], "\(judged.messages)")
    let matrix = try #require(accuracies["classIncremental"] as? [String: Any])
    #expect((matrix["rows"] as? [[Any]])?.map(\.count) == [1, 2, 3])
    let state = folder.path + "/state.safetensors"
    let first = try pictures("0-2", "first")
    let second = try pictures("3-4", "second")
    for (support, task) in [(first, "letters"), (second, "signs")] {
      let learned = try CommandRun(
        "continual", "learn", "--model", run, "--state", state, "--support", support, "--task",
        task, "--threads", "1", "--json")
      #expect(learned.exitCode == 0, "\(learned.messages)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: second).sorted()
    let image = "\(second)/\(names[0])/0.png"
    let found = try CommandRun("continual", "classify", "--state", state, image, "--json")
    let any = try #require(
      (object(found.output)?["predictions"] as? [[String: Any]])?.first, "\(found.messages)")
    let choices = try #require(any["probabilities"] as? [[String: Any]])
    #expect(
      choices.compactMap { $0["task"] as? String } == [
        "letters", "letters", "letters", "signs", "signs",
      ])
    let sum = choices.compactMap { $0["probability"] as? Double }.reduce(0, +)
    #expect(abs(sum - 1) < 1e-5)
    let asked = try CommandRun(
      "continual", "classify", "--state", state, "--task", "signs", image, image, "--json",
      "--statistics", "batch")
    let own = try #require(object(asked.output)?["predictions"] as? [[String: Any]])
    #expect(own.count == 2 && own.allSatisfy { $0["task"] as? String == "signs" })
    #expect((own[0]["probabilities"] as? [[String: Any]])?.count == 2)
  }

  @Test func `a report has the accuracy matrices`() throws {
    let run = try trained()
    let reported = try CommandRun(
      "continual", "report", "--run", run, "--sequences", "4", "--threads", "1")
    #expect(reported.exitCode == 0, "\(reported.messages)")
    let page = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
    #expect(page.contains("after task") && page.contains("Forgetting"))
  }

  @Test(arguments: [
    ["--method", "prototypical"], ["--method", "merged"], ["--carry", "plain"],
    ["--set", "sequence.scenario=miniBatch", "--set", "head=classes"],
    ["--set", "sequence.scenario=taskIncremental", "--data", "glyphs", "glyphs:0-299"],
  ])
  func `every kind of learner is trained and judged`(_ options: [String]) throws {
    let run = folder.path + "/run"
    let ended = try CommandRun(training(run, steps: 2) + options)
    #expect(ended.exitCode == 0, "\(ended.messages)")
    let judged = try CommandRun(
      "continual", "evaluate", "--run", run, "--sequences", "4", "--threads", "1")
    #expect(judged.exitCode == 0, "\(judged.messages)")
    #expect(judged.output.contains("average accuracy"))
  }

  @Test(arguments: ["without-carry", "pixel-neighbor", "network-per-task", "fine-tuning"])
  func `rivals are judged on the same sequences`(_ rule: String) throws {
    let run = try trained()
    let judged = try CommandRun(
      "continual", "evaluate", "--run", run, "--sequences", "4", "--threads", "1", "--rule", rule,
      "--fine-tuning-steps", "1", "--json")
    #expect(object(judged.output)?["rule"] as? String == rule, "\(judged.messages)")
  }

  @Test func `a state carried to another process goes on with the same bits`() throws {
    let run = try trained()
    let tasks = [try pictures("0-2", "a"), try pictures("3-5", "b"), try pictures("6-8", "c")]
    let straight = folder.path + "/straight.safetensors"
    let moved = folder.path + "/moved.safetensors"
    for (number, support) in tasks.enumerated() {
      for state in [straight, moved] {
        let learned = try CommandRun(
          "continual", "learn", "--model", run, "--state", state, "--support", support,
          "--threads", "1")
        #expect(learned.exitCode == 0, "\(learned.messages)")
      }
      // Another folder, with a copy of the run, as on another machine.
      if number == 0 {
        let other = folder.path + "/elsewhere"
        try FileManager.default.copyItem(atPath: moved, toPath: other)
        try FileManager.default.removeItem(atPath: moved)
        try FileManager.default.moveItem(atPath: other, toPath: moved)
      }
    }
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: straight))
        == Data(contentsOf: URL(fileURLWithPath: moved)))
  }

  @Test(arguments: [3, 17])
  func `a run killed by force and resumed has the weights of an uninterrupted one`(
    _ step: Int
  ) throws {
    let straight = folder.path + "/straight"
    let broken = folder.path + "/broken"
    #expect(try CommandRun(training(straight, steps: 30)).exitCode == 0)
    let ending = try CommandRun.interrupted(
      by: SIGKILL, whenLogged: step, in: broken, training(broken, steps: 30))
    #expect(ending == -SIGKILL)
    let resumed = try CommandRun(training(broken, steps: 30, "--resume"))
    #expect(resumed.exitCode == 0, "\(resumed.messages)")
    let files = try [straight, broken].map {
      try SafetensorsFile(path: $0 + "/checkpoint.safetensors")
    }
    #expect(files[0].names == files[1].names)
    for name in files[0].names {
      let bytes = try files.map { file in try file.withBytes(of: name) { Data($0) } }
      #expect(bytes[0] == bytes[1], "\(name) differs")
    }
  }

  @Test func `mistakes get one sentence, a code, and leave the state as it was`() throws {
    let run = try trained()
    let stranger = try trained("--seed", "2")
    let first = try pictures("0-2", "first")
    let second = try pictures("3-5", "second")
    let many = try pictures("0-4", "many")
    let large = try pictures("0-2", "large", side: 40)
    let letter = try FileManager.default.contentsOfDirectory(atPath: large).sorted()[0]
    let picture = "\(large)/\(letter)/0.png"
    let state = folder.path + "/state.safetensors"
    func learn(_ model: String, _ support: String, _ more: String...) -> [String] {
      [
        "continual", "learn", "--model", model, "--state", state, "--support", support,
        "--threads", "1",
      ] + more
    }
    #expect(
      try CommandRun(learn(run, first, "--task", "one", "--maximum", "5")).exitCode == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: state))
    try FileManager.default.createDirectory(
      atPath: folder.path + "/hollow/nothing", withIntermediateDirectories: true)
    let classifier = folder.path + "/other.safetensors"
    try Data("not a state".utf8).write(to: URL(fileURLWithPath: classifier))
    let refusals: [(code: Int32, part: String, arguments: [String])] = [
      (65, "begun by another learner", learn(stranger, second)),
      (65, "6 prototypes, at most 5 are allowed", learn(run, second)),
      (65, "called \"one\" already", learn(run, second, "--task", "one")),
      (65, "5 classes, this learner tells 3 apart", learn(run, many)),
      (65, "large: 40 x 40 with 1 channel, those of this state are", learn(run, large)),
      (65, "0.png: 40 x 40", ["continual", "classify", "--state", state, picture]),
      (65, "nothing", learn(run, folder.path + "/hollow")),
      (66, "nowhere", learn(run, folder.path + "/nowhere")),
      (64, "--maximum is for a new state", learn(run, second, "--maximum", "9")),
      (
        65, "knows no task \"two\"",
        ["continual", "classify", "--state", state, "--task", "two", "x.png"]
      ),
      (65, "other.safetensors", ["continual", "classify", "--state", classifier, "x.png"]),
      (66, "gone", ["continual", "classify", "--state", folder.path + "/gone", "x.png"]),
      (66, "gone.png", ["continual", "classify", "--state", state, "gone.png"]),
      (
        64, "--method merged",
        ["continual", "evaluate", "--run", run, "--rule", "merged", "--sequences", "2"]
      ),
      (
        65, "need 300 classes",
        ["continual", "evaluate", "--run", run, "--tasks", "100", "--sequences", "2"]
      ),
      (64, "head", training(folder.path + "/x", steps: 1, "--set", "head=classes")),
    ]
    for (code, part, arguments) in refusals {
      let ended = try CommandRun(arguments)
      #expect(ended.exitCode == code, "\(arguments): \(ended.messages)")
      #expect(ended.messages.contains(part), "\(ended.messages)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: state)) == before)
    let resized = try CommandRun("continual", "classify", "--state", state, "--resize", picture)
    #expect(resized.exitCode == 0, "\(resized.messages)")
  }
}
