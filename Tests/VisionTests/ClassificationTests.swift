import Datasets
import Learning
import Randomness
import Runs
import SwiftletTestSupport
import Testing
import Torch
import Vision

/// Training of image classifiers as a library.
@Suite struct ClassificationTests {
  /// Two classes that one look tells apart: dark and bright squares.
  private func squares(_ count: Int) -> ImageSet {
    let pixels = (0..<2 * count).flatMap { index -> [UInt8] in
      let shade = index % 40
      return [UInt8](repeating: UInt8(index < count ? shade : 255 - shade), count: 64)
    }
    return ImageSet(
      name: "squares", height: 8, width: 8, channels: 1, classNames: ["dark", "bright"],
      counts: [count, count], pixels: pixels)
  }

  private func recipe() -> ClassificationRecipe {
    var recipe = ClassificationRecipe()
    recipe.data.side = 8
    recipe.data.scaling = .symmetric
    recipe.data.workers = 0
    recipe.augmentation.padding = 1
    recipe.training.batchSize = 8
    recipe.training.steps = 12
    recipe.training.optimizer = OptimizerRecipe(.sgd, learningRate: 0.05)
    return recipe
  }

  @Test func `what can be learned is learned`() throws {
    let recipe = recipe()
    let data = ClassificationData(squares(24), heldBackShare: 0.25, seed: 1)
    #expect(data.trainingSamples.count == 36 && data.validationSamples.count == 12)
    #expect(Set(data.trainingSamples).isDisjoint(with: data.validationSamples))
    var random = RandomSource(seed: 1)
    let network = ResNet(.cifar(depth: 8), classCount: 2, using: &random)
    let job = try ClassificationTraining(recipe, network: network, data: data)
    var state = job.initialState()
    let outcome = try Trainer(job.trainerSettings(), job.task).run(&state)
    #expect(outcome.lastEvaluation?.values["accuracy"] == 1)
  }

  @Test func `mixing, smoothing and bfloat16 leave the parameters float32 and the loss finite`()
    throws
  {
    var recipe = recipe()
    recipe.augmentation.mixup = 0.3
    recipe.augmentation.cutmix = 1
    recipe.augmentation.labelSmoothing = 0.1
    recipe.training.precision = .bfloat16
    recipe.training.steps = 3
    let data = ClassificationData(squares(16), heldBackShare: 0.25, seed: 1)
    var random = RandomSource(seed: 1)
    let network = ResNet(.cifar(depth: 8), classCount: 2, using: &random)
    let job = try ClassificationTraining(recipe, network: network, data: data)
    var state = job.initialState()
    let outcome = try Trainer(job.trainerSettings(), job.task).run(&state)
    #expect(outcome.lastEvaluation?.values["loss"]?.isFinite == true)
    let types = Set(state.model.parameters.tensors.map(\.elementType))
    #expect(types == [.float32])
  }

  @Test func `autocasting convolves in the shorter type and ends with its scope`() {
    var random = RandomSource(seed: 1)
    let images = Tensor(normal: [1, 3, 8, 8], using: &random)
    let weight = Tensor(normal: [4, 3, 3, 3], using: &random)
    let inside = withAutocast(to: .bfloat16, on: .cpu) { images.convolved(with: weight) }
    #expect(inside.elementType == .bfloat16)
    #expect(images.convolved(with: weight).elementType == .float32)
    expectClose(
      inside.cast(to: .float32).toDoubles(), images.convolved(with: weight).toDoubles(),
      relative: 0.05, absolute: 0.1)
  }

  @Test func `judging counts every image once`() throws {
    var random = RandomSource(seed: 1)
    let network = ResNet(.cifar(depth: 8), classCount: 2, using: &random)
    let evaluation = ClassificationEvaluation(
      squares(9), recipe().evaluationPreparation, workers: 0, batchSize: 4)
    let result = try evaluation.result(of: network)
    #expect(result.count == 18 && result.topFiveAccuracy == nil)
    let whole = ClassificationEvaluation(
      squares(9), recipe().evaluationPreparation, workers: 0, batchSize: 18)
    let other = try whole.result(of: network)
    #expect(result.confusion == other.confusion)
    expectClose(result.loss, other.loss, relative: 1e-5)
  }

  @Test func `data of other classes are refused with their names`() {
    let other = ImageSet(
      name: "others", height: 8, width: 8, channels: 1, classNames: ["dark", "dim"],
      counts: [1, 1], pixels: [UInt8](repeating: 0, count: 128))
    #expect(
      throws: ClassificationError.classesDiffer(
        data: "others", found: ["dark", "dim"], expected: ["dark", "bright"])
    ) {
      _ = try ClassificationData(training: squares(2), validation: other)
    }
  }

  private typealias Change = @Sendable (inout ClassificationRecipe) -> Void

  private static let mistakes: [(key: String, change: Change)] = [
    ("training.batchSize", { $0.training.batchSize = 0 }),
    ("augmentation.labelSmoothing", { $0.augmentation.labelSmoothing = 1 }),
    ("augmentation.smallestArea", { $0.augmentation.smallestArea = 0 }),
    ("data.shorterSide", { $0.data.shorterSide = 4 }),
    ("data.validationShare", { $0.data.validationShare = 0 }),
  ]

  @Test(arguments: mistakes.indices)
  func `settings that make no sense are refused by name`(number: Int) throws {
    let (key, change) = Self.mistakes[number]
    var recipe = recipe()
    change(&recipe)
    let refusal = #expect(throws: InvalidSetting.self) { try recipe.check() }
    #expect(refusal?.key == key)
  }
}
