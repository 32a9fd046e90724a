import Learning
import Randomness
import Torch

/// A backbone with a linear head: images in, one logit per class out.
///
/// - Shapes: `[batch, 3, height, width]` becomes `[batch, classes]`.
public protocol ImageClassifier: Layer {
  /// The last layer, from features to logits.
  var head: Linear { get set }

  /// The vector of every image that the head looks at, `[batch, width]`.
  mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor

  /// Presents every unit of convolution and norm in order of execution, to be changed in place.
  mutating func forEachUnit(_ body: (inout ConvNorm) -> Void)

  /// The name of the head in public checkpoints, such as `fc`.
  func headName(_ naming: Naming) -> String
}

extension ImageClassifier {
  /// How many classes the head tells apart.
  public var classCount: Int { head.weight.extent(0) }

  /// How many numbers describe an image before the head.
  public var featureWidth: Int { head.weight.extent(1) }

  /// Gives the network a new, drawn head for other classes.
  ///
  /// - Paper: the usual first step of transfer; weights are normal with deviation 0.01, biases zero.
  public mutating func replaceHead(classCount: Int, using random: inout RandomSource) {
    let fresh = Linear(
      inputs: featureWidth, outputs: classCount, initializer: .normal(0.01), using: &random)
    let (type, device) = (head.weight.elementType, head.weight.device)
    head = Linear(
      weight: fresh.weight.cast(to: type).moved(to: device),
      bias: fresh.bias?.cast(to: type).moved(to: device))
  }
}

extension Naming {
  /// The names of the torchvision package.
  public static let torchvision = Naming(rawValue: "torchvision")
  /// The names of the timm package.
  public static let timm = Naming(rawValue: "timm")
  /// The names of the Hugging Face transformers package.
  public static let huggingFace = Naming(rawValue: "huggingface")
}
