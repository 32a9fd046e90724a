import Learning

/// Everything that shapes a weight generator besides the network it writes.
///
/// The defaults are the released Omniglot recipe's.
public struct GeneratorConfiguration: Codable, Sendable, Hashable {
  /// What the generator of the dense layer sees of the activations that enter it.
  public enum HeadFeatures: String, Codable, Sendable, CaseIterable {
    /// Means of one convolution's outputs.
    case convolution
    /// The same after a ReLU.
    case rectified
    /// The activations themselves, flattened.
    case passthrough
    /// Both.
    case mix
  }

  /// Warm-up heads: auxiliary classifiers after every convolutional layer but the last.
  public enum WarmUpHeads: String, Codable, Sendable, CaseIterable {
    /// None.
    case none
    /// Trained weights, the same for all episodes (the released code).
    case trained
    /// Weights written by generators of their own.
    case generated
  }

  /// What written weights of the dense layer are multiplied by.
  public enum HeadScale: String, Codable, Sendable, CaseIterable {
    /// Nothing, as in the released code: outputs start with a deviation near the square root of the
    /// number of features, since slices leave their transformer with deviation 1.
    case one
    /// One over the square root of the number of features: outputs start with a deviation near 1
    /// however wide the network is.
    case features
  }

  /// Width of label and weight codes.
  public var codeWidth = 32
  /// Channels of the local feature extractors; absent, the larger of a layer's input and output
  /// channels (for the dense layer its input channels); 0, no local features.
  public var localWidth: Int? = 8
  /// What the generator of the dense layer sees locally.
  public var headFeatures = HeadFeatures.convolution
  /// What written weights of the dense layer are multiplied by.
  public var headScale = HeadScale.one
  /// Image-level features.
  public var shared = SharedFeatures()
  /// Sizes of the transformers.
  public var transformer = TransformerShape()
  /// How slices become kernels.
  public var allocation = WeightAllocation.output
  /// 0: all layers generated; m > 0: the first m convolutional layers are ordinary trained weights;
  /// m < 0: the last -m. The dense layer is always generated.
  public var trainedLayers = 0
  /// Whether convolutions have a bias, generated where their kernels are (`output` allocation only).
  public var generatesBias = false
  /// Whether batch-normalization scales and offsets are generated (`output` allocation only).
  public var generatesNormalization = false
  /// Whether generated weights are added to trained ones common to all episodes.
  public var usesBaseWeights = false
  /// Whether query images get scales and offsets of their own.
  public var separatesQueryNormalization = false
  /// Auxiliary classifiers for the start of training.
  public var warmUpHeads = WarmUpHeads.none
  /// Dropout of the shared features in training.
  public var sharedDropout = 0.0
  /// Dropout of the local features in training.
  public var localDropout = 0.0
  /// Dropout before the dense layer in training.
  public var headDropout = 0.0

  /// The released Omniglot recipe.
  public init() {}

  /// Whether a convolutional layer's weights are generated.
  func generates(layer: Int, of count: Int) -> Bool {
    trainedLayers >= 0 ? layer >= trainedLayers : layer < count + trainedLayers
  }
}

/// A combination of settings that cannot work, in one sentence.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  /// The sentence.
  public var description: String
}

extension GeneratorConfiguration {
  /// Finds combinations that cannot work before anything is built.
  ///
  /// - Parameters:
  ///   - architecture: What is written.
  ///   - carry: How the network written last is seen.
  /// - Throws: ``ConfigurationError`` naming the settings and what they would have to be.
  public func validate(
    for architecture: ConvNetArchitecture, carrying carry: Carry = .none
  ) throws(ConfigurationError) {
    func require(
      _ condition: Bool, _ sentence: @autoclosure () -> String
    ) throws(ConfigurationError) {
      if !condition { throw ConfigurationError(description: sentence()) }
    }
    try architecture.validate()
    try require(
      codeWidth >= 1 && localWidth ?? 0 >= 0,
      "generator: codeWidth must be at least 1 and localWidth at least 0, "
        + "not \(codeWidth) and \(localWidth ?? 0)")
    try require(
      shared.layers == 0 || (shared.layers > 0 && shared.width > 0),
      "generator: shared.layers must be at least 0 and shared.width at least 1, "
        + "not \(shared.layers) and \(shared.width)")
    try require(
      shared.smallestImage <= architecture.imageSize,
      "generator: \(shared.layers) shared layers without padding need images of at least "
        + "\(shared.smallestImage) pixels, not \(architecture.imageSize); "
        + "set shared.isPadded or use fewer")
    try require(
      localWidth != 0 || shared.layers > 0,
      "generator: localWidth 0 and no shared features leave the transformer nothing to see; "
        + "set localWidth or shared.layers")
    try require(
      !(generatesNormalization || generatesBias) || allocation == .output,
      "generator: a generated bias or normalization needs allocation \"output\", "
        + "not \"\(allocation.rawValue)\"")
    try require(
      abs(trainedLayers) <= architecture.layers.count,
      "generator: trainedLayers \(trainedLayers) of a network with "
        + "\(architecture.layers.count) convolutional layers")
    try require(
      carry == .none || transformer.layout != .simple,
      "generator: carry \"\(carry.rawValue)\" needs weight tokens in the transformer, which layout "
        + "\"simple\" has not; choose another layout or carry none")
    try require(
      transformer.layers >= 1 && transformer.heads >= 1,
      "transformer: layers and heads must be at least 1, "
        + "not \(transformer.layers) and \(transformer.heads)")
    for (name, probability) in [
      ("transformer.dropout", transformer.dropout), ("sharedDropout", sharedDropout),
      ("localDropout", localDropout), ("headDropout", headDropout),
    ] {
      try require(
        (0..<1).contains(probability),
        "generator: \(name) must be at least 0 and below 1, not \(probability)")
    }
    try validateWidths(architecture)
  }

  private func validateWidths(_ architecture: ConvNetArchitecture) throws(ConfigurationError) {
    let parts = [("queryWidth", transformer.queryWidth), ("valueWidth", transformer.valueWidth)]
    for (kind, part) in parts + [("innerWidth", transformer.innerWidth)] {
      guard (0...65_536).contains(part) else {
        throw ConfigurationError(
          description: "transformer: \(kind) must be between 0 and 65536, not \(part)")
      }
    }
    let widths =
      TokenWidths.all(of: self, architecture) + TokenWidths.warmUp(of: self, architecture)
    for (name, width) in widths {
      for (kind, part) in parts {
        let resolved = transformer.resolve(part, tokenWidth: width)
        guard resolved > 0, resolved % transformer.heads == 0 else {
          throw ConfigurationError(
            description: "transformer: \(kind) \(part) is \(resolved) at layer \(name), which "
              + "\(transformer.heads) heads do not divide; choose another width or head count")
        }
      }
    }
  }
}
