import Learning
import Randomness
import Runs
import Torch

extension ClassificationRecipe {
  /// A network with drawn weights.
  ///
  /// - Throws: `UsageError` for a name that is not known.
  func drawnNetwork(
    classCount: Int, using random: inout RandomSource
  ) throws -> any ImageClassifier {
    try interimNetwork(network.name, classCount: classCount, using: &random)
  }

  /// The network at the beginning of training: drawn, or with the weights of a file under a new head.
  ///
  /// - Throws: `UsageError` for a name that is not known; `FileFailure` or `CheckpointError` for
  ///   weights that are missing, damaged, or of another architecture.
  public func network(
    classCount: Int, using random: inout RandomSource
  ) throws -> any ImageClassifier {
    try drawnNetwork(classCount: classCount, using: &random)
  }
}
