import Learning
import Torch

/// The shape of a mobile network: a stem, stages of inverted residuals, and a 1x1 convolution.
///
/// MobileNetV2, MnasNet and EfficientNet are values of this type; so is whatever a search finds.
public struct MobileArchitecture: Sendable, Hashable, Codable {
  /// Equal blocks in a row, of which the first may have a stride and another input width.
  public struct Stage: Sendable, Hashable, Codable {
    /// By how much a block widens its input; 1 makes it a depthwise-separable convolution.
    public var expansion: Int
    /// Side of the depthwise kernel.
    public var window: Int
    /// Stride of the first block.
    public var stride: Int
    /// Channels of the result.
    public var width: Int
    /// How many blocks there are.
    public var repeats: Int
    /// The squeezed width of the gate as a fraction of the block's input; 0 for no gate.
    public var squeeze: Double
    /// Whether a block adds its input where the shapes allow.
    public var isResidual: Bool

    /// Creates a stage.
    public init(
      expansion: Int, window: Int, stride: Int, width: Int, repeats: Int, squeeze: Double = 0,
      isResidual: Bool = true
    ) {
      self.expansion = expansion
      self.window = window
      self.stride = stride
      self.width = width
      self.repeats = repeats
      self.squeeze = squeeze
      self.isResidual = isResidual
    }
  }

  /// The networks of the torchvision package, which calls the parts of each differently.
  public enum Layout: String, Sendable, Hashable, Codable, CaseIterable {
    /// `MobileNetV2`.
    case mobileNetV2
    /// `MNASNet`, whose first stage is one block without an expansion and which has no gates.
    case mnasNet
    /// `EfficientNet`.
    case efficientNet
  }

  /// Channels of the first convolution, 3x3 with stride 2.
  public var stemWidth: Int
  /// The stages.
  public var stages: [Stage]
  /// Channels of the last convolution, which are also the features.
  public var headWidth: Int
  /// What follows every norm but those of the projections.
  public var activation: Activation
  /// Whether borders are TensorFlow's instead of `(window - 1) / 2` zeros on every side.
  public var padsLikeTensorFlow: Bool
  /// How batch norms count.
  public var norm: NormSettings
  /// Dropout before the head.
  public var dropout: Double
  /// How likely the last block is left out in training; the others less in proportion to their place.
  public var stochasticDepth: Double
  /// Which network of torchvision this is; `nil` where it has none like this.
  public var layout: Layout?

  /// Creates an architecture.
  public init(
    stemWidth: Int = 32, stages: [Stage], headWidth: Int = 1280, activation: Activation = .relu,
    padsLikeTensorFlow: Bool = false, norm: NormSettings = NormSettings(), dropout: Double = 0.2,
    stochasticDepth: Double = 0, layout: Layout? = nil
  ) {
    self.stemWidth = stemWidth
    self.stages = stages
    self.headWidth = headWidth
    self.activation = activation
    self.padsLikeTensorFlow = padsLikeTensorFlow
    self.norm = norm
    self.dropout = dropout
    self.stochasticDepth = stochasticDepth
    self.layout = layout
  }

  /// The number of blocks.
  public var blockCount: Int { stages.reduce(0) { $0 + $1.repeats } }

  /// The same network as TensorFlow computes it: its borders, and 0.001 added to variances.
  public var likeTensorFlow: MobileArchitecture {
    var copy = self
    copy.padsLikeTensorFlow = true
    copy.norm.epsilon = 1e-3
    return copy
  }

  /// The same network with every width multiplied and rounded to multiples of eight; the last
  /// convolution keeps its width.
  public func scaled(width factor: Double) -> MobileArchitecture {
    var copy = self
    copy.stemWidth = Self.rounded(factor * Double(stemWidth))
    for index in stages.indices {
      copy.stages[index].width = Self.rounded(factor * Double(stages[index].width))
    }
    return copy
  }

  /// The nearest multiple of eight that is not more than a tenth below.
  static func rounded(_ width: Double) -> Int {
    let nearest = max(8, Int(width + 4) / 8 * 8)
    return Double(nearest) < 0.9 * width ? nearest + 8 : nearest
  }

  func padding(of window: Int) -> Padding {
    padsLikeTensorFlow ? .same : .border((window - 1) / 2)
  }
}
