import Learning
import Randomness
import Torch

/// Scale and offset of a batch normalization whose statistics come from the batch.
struct NormalizationAffine: Model {
  var weight: Tensor
  var bias: Tensor

  init(channels: Int) {
    weight = Tensor(ones: [channels])
    bias = Tensor(zeros: [channels])
  }

  mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
  }
}

/// Weights common to all episodes, to which generated ones are added.
struct BaseWeights: Model {
  var weight: Tensor
  var bias: Tensor?
  var scale: Tensor?
  var offset: Tensor?

  mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
    walk.parameter("scale", &scale)
    walk.parameter("offset", &offset)
  }
}

/// What one layer of the generated network has that is not generated.
struct FreeVariables: Model {
  var convolution: Convolution?
  var base: BaseWeights?
  var norm: NormalizationAffine?
  var queryNorm: NormalizationAffine?

  /// For a convolutional layer.
  init(
    _ geometry: ConvGeometry, _ configuration: GeneratorConfiguration, isGenerated: Bool,
    using random: inout RandomSource
  ) {
    let channels = geometry.layer.channels
    let side = geometry.layer.kernelSize
    let generatesNorm = isGenerated && configuration.generatesNormalization
    if !isGenerated {
      convolution = Convolution(
        inputs: geometry.inputChannels, outputs: channels, window: side,
        stride: geometry.layer.stride, padding: geometry.layer.padding,
        bias: configuration.generatesBias, initializer: .glorotUniform, using: &random)
    } else if configuration.usesBaseWeights {
      base = BaseWeights(
        weight: Initializer.glorotUniform.tensor(
          [channels, geometry.inputChannels, side, side], using: &random),
        bias: configuration.generatesBias ? Tensor(zeros: [channels]) : nil,
        scale: generatesNorm ? Tensor(ones: [channels]) : nil,
        offset: generatesNorm ? Tensor(zeros: [channels]) : nil)
    }
    if !generatesNorm {
      norm = NormalizationAffine(channels: channels)
      if configuration.separatesQueryNormalization {
        queryNorm = NormalizationAffine(channels: channels)
      }
    }
  }

  /// For the dense layer.
  init(
    headOf architecture: ConvNetArchitecture, _ configuration: GeneratorConfiguration,
    using random: inout RandomSource
  ) {
    guard configuration.usesBaseWeights else { return }
    base = BaseWeights(
      weight: Initializer.glorotUniform.tensor(
        [architecture.classCount, architecture.featureCount], using: &random),
      bias: Tensor(zeros: [architecture.classCount]))
  }

  /// The layer of all episodes: what is generated, or added to the base where there is one, and
  /// these variables for the rest.
  func layer(_ generated: ConvWeights?, _ episodes: Int) -> GeneratedNetwork.Layer {
    var weights = generated
    if let base { weights?.add(base) }
    let tiled = { (tensor: Tensor?) in tensor.map { $0.tiled([episodes]) } }
    let scale = weights?.scale?.flattened() ?? tiled(norm?.weight) ?? Tensor(ones: [0])
    let offset = weights?.offset?.flattened() ?? tiled(norm?.bias) ?? Tensor(zeros: [0])
    return GeneratedNetwork.Layer(
      kernel: weights?.kernel.flattened(from: 0, through: 1) ?? convolution?.weight ?? Tensor(0),
      bias: weights.map { $0.bias?.flattened() } ?? convolution?.bias,
      isShared: weights == nil, supportScale: scale, supportOffset: offset,
      queryScale: tiled(queryNorm?.weight) ?? scale,
      queryOffset: tiled(queryNorm?.bias) ?? offset, mean: scale, variance: scale)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.child("convolution", &convolution)
    walk.child("base", &base)
    walk.child("norm", &norm)
    walk.child("queryNorm", &queryNorm)
  }
}
