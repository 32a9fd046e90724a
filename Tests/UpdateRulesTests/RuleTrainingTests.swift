import Evolution
import FileFixtures
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Synchronization
import Testing
import Torch

@testable import UpdateRules

@Suite struct RuleTrainingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func recipe(_ change: (inout RuleRecipe) -> Void = { _ in }) throws -> RuleRecipe {
    var recipe = try RecipeReader.load(
      RuleRecipe.self,
      path: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Recipes/UpdateRules/testing.yaml").path)
    change(&recipe)
    return recipe
  }

  private func tasks(_ recipe: RuleRecipe) throws -> [RuleTask] {
    try recipe.tasks.map { try RuleTask(named: $0, options: recipe.data) }
  }

  private func judge(_ recipe: RuleRecipe) throws -> RuleJudge {
    RuleJudge(
      try tasks(recipe).map { JudgedTask(training: $0) }, hidden: recipe.networks[0],
      initialization: recipe.initialization, runs: recipe.evaluation.runs,
      batch: recipe.inner.batch, queryBatches: recipe.evaluation.queryBatches)
  }

  @Test func `gradients find a rule that learns, better than the one they began with`() throws {
    let recipe = try recipe {
      $0.tasks = ["and"]
      $0.networks = [[8]]
      $0.options.outputActivation = .tanh
      $0.inner.batch = 32
      $0.inner.updates = 5
      $0.inner.replicas = 4
      $0.gradient.species = 4
      $0.gradient.objective = MetaObjective(.squaredError)
      $0.gradient.optimizer.learningRate = 2e-2
      $0.initialization.scale = 0.5
      $0.training.steps = 120
      $0.training.evaluationInterval = 1000
      $0.evaluation.runs = 8
    }
    let job = RuleTraining(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    var state = job.initialState()
    let outcome = try job.run(&state)
    #expect(outcome.step == 120)
    // 0.75 is what the majority gives.
    #expect(try #require(outcome.lastEvaluation?.values["accuracy"]) > 0.85)
  }

  @Test func `a stage of the curriculum brings the population together and lengthens runs`() throws
  {
    let recipe = try recipe {
      $0.training.steps = 5
      $0.curriculum.every = 2
      $0.curriculum.by = 3
      $0.curriculum.upTo = 6
    }
    #expect([0, 1, 2, 4, 6].map(recipe.updates(at:)) == [2, 2, 5, 6, 6])
    let job = RuleTraining(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    var state = job.initialState()
    #expect(
      state.model.genome.species(0).parameters.tensors
        != state.model.genome.species(1).parameters.tensors)
    let path = folder.freshPath()
    let run = try RunFolder.create(at: path, recipe: recipe)
    _ = try job.run(&state, folder: run)
    let straight = state
    // Both species have learned from the same data since they were brought together.
    #expect(state.step == 5)
    for (one, other) in zip(
      state.model.genome.species(0).parameters.tensors,
      state.model.genome.species(1).parameters.tensors)
    {
      expectClose(one, other, relative: 1e-5, absolute: 1e-6)
    }
    // Stopped at the end of a stage, before the genomes were brought together, and resumed.
    var broken = job.initialState()
    var asked = 0
    let ending = try job.run(&broken) {
      asked += 1
      return asked > 2
    }
    #expect(ending.ending == .interrupted && broken.step == 2)
    var resumed = job.initialState()
    try resumed.restore(from: try broken.checkpoint())
    _ = try job.run(&resumed)
    #expect(resumed.model.genome.parameters.tensors == straight.model.genome.parameters.tensors)
    let opened = try RuleRun(folder: path)
    #expect(opened.file.states == 2 && opened.file.provenance.outer == "adam")
  }

  @Test func `all genomes of a generation learn from the same data, others from other data`() throws
  {
    let recipe = try recipe()
    let search = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    let genome = search.coordinates.genome(at: search.coordinates.start)
    let first = search.fitness(of: [genome], on: search.data(of: 3))
    #expect(first == search.fitness(of: [genome], on: search.data(of: 3)))
    let inputs = [0, 1].map { search.data(of: $0).episodes[0].episode.inputs }
    #expect(inputs[0] != inputs[1])
  }

  @Test func `genomes judged side by side do as well as each alone; 0 where weights overflow`()
    throws
  {
    let recipe = try recipe { $0.search.episodes = 3 }
    let search = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    var random = RandomSource(seed: 4)
    var genomes = (0..<5).map { _ in
      search.coordinates.genome(at: search.coordinates.start.map { $0 + 0.3 * random.normal() })
    }
    genomes[2].synapse.update.fill(with: 1e30)
    genomes[2].synapse.keep.fill(with: 1e30)
    let data = search.data(of: 0)
    let together = search.fitness(of: genomes, on: data)
    for (genome, value) in zip(genomes, together) {
      // Rounding may decide a question differently, one of 2 x 16 x 3 for each of two tasks.
      expectClose(value, search.fitness(of: [genome], on: data)[0], absolute: 1.5 / 192)
    }
    #expect(together[2] == 0)
    #expect(Set(together).count > 2)
  }

  @Test func `species are judged side by side as each alone`() throws {
    let recipe = try recipe()
    let judge = RuleJudge(
      [JudgedTask(training: RuleTask(.and))], hidden: [8], runs: 3, batch: 32, queryBatches: 2)
    var random = RandomSource(seed: 2)
    let rule = UpdateRule(recipe.makeGenome(species: 3, using: &random), recipe.options)
    let curves = judge.curves(of: rule, on: judge.tasks[0], at: [5, 1])
    #expect(curves.count == 3)
    for (species, curve) in curves.enumerated() {
      let alone = UpdateRule(rule.genome.species(species), recipe.options)
      let expected = judge.curve(of: alone, on: judge.tasks[0], at: [1, 5])
      #expect(curve.updates == [1, 5])
      for (one, other) in zip(curve.accuracy, expected.accuracy) {
        // Rounding may decide one question of 2 x 32 x 3 differently.
        expectClose(one.mean, other.mean, absolute: 1.5 / 192)
      }
    }
    #expect(Set(curves.map(\.accuracy[1].mean)).count > 1)
    // Of two classes, what is wrong is right for the opposite sign.
    let opposite = RuleJudge(
      judge.tasks, hidden: [8], runs: 3, batch: 32, queryBatches: 2, isInverted: true)
    for (one, other) in zip(curves, opposite.curves(of: rule, on: judge.tasks[0], at: [5])) {
      expectClose(one.accuracy[1].mean + other.accuracy[0].mean, 1, absolute: 1e-6)
    }
  }

  @Test func `a search in groups ends where one by one ends`() throws {
    func outcome(together: Int) throws -> [Double] {
      let recipe = try recipe {
        $0.outer = .cma
        $0.training.steps = 2
        $0.search.population = 6
        $0.search.together = together
        $0.training.evaluationInterval = 10
      }
      let job = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
      var state = RuleSearch.Progress(try job.start())
      _ = try job.run(&state)
      return state.search.strategy.mean
    }
    let single = try outcome(together: 1)
    for size in [4, 6] {
      expectClose(try outcome(together: size), single, relative: 1e-6)
    }
  }

  @Test func `an interrupted generation judges nothing again, and ends as an uninterrupted one`()
    throws
  {
    let recipe = try recipe {
      $0.outer = .cma
      $0.training.steps = 3
      $0.search.population = 6
      $0.training.evaluationInterval = 10
    }
    let job = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    var straight = RuleSearch.Progress(try job.start())
    _ = try job.run(&straight)
    let path = folder.freshPath()
    let run = try RunFolder.create(at: path, recipe: recipe)
    var broken = RuleSearch.Progress(try job.start())
    let asked = Mutex(0)
    let ending = try job.run(&broken, folder: run) {
      asked.withLock { count in
        count += 1
        return count > 9
      }
    }
    #expect(ending.ending == .interrupted && ending.step == 1)
    var resumed = try RuleSearch.Progress(contentsOf: run.paths.search)
    // Nine of twelve values are known: the whole first generation and half of the second.
    var pending = resumed.search
    #expect(pending.unfinished().count == 3)
    _ = try job.run(&resumed, folder: run)
    #expect(resumed.search.strategy.mean == straight.search.strategy.mean)
    let opened = try RuleRun(folder: path)
    #expect(opened.file.provenance.outer == "cma" && opened.file.provenance.curve.count == 1)
    try "{}".write(toFile: run.paths.search, atomically: true, encoding: .utf8)
    #expect(throws: RuleError.self) { try RuleSearch.Progress(contentsOf: run.paths.search) }
  }

  @Test func `a population of one is refused, in a recipe and in a search`() throws {
    let error = #expect(throws: RecipeError.self) {
      try RecipeReader.read(
        RuleRecipe.self, yaml: "search: {population: 1}", named: "test")
    }
    #expect(error?.description.contains("search.population") == true)
    let recipe = try recipe { $0.search.population = 1 }
    let job = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    #expect(throws: EvolutionError.self) { try job.start() }
  }

  @Test func `CMA-ES finds a rule for a problem of the plane`() throws {
    let recipe = try recipe {
      $0.tasks = ["and"]
      $0.networks = [[8]]
      $0.options.outputActivation = .tanh
      $0.inner.batch = 32
      $0.inner.updates = 5
      $0.initialization.scale = 0.5
      $0.search.population = 16
      $0.search.queryBatches = 4
      $0.search.episodes = 4
      $0.training.steps = 12
      $0.training.evaluationInterval = 100
      $0.evaluation.runs = 8
    }
    let job = RuleSearch(recipe, tasks: try tasks(recipe), judge: try judge(recipe))
    var state = RuleSearch.Progress(try job.start())
    let outcome = try job.run(&state)
    #expect(try #require(outcome.lastEvaluation?.values["accuracy"]) > 0.85)
  }

  @Test(arguments: [
    "paper", "quick", "testing", "cma-paper", "digits-stable", "plane-cma", "ablation",
  ])
  func `recipes can be read`(_ name: String) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recipes/UpdateRules/\(name).yaml").path
    let recipe = try RecipeReader.load(RuleRecipe.self, path: path)
    #expect(!recipe.tasks.isEmpty)
  }
}
