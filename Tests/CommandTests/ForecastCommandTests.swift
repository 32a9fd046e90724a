import Foundation
import Testing

@Suite struct ForecastCommandTests {
  private let folder = TemporaryFolder()

  private static let recipe = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Recipes/Epidemics/testing.yaml").path

  private func fit(_ name: String, _ more: String...) -> [String] {
    ["forecast", "fit", "--recipe", Self.recipe, "--output", "\(folder.path)/\(name)"] + more
  }

  private func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  @Test func `simulate, check, fit, predict, score, plot and report work one after the other`()
    throws
  {
    let data = "\(folder.path)/data"
    let simulated = try CommandRun(
      "forecast", "simulate", "--recipe", Self.recipe, "--output", data, "--json")
    let through = try #require(object(simulated.output)?["through"] as? String)
    let checked = try CommandRun(
      "forecast", "check", "--data", data, "--set", "data.through=\(through)", "--json")
    #expect((object(checked.output)?["places"] as? [Any])?.count == 2, "\(checked.messages)")
    let fitted = try CommandRun(
      fit("run", "--data", data, "--set", "data.through=\(through)", "--json"))
    #expect(fitted.exitCode == 0, "\(fitted.messages)")
    #expect(fitted.messages.contains("chain 2") && fitted.messages.contains("divergent"))
    // Forty draws cannot pass for a good fit.
    #expect(object(fitted.output)?["isTrustworthy"] as? Bool == false)
    let run = "\(folder.path)/run"
    for name in ["recipe.yaml", "chain-1.json", "chain-2.json", "draws.zarr", "metrics.jsonl"] {
      #expect(FileManager.default.fileExists(atPath: "\(run)/\(name)"), "\(name)")
    }
    let predicted = try CommandRun(
      "forecast", "predict", "--run", run, "--scenario", "return", "--against", "hold", "--hub",
      "\(folder.path)/hub.csv", "--json")
    #expect((object(predicted.output)?["weeks"] as? [Any])?.count == 4, "\(predicted.messages)")
    #expect(predicted.output.contains("associations, not causes"))
    let prior = try CommandRun("forecast", "predict", "--run", run, "--prior", "--json")
    #expect(prior.exitCode == 0, "\(prior.messages)")
    let scored = try CommandRun("forecast", "score", "--recipe", Self.recipe, "--json")
    #expect((object(scored.output)?["scores"] as? [Any])?.count == 12, "\(scored.messages)")
    let plotted = try CommandRun(
      "forecast", "plot", "--run", run, "--show", "lag", "--output", "\(folder.path)/lag.svg")
    #expect(plotted.exitCode == 0 || plotted.messages.contains("gnuplot"), "\(plotted.messages)")
    let reported = try CommandRun("forecast", "report", "--run", run, "--json")
    #expect(reported.exitCode == 0, "\(reported.messages)")
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(page.contains("This fit is not good") && page.contains("associations, not causes"))
    #expect(page.contains("peak has passed") && page.contains("people isolated"))
  }

  @Test func `an approximation is fitted, predicted and reported as what it is`() throws {
    let fitted = try CommandRun(fit("laplace", "--method", "laplace", "--json"))
    let result = try #require(object(fitted.output), "\(fitted.messages)")
    #expect(result["method"] as? String == "laplace" && result["kHat"] is Double)
    #expect((result["verdict"] as? String)?.contains("not of the posterior") == true)
    let run = "\(folder.path)/laplace"
    let predicted = try CommandRun("forecast", "predict", "--run", run, "--json")
    let weeks = try #require(object(predicted.output)?["weeks"] as? [[String: Any]])
    #expect(weeks.count == 4 && weeks[0]["isolated"] is [Double], "\(predicted.messages)")
    #expect((object(predicted.output)?["peaks"] as? [Any])?.count == 2)
    let reported = try CommandRun("forecast", "report", "--run", run, "--json")
    #expect(reported.exitCode == 0, "\(reported.messages)")
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(page.contains("not of the posterior"))
    let resumed = try CommandRun(fit("laplace", "--method", "laplace", "--resume"))
    #expect(resumed.exitCode == 64 && resumed.messages.contains("approximation"))
  }

  @Test(arguments: [10, 50])
  func `a fit killed by force and resumed has the draws of an uninterrupted one`(
    _ iteration: Int
  ) throws {
    #expect(try CommandRun(fit("straight")).exitCode == 0)
    let ending = try CommandRun.interrupted(
      by: SIGKILL, whenLogged: iteration, in: "\(folder.path)/broken", fit("broken"))
    #expect(ending == -SIGKILL)
    let resumed = try CommandRun(fit("broken", "--resume"))
    #expect(resumed.exitCode == 0, "\(resumed.messages)")
    #expect(resumed.messages.contains("going on"))
    for chain in 1...2 {
      let left = try Data(
        contentsOf: URL(fileURLWithPath: "\(folder.path)/straight/chain-\(chain).json"))
      let right = try Data(
        contentsOf: URL(fileURLWithPath: "\(folder.path)/broken/chain-\(chain).json"))
      #expect(
        object(String(decoding: left, as: UTF8.self))?["values"] as? String
          == object(String(decoding: right, as: UTF8.self))?["values"] as? String)
    }
  }

  @Test func `mistakes get one sentence and the right exit code`() throws {
    func expectRefusal(_ code: Int32, _ parts: [String], _ arguments: [String]) throws {
      let run = try CommandRun(arguments)
      #expect(run.exitCode == code, "\(run.messages)")
      let lines = run.messages.split(separator: "\n").filter { $0.hasPrefix("error: ") }
      #expect(lines.count == 1, "\(run.messages)")
      for part in parts { #expect(run.messages.contains(part), "\(run.messages)") }
    }
    let data = "\(folder.path)/data"
    _ = try CommandRun("forecast", "simulate", "--recipe", Self.recipe, "--output", data)
    let population = "\(data)/population.csv"
    let text = try String(contentsOfFile: population, encoding: .utf8)
    try text.replacingOccurrences(of: "Brenna,", with: "Brenna,-").write(
      toFile: population, atomically: true, encoding: .utf8)
    try expectRefusal(
      65, ["population.csv", "line 3", "Brenna"], ["forecast", "check", "--data", data])
    try expectRefusal(
      66, ["deaths.csv"], ["forecast", "check", "--data", "\(folder.path)/nowhere"])
    try expectRefusal(
      64, ["model.latend", "latent"],
      ["forecast", "fit", "--output", "\(folder.path)/x", "--set", "model.latend=none"])
    try expectRefusal(
      66, ["nothing"], ["forecast", "report", "--run", "\(folder.path)/nothing"])
    try expectRefusal(
      64, ["2020-13-01"], ["forecast", "score", "--origins", "2020-13-01"])
  }
}
