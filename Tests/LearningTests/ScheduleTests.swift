import Learning
import Runs
import SwiftletTestSupport
import Testing

private struct Settings: Recipe {
  static let name = "settings"
  var optimizer = OptimizerRecipe()
  var activation = Activation.relu
}

@Suite struct ScheduleTests {
  private let hundred = ScheduleHorizon(steps: 100)

  private func factors(_ schedule: Schedule, _ steps: [Int]) -> [Double] {
    steps.map { schedule.factor(step: $0, horizon: hundred) }
  }

  @Test func `the continuous and the staircase decay agree at whole intervals`() {
    var schedule = Schedule(.exponential)
    expectClose(
      [50_000, 100_000, 4_000_000].map { schedule.factor(step: $0, horizon: hundred) },
      [0.9746794344808963, 0.95, 0.12851215656510312], relative: 1e-12)
    schedule.kind = .staircase
    expectClose(
      [99_999, 100_000, 199_999].map { schedule.factor(step: $0, horizon: hundred) },
      [1, 0.95, 0.95], relative: 1e-12)
  }

  @Test func `cosine and line go from one to their end`() {
    expectClose(
      factors(Schedule(.cosine), [0, 25, 50, 75, 100, 200]),
      [1, 0.8535533905932737, 0.5, 0.14644660940672624, 0, 0], absolute: 1e-12)
    var line = Schedule(.linear)
    line.end = 0.2
    expectClose(factors(line, [0, 50, 100]), [1, 0.6, 0.2], relative: 1e-12)
  }

  @Test func `a warm-up rises to one and the rest counts from its end`() {
    let schedule = Schedule(.cosine, warmup: 20)
    expectClose(factors(schedule, [0, 9, 19, 20, 60, 100]), [0.05, 0.5, 1, 1, 0.5, 0])
  }

  @Test func `steps are taken at fractions of the run`() {
    var schedule = Schedule(.step)
    schedule.rate = 0.1
    expectClose(factors(schedule, [0, 49, 50, 74, 75, 99]), [1, 1, 0.1, 0.1, 0.01, 0.01])
  }

  @Test func `with a time limit the clock decides`() {
    let horizon = ScheduleHorizon(steps: 1000, seconds: 60)
    let schedule = Schedule(.linear)
    expectClose(schedule.factor(step: 10, seconds: 45, horizon: horizon), 0.25)
    expectClose(schedule.factor(step: 900, seconds: 45, horizon: horizon), 0.1)
    expectClose(schedule.factor(step: 7, seconds: 5, horizon: ScheduleHorizon()), 1)
  }

  @Test func `a recipe states only what differs`() throws {
    let text = """
      activation: leakyRelu(0.1)
      optimizer:
        kind: adamw
        learningRate: 1e-3
        clipNorm: 1
        schedule: {kind: cosine, warmup: 100}
      """
    let recipe = try RecipeReader.read(Settings.self, yaml: text, named: "test.yaml")
    #expect(recipe.activation == .leakyRelu(slope: 0.1))
    #expect(recipe.optimizer.kind == .adamw && recipe.optimizer.learningRate == 1e-3)
    #expect(recipe.optimizer.clipNorm == 1 && recipe.optimizer.averageDecay == nil)
    #expect(recipe.optimizer.schedule.warmup == 100 && recipe.optimizer.beta2 == 0.999)
    let again = try RecipeReader.read(
      Settings.self, yaml: RecipeWriter.text(of: recipe), named: "again.yaml")
    #expect(again == recipe)
  }

  @Test(arguments: [
    "optimizer.momentum=1", "optimizer.kind=lion", "optimizer.schedule.interval=0",
    "optimizer.clipNorm=0", "optimizer.nesterov=true", "activation=swish",
    "optimizer.learningrate=1",
  ])
  func `values that make no sense are refused`(override: String) {
    let error = #expect(throws: RecipeError.self) {
      try RecipeReader.read(Settings.self, yaml: "", named: "test.yaml", overrides: [override])
    }
    let key = override.prefix { $0 != "=" }.split(separator: ".").last ?? "?"
    #expect(error?.description.contains(key) == true)
  }
}
