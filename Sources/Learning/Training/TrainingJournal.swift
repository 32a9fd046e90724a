import Runs
import Torch

/// The written side of a run: when to record what, and where.
struct TrainingJournal<M: Model> {
  /// The last loss that was read from the device.
  var lastLoss = Double.nan {
    didSet { lossSeconds = seconds }
  }

  private let settings: TrainerSettings
  private let folder: RunFolder?
  private let metrics: MetricsLog?
  private let events: EventFile?
  private let watch: Stopwatch
  private var window: [String: [Tensor]] = [:]
  private var lossSeconds = -Double.infinity
  private var lastCheckpoint: (step: Int?, seconds: Double)

  init(_ settings: TrainerSettings, folder: RunFolder?, state: TrainingState<M>) throws {
    self.settings = settings
    self.folder = folder
    watch = Stopwatch(used: state.seconds)
    lastCheckpoint = (folder?.hasCheckpoint == true ? state.step : nil, state.seconds)
    metrics = try folder.map {
      try MetricsLog(path: $0.paths.metrics, continuingAfter: state.step)
    }
    events = try folder.map {
      try EventFile(
        folder: $0.paths.folder, continuingAfter: state.step == 0 ? nil : state.step)
    }
  }

  /// Working time so far, all sittings together.
  var seconds: Double { watch.seconds }

  /// Whether a loss to show must be read anew.
  var isLossOutdated: Bool { seconds - lossSeconds > 1 }

  /// Takes the numbers of a step.
  mutating func add(_ numbers: [String: any MetricValue]) {
    for (name, value) in numbers { window[name, default: []].append(value.constantScalar) }
  }

  /// Records the means since the last record.
  mutating func logIfDue(_ state: TrainingState<M>) throws {
    if state.step % settings.logInterval == 0 { try log(step: state.step) }
  }

  /// Records an evaluation; `split/name` says to which split a number belongs.
  func record(_ evaluation: Evaluation) throws {
    var splits: [String: [String: Double]] = [:]
    for (key, value) in evaluation.values {
      let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
      let (split, name) = parts.count == 2 ? (parts[0], parts[1]) : ("validation", key)
      splits[split, default: [:]][name] = value
    }
    for (split, values) in splits.sorted(by: { $0.key < $1.key }) {
      try write(MetricRecord(step: evaluation.step, time: seconds, split: split, values: values))
    }
  }

  /// Keeps the model of the best evaluation.
  func keepBest(_ state: TrainingState<M>) throws {
    guard let folder else { return }
    var checkpoint = Checkpoint(metadata: settings.metadata)
    checkpoint.add(state.bestModel)
    checkpoint.metadata["step"] = "\(state.step)"
    try checkpoint.write(to: folder.paths.best)
  }

  /// Writes a checkpoint if it is time.
  mutating func checkpointIfDue(_ state: inout TrainingState<M>) throws {
    let bySteps = settings.checkpointInterval.map { state.step % $0 == 0 } ?? false
    let byTime =
      settings.checkpointMinutes.map { seconds - lastCheckpoint.seconds >= $0 * 60 } ?? false
    if bySteps || byTime { try checkpoint(&state) }
  }

  /// Writes what is not yet written.
  mutating func finish(_ state: inout TrainingState<M>) throws {
    if lastCheckpoint.step != state.step { try checkpoint(&state) }
  }

  private mutating func checkpoint(_ state: inout TrainingState<M>) throws {
    state.seconds = seconds
    lastCheckpoint = (state.step, state.seconds)
    let broken = state.model.parameters.nonFiniteNames()
    guard broken.isEmpty else {
      throw NonFiniteError(step: state.step, loss: lastLoss, parameters: broken, gradients: [])
    }
    try log(step: state.step)
    guard let folder else { return }
    try metrics?.sync()
    try state.checkpoint(metadata: settings.metadata).write(to: folder.paths.checkpoint)
  }

  private mutating func log(step: Int) throws {
    guard !window.isEmpty else { return }
    let means = window.mapValues { scalars in
      Tensor(stacking: scalars.map { $0.cast(to: .float64) }).mean().scalar()
    }
    window = [:]
    try write(MetricRecord(step: step, time: seconds, split: "train", values: means))
  }

  private func write(_ record: MetricRecord) throws {
    try metrics?.append(record)
    try events?.append(record)
  }
}
