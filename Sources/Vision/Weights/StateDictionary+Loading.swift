import Learning
import Torch

/// What is done with the head of a network when weights are loaded.
public enum HeadLoading: Sendable, Hashable {
  /// It must fit like every other layer.
  case exact
  /// It keeps the values it has; one in the file is not looked at.
  case kept
}

extension StateDictionary {
  /// Replaces the tensors of a network by these.
  ///
  /// Whose names these are is found out: those of which most are the network's. Position embeddings
  /// made for another grid are interpolated, counts of batches that old files lack are left as they
  /// are, and the poolers of Hugging Face's transformers are not looked at.
  ///
  /// - Parameters:
  ///   - network: Changed only if all fits.
  ///   - head: What is done with the last layer.
  ///   - interpolation: How position embeddings are made to fit; a mismatch when `nil`.
  /// - Returns: Whose names were found.
  /// - Throws: `CheckpointError` listing all missing, unexpected and wrongly shaped tensors at once.
  @discardableResult
  public func load<N: ImageClassifier>(
    into network: inout N, head: HeadLoading = .exact,
    interpolatingPositions interpolation: PositionInterpolation? = nil
  ) throws(CheckpointError) -> Naming {
    let naming = likeliestNaming(of: network)
    let wanted = network.tensors(naming)
    var fitting = tensors
    let headNames = ["weight", "bias"].map { "\(network.headName(naming)).\($0)" }
    for name in fitting.keys where name.hasPrefix("vit.pooler.") { fitting[name] = nil }
    for (name, tensor) in zip(wanted.names, wanted.tensors) {
      let isKept =
        (head == .kept && headNames.contains(name))
        || (name.hasSuffix("num_batches_tracked") && fitting[name] == nil)
      if isKept { fitting[name] = tensor }
      if let interpolation, let found = fitting[name], positionNames.contains(name) {
        fitting[name] = interpolated(found, like: tensor, interpolation)
      }
    }
    try loadParameters(into: &network, from: fitting, naming: naming, origin: origin)
    return naming
  }

  /// Whose names these most likely are.
  public func likeliestNaming(of network: some ImageClassifier) -> Naming {
    let candidates: [Naming] = [.standard, .torchvision, .timm, .huggingFace]
    let counts = candidates.map { naming in
      network.tensors(naming).names.count { tensors[$0] != nil }
    }
    // The first of the best: the network's own names if several are the same.
    let best = counts.max() ?? 0
    return zip(candidates, counts).first { $0.1 == best }?.0 ?? .standard
  }

  /// The side of the square grid that position embeddings were made for, if there are any.
  var positionGridSide: Int? {
    positionNames.compactMap { tensors[$0] }.first.flatMap(gridSide)
  }

  private var positionNames: [String] {
    ["pos_embed", "encoder.pos_embedding", "vit.embeddings.position_embeddings"]
  }

  private func gridSide(_ positions: Tensor) -> Int? {
    guard positions.rank == 3, positions.extent(1) > 1 else { return nil }
    let side = Int(Double(positions.extent(1) - 1).squareRoot().rounded())
    return side * side + 1 == positions.extent(1) ? side : nil
  }

  /// Both grids must be square, or else nothing is done.
  private func interpolated(
    _ found: Tensor, like wanted: Tensor, _ interpolation: PositionInterpolation
  ) -> Tensor {
    guard found.shape != wanted.shape, let old = gridSide(found), let new = gridSide(wanted)
    else { return found }
    return interpolation.resized(found, from: (old, old), to: (new, new))
  }
}
