import Datasets
import Foundation
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Runs of the real training loop at the smallest size.
@Suite struct ContinualTrainingTests {
  static let set = Glyphs(classes: 400, drawers: 8, side: 14, seed: 3).imageSet()
  static let data: FewShotData = {
    var data = FewShotData(set, splitSeed: 1)
    data.validation = set.selecting(classes: Array(300..<330))
    return data
  }()

  static let recipe: ContinualRecipe = {
    var recipe = ContinualRecipe()
    recipe.data.imageSize = 14
    recipe.sequence = SequencePlan(tasks: 2, ways: 3, shots: 1, queriesPerClass: 2)
    recipe.augmentation = .none
    recipe.network.family = .maxPoolThreeLayer
    recipe.network.channels = 4
    recipe.embedding = 8
    recipe.generator = LearningTests.configuration
    recipe.training.sequencesPerStep = 2
    recipe.training.steps = 10
    recipe.training.optimizer = OptimizerRecipe(.adam, learningRate: 1e-3)
    recipe.training.evaluationInterval = 4
    recipe.evaluation.validationSequences = 6
    return recipe
  }()

  @Test(arguments: ContinualMethod.allCases)
  func `a run that is stopped and resumed ends with the same bits, and is opened`(
    _ method: ContinualMethod
  ) throws {
    var recipe = Self.recipe
    recipe.method = method
    recipe.generator.localDropout = 0.1
    recipe.objective.judgedTasks = 1
    let paths = (0..<2).map { _ in temporaryFolder() }
    defer { paths.forEach { try? FileManager.default.removeItem(atPath: $0) } }
    let straight = try sitting(method.learner, recipe, paths[0])
    _ = try sitting(method.learner, recipe, paths[1], interruptAfter: 3)
    let resumed = try sitting(method.learner, recipe, paths[1])
    #expect(resumed.tensors == straight.tensors)
    #expect(resumed.evaluation == straight.evaluation)
    let run = try ContinualRun(folder: paths[1])
    #expect(run.recipe == recipe)
    #expect(run.learner.tensors.names == straight.names)
    #expect(run.fingerprint == (try ContinualRun(folder: paths[0])).fingerprint)
  }

  @Test func `every shipped recipe is read and fits`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recipes/Continual").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count >= 5)
    for name in names {
      _ = try RecipeReader.load(ContinualRecipe.self, path: "\(folder)/\(name)")
    }
  }

  /// Over five seeds, one at a time, see the bounds' margins in the comment beside them.
  @Test func `tasks are learned one after another, and earlier ones are not forgotten`() throws {
    var recipe = Self.recipe
    recipe.network.channels = 8
    recipe.embedding = 16
    recipe.generator.trainedLayers = 3
    recipe.training.sequencesPerStep = 8
    recipe.training.steps = 200
    recipe.training.evaluationInterval = 1000
    let training = try ContinualTraining<WeightGenerator>(recipe, data: [Self.data])
    var state = try training.initialState()
    _ = try Trainer(try training.trainerSettings(), training.task).run(&state)
    let plan = SequencePlan(tasks: 4, ways: 3, shots: 1, queriesPerClass: 3)  // trained with two
    let found = try ContinualEvaluation([Self.data.test], plan: plan, sequences: 64)
      .accuracies(of: state.model)
    #expect(found.taskIncremental.averageAccuracy.mean > 0.6)  // chance is a third
    #expect(found.taskIncremental.forgetting.mean < 0.12)
    #expect(found.classIncremental.averageAccuracy.mean > 0.3)  // chance is a twelfth
    #expect(
      found.classIncremental.averageAccuracy.mean < found.taskIncremental.averageAccuracy.mean)
  }

  private struct Outcome {
    var names: [String]
    var tensors: [Tensor]
    var evaluation: Evaluation?
  }

  private func sitting<Learner: SequenceLearner>(
    _ type: Learner.Type, _ recipe: ContinualRecipe, _ path: String, interruptAfter: Int? = nil
  ) throws -> Outcome {
    let isNew = !FileManager.default.fileExists(atPath: RunPaths(path).recipe)
    let folder =
      isNew
      ? try RunFolder.create(at: path, recipe: recipe)
      : try RunFolder.resume(at: path, recipe: recipe)
    let training = try ContinualTraining<Learner>(recipe, data: [Self.data])
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
    return Outcome(
      names: state.model.tensors.names,
      tensors: state.model.tensors.tensors + state.optimizerState.tensors.tensors,
      evaluation: state.lastEvaluation)
  }

  private func temporaryFolder() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  }
}
