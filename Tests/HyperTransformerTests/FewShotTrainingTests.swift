import Datasets
import FileFixtures
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Runs of the real training loop at the smallest size.
@Suite struct FewShotTrainingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a run that is stopped and resumed ends with the same bits`() throws {
    let straight = try sitting(folder.freshPath())
    let path = folder.freshPath()
    #expect(try sitting(path, interruptAfter: 3).step == 3)
    #expect(try sitting(path, interruptAfter: 4).step == 7)
    let resumed = try sitting(path)
    #expect(resumed.step == straight.step)
    #expect(resumed.model.tensors.names == straight.model.tensors.names)
    #expect(resumed.model.tensors.tensors == straight.model.tensors.tensors)
    #expect(
      resumed.optimizerState.tensors.tensors == straight.optimizerState.tensors.tensors)
    #expect(resumed.lastEvaluation == straight.lastEvaluation)
    #expect(resumed.bestEvaluation == straight.bestEvaluation)
  }

  @Test func `another seed gives another run`() throws {
    let first = try sitting(folder.freshPath())
    let second = try sitting(folder.freshPath(), seed: 2)
    #expect(first.model.tensors.tensors[0] != second.model.tensors.tensors[0])
  }

  @Test func `pre-training comes first and leaves the transformers alone`() throws {
    var recipe = Self.recipe
    recipe.training.steps = recipe.training.pretrainingSteps
    let training = try FewShotTraining<GeneratorInTraining>(recipe, data: Self.data)
    var state = try training.initialState()
    let before = state.model.tensors
    _ = try Trainer(try training.trainerSettings(), training.task).run(&state)
    for (name, tensor) in zip(before.names, before.tensors) {
      let isTrained = name.hasPrefix("shared.") || name.hasPrefix("realClasses.")
      #expect((state.model.tensors[name] != tensor) == isTrained, "\(name)")
    }
  }

  @Test func `a finished run is opened with the weights of its best evaluation`() throws {
    let path = folder.freshPath()
    let state = try sitting(path)
    let run = try FewShotRun(folder: path)
    #expect(run.recipe == Self.recipe)
    #expect(run.checkpointPath == RunPaths(path).best)
    #expect(run.learner.tensors.names == state.model.generator.tensors.names)
    let judged = try FewShotEvaluation(
      Self.data.validation, plan: run.recipe.evaluationPlan,
      tasks: run.recipe.evaluation.validationTasks
    ).accuracy(of: run.learner)
    #expect(judged.mean == state.bestEvaluation?.values["accuracy"])
  }

  @Test func `every shipped recipe is read and fits`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recipes/HyperTransformer").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 7)
    for name in names {
      let recipe = try RecipeReader.load(FewShotRecipe.self, path: "\(folder)/\(name)")
      let stem = name.split(separator: ".")[0]
      #expect(recipe.method == FewShotMethod(rawValue: String(stem)) ?? .hyperTransformer)
    }
  }

  @Test func `evaluations during training judge the parts that are asked for`() throws {
    var recipe = Self.recipe
    recipe.evaluation.parts = [.training, .test]
    recipe.training.steps = 1
    let training = try FewShotTraining<GeneratorInTraining>(recipe, data: Self.data)
    var state = try training.initialState()
    let outcome = try Trainer(try training.trainerSettings(), training.task).run(&state)
    let values = try #require(outcome.lastEvaluation?.values)
    #expect(
      values.keys.filter { $0.hasSuffix("accuracy") }.sorted() == [
        "accuracy", "test/accuracy", "training/accuracy",
      ])
  }

  @Test func `training, validation and test classes have nothing in common`() {
    let data = FewShotData(Self.set, splitSeed: 1)
    let names = [data.training, data.validation, data.test].map(\.classNames)
    #expect(Set(names.joined()).count == Self.set.classCount)
    #expect(names.map(\.count).reduce(0, +) == Self.set.classCount)
  }

  static let set = Glyphs(classes: 60, drawers: 6, side: 14, seed: 3).imageSet()
  /// More validation classes than the usual split of so few would have.
  static let data: FewShotData = {
    var data = FewShotData(set, splitSeed: 1)
    data.validation = set.selecting(classes: Array(40..<50))
    return data
  }()

  /// Everything that draws random numbers or depends on the step: augmentation, removal, all
  /// dropouts, pre-training, warm-up, momentum.
  static let recipe: FewShotRecipe = {
    var recipe = LearningTests.recipe
    recipe.episode = EpisodePlan(ways: 3, shots: 1, unlabelledPerClass: 1, queriesPerClass: 2)
    recipe.augmentation = .omniglot
    recipe.network.channels = 4
    recipe.generator.warmUpHeads = .generated
    recipe.generator.sharedDropout = 0.1
    recipe.generator.localDropout = 0.1
    recipe.generator.headDropout = 0.1
    recipe.generator.transformer.dropout = 0.1
    recipe.objective.warmUpSteps = 6
    recipe.training.episodesPerStep = 2
    recipe.training.pretrainingSteps = 2
    recipe.training.labelledRemoval = 0.3
    recipe.training.unlabelledRemoval = 0.5
    recipe.training.steps = 10
    recipe.training.evaluationInterval = 4
    recipe.evaluation.validationTasks = 6
    recipe.evaluation.queriesPerClass = 2
    return recipe
  }()

  private func sitting(
    _ path: String, seed: UInt64 = 1, interruptAfter: Int? = nil
  ) throws -> TrainingState<GeneratorInTraining> {
    var recipe = Self.recipe
    recipe.seed = seed
    let isNew = !FileManager.default.fileExists(atPath: RunPaths(path).recipe)
    let folder =
      isNew
      ? try RunFolder.create(at: path, recipe: recipe)
      : try RunFolder.resume(at: path, recipe: recipe)
    let training = try FewShotTraining<GeneratorInTraining>(recipe, data: Self.data)
    var state = try training.initialState()
    if folder.hasCheckpoint {
      try state.restore(from: Checkpoint(path: folder.paths.checkpoint))
    }
    var asked = 0
    let outcome = try Trainer(try training.trainerSettings(), training.task)
      .run(&state, folder: folder) {
        asked += 1
        return interruptAfter.map { asked > $0 } ?? false
      }
    #expect(outcome.ending == (interruptAfter == nil ? .finished : .interrupted))
    return state
  }
}
