import ArgumentParser
import Foundation
import Learning
import Runs

extension TrainingOptions {
  /// Trains until the budget is spent or somebody asks to stop, from the folder's checkpoint when the
  /// run goes on.
  ///
  /// - Parameters:
  ///   - task: What is trained.
  ///   - settings: How.
  ///   - state: The beginning; afterwards the end.
  ///   - folder: Where checkpoints are.
  ///   - console: Where notes go.
  /// - Returns: How the run ended.
  /// - Throws: What the trainer throws, and `CheckpointError` for a checkpoint of other settings.
  func conduct<Trained: Model, Batch>(
    _ task: TrainingTask<Trained, Batch>, _ settings: TrainerSettings,
    _ state: inout TrainingState<Trained>, _ folder: RunFolder, _ console: Console
  ) throws -> TrainingOutcome {
    if resume, folder.hasCheckpoint {
      try state.restore(from: Checkpoint(path: folder.paths.checkpoint))
      console.note("going on from step \(state.step)")
    }
    let progress = Runs.Progress(
      "training", steps: settings.budget.steps, seconds: settings.budget.seconds,
      from: state.step, used: state.seconds)
    let interruption = Interruption()
    return try Trainer(settings, task).run(&state, folder: folder, progress: progress) {
      interruption.isRequested
    }
  }
}

extension TrainingOutcome {
  /// Prints the end of a run that judges validation classes, and leaves the command if it was
  /// interrupted.
  func report(_ folder: RunFolder, _ console: Console) throws {
    let summary = TrainingSummary(self, folder)
    console.result(summary, text: summary.text)
    try exitIfInterrupted()
  }

  /// Leaves the command with the code of an interrupted run, if it is one.
  func exitIfInterrupted() throws {
    if ending == .interrupted {
      throw ArgumentParser.ExitCode(Runs.ExitCode.interrupted.rawValue)
    }
  }
}

/// What a training command prints at the end, where validation classes are judged.
private struct TrainingSummary: Encodable {
  var ending: TrainingOutcome.Ending
  var steps: Int
  var seconds: Double
  var folder: String
  var validationAccuracy: Double?
  var bestValidationAccuracy: Double?

  init(_ outcome: TrainingOutcome, _ folder: RunFolder) {
    ending = outcome.ending
    steps = outcome.step
    seconds = outcome.seconds
    self.folder = folder.paths.folder
    validationAccuracy = outcome.lastEvaluation?.values["accuracy"]
    bestValidationAccuracy = outcome.bestEvaluation?.values["accuracy"]
  }

  var text: String {
    let accuracy = validationAccuracy.map { String(format: "%.1f %%", 100 * $0) } ?? "none"
    return "\(ending.rawValue) after \(steps) steps; "
      + "accuracy on validation classes: \(accuracy); run in \(folder)"
  }
}
