import Learning
import Randomness
import Torch

/// How the image-level features shared by all layers are computed.
public struct SharedFeatures: Codable, Sendable, Hashable {
  /// Convolutions, 2 to 4; 0 for no shared features.
  public var layers: Int
  /// Channels of every convolution, and features per image.
  public var width: Int
  /// Zeros around the image (TensorFlow's rule) or whole windows only.
  public var isPadded: Bool
  /// Whether each convolution ends in a learned scale and offset (the released `-bn` variants).
  public var isScaled: Bool

  /// Creates a description; the defaults are the released recipes'.
  public init(layers: Int = 4, width: Int = 32, isPadded: Bool = true, isScaled: Bool = false) {
    self.layers = layers
    self.width = width
    self.isPadded = isPadded
    self.isScaled = isScaled
  }

  /// Features per image; none without convolutions, whatever the width.
  var count: Int { layers > 0 ? width : 0 }

  /// Side of the smallest image that leaves something to every convolution.
  var smallestImage: Int {
    isPadded || layers < 1 ? 1 : (1..<layers).reduce(3) { side, _ in 2 * side + 1 }
  }

  /// No shared features.
  public static let none = SharedFeatures(layers: 0, width: 0)
}

/// Features of whole images, seen by the generators of all layers.
///
/// 3x3 convolutions with ReLU, stride 2 except the last, then the mean over positions (section 3.2).
public struct SharedExtractor: Model {
  var convs: [Convolution]
  var scales: [Tensor]
  var offsets: [Tensor]

  init(_ features: SharedFeatures, imageChannels: Int, using random: inout RandomSource) {
    convs = (0..<features.layers).map { index in
      Convolution(
        inputs: index == 0 ? imageChannels : features.width, outputs: features.width,
        window: 3, stride: index == features.layers - 1 ? 1 : 2,
        padding: features.isPadded ? .same : .valid, initializer: .glorotUniform, using: &random)
    }
    scales = features.isScaled ? convs.map { _ in Tensor(ones: [features.width]) } : []
    offsets = features.isScaled ? convs.map { _ in Tensor(zeros: [features.width]) } : []
  }

  /// `[images, channels, height, width]` becomes `[images, width]`.
  func forward(_ images: Tensor) -> Tensor {
    var x = images
    for index in convs.indices {
      x = convs[index].rectified(x, slope: 0)
      if !scales.isEmpty {
        // Batch normalization in inference mode with statistics that never change, as released.
        let variance = 1 + ConvNetArchitecture.normalizationEpsilon
        let scale = scales[index] / variance.squareRoot()
        x = x * scale.reshaped(-1, 1, 1) + offsets[index].reshaped(-1, 1, 1)
      }
    }
    return x.globalAveragePooled()
  }

  /// Presents the convolutions and their scales.
  public mutating func visit(_ walk: inout Walk) {
    walk.children("convs", &convs)
    walk.parameters("scales", &scales)
    walk.parameters("offsets", &offsets)
  }
}

/// Features of the activations that enter one layer.
///
/// Convolutional layers: up to two convolutions without padding, stride 2 then 1, ReLU between them;
/// the feature vector joins the means of both outputs before the ReLU. The dense layer: one
/// convolution, or the activations themselves.
struct LocalExtractor: Model {
  var convs: [Convolution]
  let form: Form
  /// Features per image.
  let width: Int

  enum Form: Sendable, Hashable {
    /// Means of the outputs of one or two convolutions.
    case convolution
    /// The same for the dense layer with the ReLU taken.
    case rectified
    /// The flattened activations.
    case passthrough
    /// Both.
    case mix
  }

  /// For a convolutional layer.
  init(side: Int, inputs: Int, width: Int, kernelSize: Int = 3, using random: inout RandomSource) {
    var convs: [Convolution] = []
    var side = side
    let kernel = min(kernelSize, side)
    for index in 0..<2 where side >= kernel {
      let stride = index == 0 && kernel == kernelSize ? 2 : 1
      convs.append(
        Convolution(
          inputs: index == 0 ? inputs : width, outputs: width, window: kernel, stride: stride,
          initializer: .glorotUniform, using: &random))
      side = (side - kernel) / stride + 1
    }
    self.convs = convs
    form = .convolution
    self.width = convs.count * width
  }

  /// For the dense layer.
  init(
    headSide side: Int, inputs: Int, width: Int, form: Form, using random: inout RandomSource
  ) {
    let flat = side * side * inputs
    convs =
      form == .passthrough
      ? []
      : [
        Convolution(
          inputs: inputs, outputs: width, window: min(3, side), initializer: .glorotUniform,
          using: &random)
      ]
    self.form = form
    self.width =
      switch form {
      case .convolution, .rectified: width
      case .passthrough: flat
      case .mix: flat + width
      }
  }

  /// `[images, channels, height, width]` becomes `[images, width]`.
  func forward(_ activations: Tensor) -> Tensor {
    var parts: [Tensor] = []
    if form == .passthrough || form == .mix {
      parts.append(activations.permuted(0, 2, 3, 1).flattened(from: 1))
    }
    var x = activations
    for index in convs.indices {
      if index > 0 { x = x.relu() }
      x = convs[index].rectified(x, slope: 1)
      parts.append((form == .rectified ? x.relu() : x).globalAveragePooled())
    }
    return parts.count == 1 ? parts[0] : Tensor(concatenating: parts, along: 1)
  }

  mutating func visit(_ walk: inout Walk) {
    walk.children("convs", &convs)
  }
}

extension Convolution {
  /// The convolution of small images and a rectifier with this slope; 1 for none.
  fileprivate func rectified(_ images: Tensor, slope: Double) -> Tensor {
    images.convolvedAndRectified(
      with: weight, bias: bias, stride: stride, padding: padding, slope: slope)
  }
}
