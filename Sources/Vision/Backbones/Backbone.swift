import Learning
import Randomness
import Torch

/// The shape of any backbone, as it is written into files of weights.
public enum BackboneArchitecture: Sendable, Hashable, Codable {
  /// A residual network for ImageNet or CIFAR.
  case residual(ResNetArchitecture)
  /// MobileNetV2, MnasNet, EfficientNet and their kin.
  case mobile(MobileArchitecture)
  /// A vision transformer.
  case transformer(VisionTransformerArchitecture)
  /// An isometric residual network.
  case isometric(IsometricArchitecture)
  /// NASNet-A.
  case nasNet(NASNetArchitecture)
  /// Linear layers only.
  case perceptron(PerceptronArchitecture)
}

/// A backbone of whatever family: what is needed where the family is known at run time only.
///
/// It has the names of the network inside and behaves like it.
public struct Backbone: ImageClassifier {
  // One of these is there. They are not cases of an enumeration because a payload cannot be changed
  // in place: every step of an optimizer would copy all weights.
  private var residual: ResNet?
  private var mobile: MobileNetwork?
  private var transformer: VisionTransformer?
  private var isometric: IsometricResNet?
  private var nasNet: NASNet?
  private var perceptron: MultilayerPerceptron?

  /// Creates a network with the first weights of its family.
  public init(
    _ architecture: BackboneArchitecture, classCount: Int = 1000, using random: inout RandomSource
  ) {
    switch architecture {
    case .residual(let shape): residual = ResNet(shape, classCount: classCount, using: &random)
    case .mobile(let shape): mobile = MobileNetwork(shape, classCount: classCount, using: &random)
    case .transformer(let shape):
      transformer = VisionTransformer(shape, classCount: classCount, using: &random)
    case .isometric(let shape):
      isometric = IsometricResNet(shape, classCount: classCount, using: &random)
    case .nasNet(let shape): nasNet = NASNet(shape, classCount: classCount, using: &random)
    case .perceptron(let shape):
      perceptron = MultilayerPerceptron(shape, classCount: classCount, using: &random)
    }
  }

  /// Creates a network whose weights are memory that is reserved but not filled: to be replaced by
  /// those of a file, or for its shapes alone.
  public init(unset architecture: BackboneArchitecture, classCount: Int = 1000) {
    var weights = WeightSource.unset
    switch architecture {
    case .residual(let shape): residual = ResNet(shape, classCount: classCount, weights: &weights)
    case .mobile(let shape):
      mobile = MobileNetwork(shape, classCount: classCount, weights: &weights)
    case .transformer(let shape):
      transformer = VisionTransformer(shape, classCount: classCount, weights: &weights)
    case .isometric(let shape):
      isometric = IsometricResNet(shape, classCount: classCount, weights: &weights)
    case .nasNet(let shape): nasNet = NASNet(shape, classCount: classCount, weights: &weights)
    case .perceptron(let shape):
      perceptron = MultilayerPerceptron(shape, classCount: classCount, weights: &weights)
    }
  }

  /// The shape of the network inside.
  public var architecture: BackboneArchitecture {
    if let residual { return .residual(residual.architecture) }
    if let mobile { return .mobile(mobile.architecture) }
    if let transformer { return .transformer(transformer.architecture) }
    if let isometric { return .isometric(isometric.architecture) }
    if let nasNet { return .nasNet(nasNet.architecture) }
    if let perceptron { return .perceptron(perceptron.architecture) }
    preconditionFailure("a backbone is one of its families")
  }

  /// Presents the names of the network inside.
  public mutating func visit(_ walk: inout Walk) {
    walk.child("", &residual)
    walk.child("", &mobile)
    walk.child("", &transformer)
    walk.child("", &isometric)
    walk.child("", &nasNet)
    walk.child("", &perceptron)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    residual?.forward(images, &pass) ?? mobile?.forward(images, &pass)
      ?? transformer?.forward(images, &pass) ?? isometric?.forward(images, &pass)
      ?? nasNet?.forward(images, &pass) ?? perceptron?.forward(images, &pass) ?? images
  }

  /// The vector of every image that the head looks at, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    residual?.features(images, &pass) ?? mobile?.features(images, &pass)
      ?? transformer?.features(images, &pass) ?? isometric?.features(images, &pass)
      ?? nasNet?.features(images, &pass) ?? perceptron?.features(images, &pass) ?? images
  }

  /// Presents the units of the network inside.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {
    residual?.forEachUnit(body)
    mobile?.forEachUnit(body)
    transformer?.forEachUnit(body)
    isometric?.forEachUnit(body)
    nasNet?.forEachUnit(body)
    perceptron?.forEachUnit(body)
  }

  /// The name of the head of the network inside.
  public func headName(_ naming: Naming) -> String { anyClassifier.headName(naming) }

  /// The last layer, from features to logits.
  public var head: Linear {
    get { anyClassifier.head }
    set {
      residual?.head = newValue
      mobile?.head = newValue
      transformer?.head = newValue
      isometric?.head = newValue
      nasNet?.head = newValue
      perceptron?.head = newValue
    }
  }

  /// The vision transformer inside, if it is one.
  public var visionTransformer: VisionTransformer? { transformer }

  /// The same network for images of another size; only a vision transformer depends on it.
  ///
  /// - Precondition: Patches tile the new size.
  public func resized(
    imageHeight: Int, imageWidth: Int, _ convention: PositionInterpolation = .timm
  ) -> Backbone {
    var copy = self
    copy.transformer = transformer?.resized(
      imageHeight: imageHeight, imageWidth: imageWidth, convention)
    return copy
  }

  private var anyClassifier: any ImageClassifier {
    let all: [(any ImageClassifier)?] = [
      residual, mobile, transformer, isometric, nasNet, perceptron,
    ]
    guard let found = all.compactMap({ $0 }).first else {
      preconditionFailure("a backbone is one of its families")
    }
    return found
  }
}
