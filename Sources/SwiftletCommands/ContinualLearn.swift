import ArgumentParser
import Datasets
import Foundation
import HyperTransformer
import Learning
import Runs

/// Adds a task to a learner's state.
struct ContinualLearn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Learn one more task: a folder with one folder of images per class.",
    discussion: """
      The state is created if it is not there. It holds weights, prototypes and names, no image, and \
      can be continued on another machine with the same run. Images must have the size the run was \
      trained with, or --resize must be given. If learning fails, the state stays as it was.
      """)

  @Option(help: "Folder of the training run.")
  var model: String

  @Option(help: "The learner's state, a safetensors file.")
  var state: String

  @Option(help: "Folder with one folder of PNG or JPEG images per class.")
  var support: String

  @Option(help: "The task's name (default: task-1, task-2, ...).")
  var task: String?

  @Option(
    help: "For a new state, the largest number of classes it may hold (default: the recipe's).")
  var maximum: Int?

  @OptionGroup var sizes: PictureSizeOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let maximum, maximum < 1 {
      throw ValidationError("--maximum must be at least 1, got \(maximum)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let device = try device.prepare()
      let run = try ContinualRun(folder: model, device: device)
      var learner = try open(run)
      let folder = SupportFolder(
        try ImageFolder(readingFrom: support, options: sizes.loading(for: learner.preparation)))
      try sizes.check(folder.folder.images.image(0), at: support, learner.preparation)
      let classNames = folder.classNames
      guard classNames.count <= run.recipe.sequence.ways else {
        throw ContinualError.tooManyClasses(
          count: classNames.count, ways: run.recipe.sequence.ways)
      }
      if !folder.folder.unlabelled.isEmpty {
        console.note("note: images without a label are not used")
      }
      let set = try folder.labelledOnly.support(
        learner.preparation, ways: run.recipe.sequence.ways, least: 1)
      let images = SupportSet(
        images: set.images.moved(to: device), labels: set.labels.moved(to: device))
      try learner.learn(images, named: task, classNames: classNames, with: run)
      try learner.write(to: state)
      let result = Result(
        state: state, task: task ?? learner.tasks.last?.name ?? "", classes: classNames,
        supportImages: set.sampleCount, tasks: learner.tasks.count,
        allClasses: learner.classCount)
      console.result(
        result,
        text: "learned \(result.task) (\(classNames.joined(separator: ", "))) from "
          + "\(set.sampleCount) images; \(state) knows \(learner.classCount) classes of "
          + "\(learner.tasks.count) \(learner.tasks.count == 1 ? "task" : "tasks")")
    }
  }

  private func open(_ run: ContinualRun) throws -> LearnerState {
    guard FileManager.default.fileExists(atPath: state) else {
      return try LearnerState(of: run, maximumPrototypes: maximum)
    }
    if maximum != nil {
      throw UsageError("--maximum is for a new state; \(state) exists and has its own")
    }
    return try LearnerState(readingFrom: state)
  }

  private struct Result: Encodable {
    var state: String
    var task: String
    var classes: [String]
    var supportImages: Int
    var tasks: Int
    var allClasses: Int
  }
}
