import Foundation
import Testing

/// Each mistake gets one sentence on standard error, the right exit code, and costs nothing on disk.
@Suite struct BadInputTests {
  private let folder = TemporaryFolder()

  private func expectRefusal(
    _ code: Int32, saying parts: [String], _ arguments: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try CommandRun(arguments)
    #expect(run.exitCode == code, "\(run.messages)", sourceLocation: sourceLocation)
    let lines = run.messages.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(lines.count == 1, "\(run.messages)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(run.messages.contains(part), "\(run.messages)", sourceLocation: sourceLocation)
    }
  }

  private func write(_ text: String, to name: String) throws -> String {
    let path = folder.path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func trained() throws -> String {
    let run = folder.path + "/run"
    let ended = try CommandRun(training(run, steps: 1))
    #expect(ended.exitCode == 0, "\(ended.messages)")
    return run
  }

  @Test func `a misspelt recipe key names the nearest known one`() throws {
    let recipe = try write("training:\n  episodesPerStp: 2\n", to: "r.yaml")
    try expectRefusal(
      65, saying: ["episodesPerStp", "line 2", "episodesPerStep"],
      ["few-shot", "train", "--recipe", recipe, "--output", folder.path + "/o"])
  }

  @Test func `a recipe value of the wrong type is named with its line`() throws {
    let recipe = try write("network:\n  channels: many\n", to: "r.yaml")
    try expectRefusal(
      65, saying: ["network.channels", "many"],
      ["few-shot", "train", "--recipe", recipe, "--output", folder.path + "/o"])
  }

  @Test func `a missing recipe, data set or run is missing input`() throws {
    try expectRefusal(
      66, saying: ["nowhere.yaml"],
      ["few-shot", "train", "--recipe", "nowhere.yaml", "--output", folder.path + "/o"])
    try expectRefusal(
      66, saying: ["nowhere", "omniglot"],
      training(folder.path + "/p", steps: 1, "--data", "nowhere"))
    try expectRefusal(
      66, saying: [folder.path + "/none"], ["few-shot", "evaluate", "--run", folder.path + "/none"])
  }

  @Test func `more ways than classes says how many there are`() throws {
    try expectRefusal(
      65, saying: ["5000 ways", "classes"],
      training(folder.path + "/o", steps: 1, "--set", "episode.ways=5000"))
  }

  @Test func `an image folder with an empty or a one-image class cannot be trained on`() throws {
    let pictures = folder.path + "/pictures"
    _ = try CommandRun("data", "export", "new-alphabet:0-5", "--output", pictures, "--count", "4")
    let classes = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
    for number in 1...3 {
      try FileManager.default.removeItem(atPath: "\(pictures)/\(classes[2])/\(number).png")
    }
    try expectRefusal(
      65, saying: ["data set", "image"],
      training(
        folder.path + "/o", steps: 1, "--data", pictures, "--set", "episode.ways=2"))
    try FileManager.default.removeItem(atPath: "\(pictures)/\(classes[2])/0.png")
    try expectRefusal(
      65, saying: [classes[2]], training(folder.path + "/p", steps: 1, "--data", pictures))
  }

  @Test func `a file that is no picture is named`() throws {
    let model = try trained()
    let text = try write("not a picture", to: "support/a/0.png")
    _ = try write("not a picture", to: "support/b/0.png")
    try expectRefusal(
      65, saying: [text],
      [
        "few-shot", "generate", "--run", model, "--support", folder.path + "/support", "--output",
        folder.path + "/cnn.safetensors",
      ])
  }

  @Test func `more classes than the generator tells apart`() throws {
    let run = try trained()
    let pictures = folder.path + "/pictures"
    _ = try CommandRun("data", "export", "new-alphabet:0-4", "--output", pictures, "--count", "1")
    try expectRefusal(
      65, saying: ["5 classes", "3"],
      [
        "few-shot", "generate", "--run", run, "--support", pictures, "--output",
        folder.path + "/cnn.safetensors",
      ])
  }

  @Test func `a checkpoint of another architecture lists what does not fit`() throws {
    let run = try trained()
    try expectRefusal(
      65, saying: ["layers.0.weightEmbedding", "expected"],
      ["few-shot", "evaluate", "--run", run, "--set", "network.channels=4"])
  }

  @Test func `a truncated checkpoint is refused and left as it is`() throws {
    let run = try trained()
    let path = run + "/checkpoint.safetensors"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
    try expectRefusal(65, saying: ["checkpoint.safetensors"], training(run, steps: 2, "--resume"))
    let after = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(after.count == bytes.count / 2)
  }

  @Test func `a used folder is not written over, and another recipe does not resume`() throws {
    let run = try trained()
    try expectRefusal(64, saying: [run, "--resume"], training(run, steps: 1))
    try expectRefusal(
      64, saying: ["network.channels"],
      training(run, steps: 2, "--resume", "--set", "network.channels=4"))
  }

  @Test func `a folder nobody may write to is named`() throws {
    try expectRefusal(70, saying: ["/proc/swiftlet"], training("/proc/swiftlet", steps: 1))
  }

  @Test func `a training run is not a classifier`() throws {
    let run = try trained()
    let pictures = folder.path + "/pictures"
    _ = try CommandRun("data", "export", "new-alphabet:0-1", "--output", pictures, "--count", "1")
    let names = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
    try expectRefusal(
      65, saying: ["generate"],
      [
        "few-shot", "classify", "--model", run + "/checkpoint.safetensors",
        "\(pictures)/\(names[0])/0.png",
      ])
  }
}
