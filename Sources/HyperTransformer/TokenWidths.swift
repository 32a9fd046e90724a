/// The sizes of every generator's tokens, known before anything is built.
enum TokenWidths {
  /// Pairs of a layer's name and the widths of its tokens, as the paper's tables list them.
  static func all(of configuration: GeneratorConfiguration, _ architecture: ConvNetArchitecture)
    -> [(layer: String, width: Int)]
  {
    var result: [(layer: String, width: Int)] = []
    let geometries = architecture.geometries
    for (index, geometry) in geometries.enumerated()
    where configuration.generates(layer: index, of: geometries.count) {
      let slices = SliceLayout(
        geometry, configuration.allocation, generatesBias: configuration.generatesBias,
        generatesNormalization: configuration.generatesNormalization)
      let nominal = configuration.localWidth ?? max(geometry.inputChannels, geometry.layer.channels)
      let features = localCount(side: geometry.inputSide) * nominal
      result += widths("\(index)", slices, features, configuration)
    }
    let slices = SliceLayout(
      outputs: architecture.classCount, features: architecture.featureCount)
    return result
      + widths(
        "logits", slices,
        localCount(architecture.finalSide, architecture.finalChannels, configuration),
        configuration)
  }

  /// The same for the generators of warm-up heads, one after every convolutional layer but the last.
  static func warmUp(of configuration: GeneratorConfiguration, _ architecture: ConvNetArchitecture)
    -> [(layer: String, width: Int)]
  {
    guard configuration.warmUpHeads == .generated else { return [] }
    return architecture.geometries.dropLast().enumerated().flatMap { index, geometry in
      let channels = geometry.layer.channels
      return widths(
        "warmUp.\(index)", SliceLayout(outputs: architecture.classCount, features: channels),
        localCount(geometry.outputSide, channels, configuration), configuration)
    }
  }

  /// Local features of a dense layer on a map of the given side and channels.
  private static func localCount(
    _ side: Int, _ mapChannels: Int, _ configuration: GeneratorConfiguration
  ) -> Int {
    let channels = configuration.localWidth ?? mapChannels
    guard channels > 0 else { return 0 }
    return switch configuration.headFeatures {
    case .convolution, .rectified: channels
    case .passthrough: side * side * mapChannels
    case .mix: side * side * mapChannels + channels
    }
  }

  /// How many convolutions the local extractor of a map of this side has.
  private static func localCount(side: Int, kernelSize: Int = 3) -> Int {
    let kernel = min(kernelSize, side)
    let stride = kernel == kernelSize ? 2 : 1
    return (side - kernel) / stride + 1 >= kernel ? 2 : 1
  }

  private static func widths(
    _ layer: String, _ slices: SliceLayout, _ local: Int, _ configuration: GeneratorConfiguration
  ) -> [(layer: String, width: Int)] {
    let features = local + configuration.shared.count
    let code = configuration.codeWidth
    return configuration.transformer.layout == .separate
      ? [(layer, code + features), (layer, code + slices.length)]
      : [(layer, code + max(slices.length, features))]
  }
}
