import Learning
import Randomness
import Runs
import Torch

extension ClassificationRecipe {
  /// The network at the beginning of training: drawn, or with the weights of a file.
  ///
  /// Where the file's head is for another number of classes, a new one is drawn; position embeddings
  /// made for another grid are interpolated.
  ///
  /// - Parameters:
  ///   - classCount: The classes of the data.
  ///   - random: Where drawn weights come from.
  /// - Returns: The network.
  /// - Throws: `UsageError` for a name that is not known; `FileFailure` or `CheckpointError` for
  ///   weights that are missing, damaged, or of another architecture.
  public func startingNetwork(classCount: Int, using random: inout RandomSource) throws -> Backbone
  {
    var made = try drawnNetwork(classCount: classCount, using: &random)
    guard let path = network.weights else { return made }
    let weights = try StateDictionary(readingFrom: path)
    let head = made.headName(weights.likeliestNaming(of: made))
    let fits = weights.rows(of: "\(head).weight") == classCount
    try weights.load(
      into: &made, head: fits ? .exact : .kept, interpolatingPositions: .timm)
    return made
  }

  /// A network with drawn weights.
  func drawnNetwork(classCount: Int, using random: inout RandomSource) throws -> Backbone {
    var architecture = try ModelCatalog.model(named: network.name).architecture
    if case .mobile(var shape) = architecture {
      if let dropout = network.dropout { shape.dropout = dropout }
      if let probability = network.stochasticDepth { shape.stochasticDepth = probability }
      architecture = .mobile(shape)
    } else if case .perceptron(var shape) = architecture, network.stochasticDepth == nil {
      shape.side = data.side
      if let dropout = network.dropout { shape.dropout = dropout }
      architecture = .perceptron(shape)
    } else if network.dropout ?? network.stochasticDepth != nil {
      throw UsageError(
        "network.dropout is for mobile networks and perceptrons, network.stochasticDepth for mobile "
          + "networks; \(network.name) does not have it, leave it out")
    }
    let made = Backbone(architecture, classCount: classCount, using: &random)
    guard let transformer = made.visionTransformer else { return made }
    let patch = transformer.architecture.patchSize
    guard data.side % patch == 0 else {
      throw UsageError(
        "patches of \(patch) pixels do not tile images of \(data.side); set data.side to a multiple "
          + "of \(patch)")
    }
    return made.resized(imageHeight: data.side, imageWidth: data.side, .timm)
  }
}
