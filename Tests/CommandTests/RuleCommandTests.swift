import Foundation
import Testing

@Suite struct RuleCommandTests {
  private let folder = TemporaryFolder()

  private let recipe = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Recipes/UpdateRules/testing.yaml").path

  private func training(_ output: String, _ more: String...) -> [String] {
    ["rule", "train", "--recipe", recipe, "--output", output, "--threads", "1"] + more
  }

  private func object(_ run: CommandRun) throws -> [String: Any] {
    let parsed = try? JSONSerialization.jsonObject(with: Data(run.output.utf8))
    return try #require(parsed as? [String: Any], "\(run.output) \(run.messages)")
  }

  @Test(arguments: ["adam", "cma"])
  func `train, evaluate, show, apply and report work one after the other`(_ outer: String) throws {
    let run = folder.path + "/" + outer
    let trained = try CommandRun(training(run, "--outer", outer, "--json"))
    #expect(trained.exitCode == 0, "\(trained.messages)")
    let genome = try #require(try object(trained)["genome"] as? String)
    let judged = try CommandRun(
      "rule", "evaluate", "--rule", genome, "--data", "xor", "--data", "blobs", "--updates", "1,3",
      "--hidden", "5,4", "--runs", "2", "--threads", "1", "--json")
    let curves = try #require(try object(judged)["curves"] as? [[String: Any]])
    #expect(curves.count == 2 && curves[0]["updates"] as? [Int] == [1, 3])
    let compared = try CommandRun(
      "rule", "evaluate", "--rule", run, "--every-genome", "--updates", "3,1", "--runs", "2",
      "--threads", "1", "--json")
    let genomes = try #require(try object(compared)["genomes"] as? [[String: Any]])
    // The recipe trains two side by side, two problems are judged, each after two lengths.
    #expect(genomes.count == (outer == "adam" ? 2 : 1))
    #expect((genomes[0]["accuracy"] as? [[Double]])?.map(\.count) == [2, 2])
    #expect(try object(compared)["updates"] as? [Int] == [1, 3])
    let shown = try CommandRun(
      "rule", "show", "--rule", run, "--steps", "3", "--randomize-from", "2", "--report",
      folder.path + "/show.html", "--json")
    #expect(try object(shown)["isGradient"] as? Bool == false)
    let applied = try CommandRun(
      "rule", "apply", "--rule", genome, "--data", "and", "--updates", "3", "--runs", "1",
      "--report", folder.path + "/apply.html", "--threads", "1", "--json")
    let rows = try #require(try object(applied)["curves"] as? [[String: Any]])
    #expect(
      rows.compactMap { $0["name"] as? String } == [
        "rule", "SGD, best rate for each column", "momentum 0.9, best rate for each column",
        "Adam, best rate for each column",
      ])
    let reported = try CommandRun("rule", "report", "--run", run, "--updates", "2", "--json")
    #expect(try object(reported)["page"] as? String == run + "/report.html")
    for page in [folder.path + "/show.html", folder.path + "/apply.html", run + "/report.html"] {
      let text = try String(contentsOfFile: page, encoding: .utf8)
      #expect(text.contains("<svg") && text.contains("</html>"))
    }
  }

  @Test func `a terminated search exits with 75 and goes on to the same genome`() throws {
    let straight = folder.path + "/straight"
    let stopped = folder.path + "/stopped"
    let more = ["--outer", "cma", "--steps", "60", "--set", "training.evaluationInterval=60"]
    #expect(try CommandRun(training(straight) + more).exitCode == 0)
    let ending = try CommandRun.interrupted(
      by: SIGTERM, whenLogged: 5, in: stopped, training(stopped) + more)
    #expect(ending == 75)
    let resumed = try CommandRun(
      "rule", "train", "--output", stopped, "--resume", "--threads", "1")
    #expect(resumed.exitCode == 0, "\(resumed.messages)")
    func numbers(_ run: String) throws -> Substring {
      let text = try String(contentsOfFile: run + "/genome.yaml", encoding: .utf8)
      return text[try #require(text.range(of: "numbers:")).lowerBound...]
        .prefix { $0 != "p" }
    }
    #expect(try numbers(straight) == numbers(stopped))
  }

  private func expectRefusal(_ code: Int32, saying parts: [String], _ arguments: [String]) throws {
    let run = try CommandRun(arguments)
    #expect(run.exitCode == code, "\(run.messages)")
    #expect(run.messages.split(separator: "\n").count { $0.hasPrefix("error: ") } == 1)
    for part in parts { #expect(run.messages.contains(part), "\(run.messages)") }
  }

  @Test func `bad input costs one sentence and the right code`() throws {
    try expectRefusal(
      65, saying: ["search.population", "at least 2"],
      training(folder.path + "/a", "--outer", "cma", "--set", "search.population=1"))
    try expectRefusal(66, saying: ["nowhere"], training(folder.path + "/b", "--data", "nowhere"))
    try expectRefusal(
      66, saying: ["none.yaml"], ["rule", "show", "--rule", folder.path + "/none.yaml"])
    let trained = try CommandRun(training(folder.path + "/run"))
    #expect(trained.exitCode == 0, "\(trained.messages)")
    let text = try String(contentsOfFile: folder.path + "/run/genome.yaml", encoding: .utf8)
    let misspelt = folder.path + "/misspelt.yaml"
    try text.replacingOccurrences(of: "states: 2", with: "states: 2\nstats: 3")
      .write(toFile: misspelt, atomically: true, encoding: .utf8)
    try expectRefusal(
      65, saying: ["stats", "did you mean"],
      ["rule", "apply", "--rule", misspelt, "--data", "xor"])
    let wrong = folder.path + "/wrong.yaml"
    try text.replacingOccurrences(of: "states: 2", with: "states: 3")
      .write(toFile: wrong, atomically: true, encoding: .utf8)
    try expectRefusal(
      65, saying: ["numbers", "states is 3"],
      ["rule", "evaluate", "--rule", wrong, "--data", "xor"])
    try expectRefusal(
      64, saying: ["--every-genome", "folder of a training run"],
      [
        "rule", "evaluate", "--rule", folder.path + "/run/genome.yaml", "--data", "xor",
        "--every-genome",
      ])
    try expectRefusal(
      64, saying: ["--hidden"],
      [
        "rule", "evaluate", "--rule", folder.path + "/run", "--data", "xor", "--hidden", "a,b",
      ])
    try expectRefusal(
      64, saying: ["search.population"],
      training(folder.path + "/run", "--resume", "--set", "search.population=9"))
  }
}
