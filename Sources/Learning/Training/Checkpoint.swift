import Foundation
import Randomness
import Runs
import Torch

/// The contents of a checkpoint file: tensors in sections, and texts.
///
/// There is one format for all systems, a safetensors file. A tensor's name begins with its
/// section: `model.`, `average.`, or `optimizer.` and the name of a moment. The texts say what the
/// model is (`kind`, `architecture`) and, in the text `training`, how far its run has come.
///
/// ```swift
/// var network = Network(recipe.architecture, using: &random)
/// try Checkpoint(path: "runs/7/best.safetensors").restore(&network)
/// ```
public struct Checkpoint: Sendable {
  /// The section of the model after the last step.
  public static let modelSection = "model"
  /// The section of the model's moving average.
  public static let averageSection = "average"
  static let optimizerSection = "optimizer"
  static let trainingKey = "training"

  /// All tensors by their full names.
  public var tensors: [String: Tensor] = [:]
  /// The texts.
  public var metadata: [String: String]
  /// Where the checkpoint comes from, for messages.
  public private(set) var origin = "checkpoint"

  /// Creates a checkpoint without tensors.
  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Reads a file.
  ///
  /// - Throws: `FileFailure` for a file that is missing or damaged.
  public init(path: String) throws {
    let file = try loadSafetensors(path)
    // The format itself refuses a name that stands twice.
    for (name, tensor) in file.tensors { tensors[name] = tensor }
    metadata = file.metadata
    origin = path
  }

  /// Writes a file durably: a crash leaves the earlier file or the new one.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    try saveSafetensors(
      tensors.map { (name: $0.key, tensor: $0.value) }, metadata: metadata, to: path)
  }

  /// Adds all tensors of a model under `section.`.
  public mutating func add(_ model: some Model, as section: String = modelSection) {
    let all = model.tensors
    for (name, tensor) in zip(all.names, all.tensors) { tensors["\(section).\(name)"] = tensor }
  }

  /// The tensors of a section, without its name.
  public func section(_ name: String) -> [String: Tensor] {
    let start = name + "."
    var result: [String: Tensor] = [:]
    for (key, tensor) in tensors where key.hasPrefix(start) {
      result[String(key.dropFirst(start.count))] = tensor
    }
    return result
  }

  /// Replaces the tensors of a model by those of a section.
  ///
  /// - Parameters:
  ///   - model: Changed only if all fits.
  ///   - section: Where to look; when `nil`, the average if there is one, else the model.
  ///   - strict: Whether every tensor of the model must be there and no other.
  /// - Throws: ``CheckpointError``.
  public func restore<M: Model>(
    _ model: inout M, from section: String? = nil, strict: Bool = true
  ) throws(CheckpointError) {
    let averages = self.section(Self.averageSection)
    let chosen = section ?? (averages.isEmpty ? Self.modelSection : Self.averageSection)
    let tensors = chosen == Self.averageSection ? averages : self.section(chosen)
    try loadParameters(into: &model, from: tensors, strict: strict, origin: origin)
  }

  /// The error that this file lacks something.
  func unsuitable(_ reason: String) -> CheckpointError {
    .unsuitable(origin: origin, reason: reason)
  }
}

/// The numbers of a ``TrainingState``, as they stand in a checkpoint's text `training`.
private struct TrainingRecord: Codable {
  var step: Int
  var seconds: Double
  /// Hexadecimal, since many readers of JSON keep only 53 bits of a number.
  var random: [String]
  var optimizerSteps: Int
  var productKernel: ProductKernel
  var lastEvaluation: Evaluation?
  var bestEvaluation: Evaluation?

  static let strings = (positive: "inf", negative: "-inf", nan: "nan")

  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: Self.strings.positive, negativeInfinity: Self.strings.negative,
        nan: Self.strings.nan)
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  static func reading(_ text: String) throws -> TrainingRecord {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: strings.positive, negativeInfinity: strings.negative, nan: strings.nan)
    return try decoder.decode(TrainingRecord.self, from: Data(text.utf8))
  }
}

extension TrainingState {
  /// The state as a checkpoint.
  ///
  /// - Parameter metadata: Texts of the caller, such as `kind`, `architecture` and `recipe`.
  /// - Returns: A checkpoint that ``restore(from:)`` accepts.
  /// - Throws: Nothing that a caller could mend; encoding the numbers does not fail.
  public func checkpoint(metadata: [String: String] = [:]) throws -> Checkpoint {
    var checkpoint = Checkpoint(metadata: metadata)
    checkpoint.add(model, as: Checkpoint.modelSection)
    if let average { checkpoint.add(average, as: Checkpoint.averageSection) }
    checkpoint.add(optimizerState, as: Checkpoint.optimizerSection)
    checkpoint.metadata[Checkpoint.trainingKey] = try TrainingRecord(
      step: step, seconds: seconds, random: random.words.map { String($0, radix: 16) },
      optimizerSteps: optimizerState.step, productKernel: productKernel,
      lastEvaluation: lastEvaluation, bestEvaluation: bestEvaluation
    ).text
    return checkpoint
  }

  /// Takes over the state of a checkpoint; this state has the model and optimizer it is for.
  ///
  /// - Throws: ``CheckpointError``; the state is unchanged then.
  public mutating func restore(from checkpoint: Checkpoint) throws(CheckpointError) {
    guard let text = checkpoint.metadata[Checkpoint.trainingKey] else {
      throw checkpoint.unsuitable(
        "holds a model but no training to go on with; resume from checkpoint.safetensors")
    }
    guard let record = try? TrainingRecord.reading(text), record.step >= 0,
      record.optimizerSteps >= 0,
      let random = RandomSource(words: record.random.compactMap { UInt64($0, radix: 16) })
    else {
      throw checkpoint.unsuitable(
        "the text \(Checkpoint.trainingKey) is damaged; start the run again")
    }
    var restored = self
    try checkpoint.restore(&restored.model, from: Checkpoint.modelSection)
    try checkpoint.restore(&restored.optimizerState, from: Checkpoint.optimizerSection)
    if var average = restored.average {
      try checkpoint.restore(&average, from: Checkpoint.averageSection)
      restored.average = average
    }
    restored.step = record.step
    restored.seconds = record.seconds
    restored.random = random
    restored.productKernel = record.productKernel
    restored.optimizerState.setStep(record.optimizerSteps)
    restored.lastEvaluation = record.lastEvaluation
    restored.bestEvaluation = record.bestEvaluation
    self = restored
  }
}
