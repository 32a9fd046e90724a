import Learning
import Randomness
import Torch

/// The shape of a network of linear layers only.
public struct PerceptronArchitecture: Sendable, Hashable, Codable {
  /// The side of its square images; every pixel is an input.
  public var side: Int
  /// Units of each hidden layer.
  public var widths: [Int]
  /// Dropout after every hidden layer.
  public var dropout: Double

  /// Creates an architecture.
  public init(side: Int, widths: [Int], dropout: Double = 0) {
    self.side = side
    self.widths = widths
    self.dropout = dropout
  }

  /// 784-1000-10, on which HashedNets were measured (Chen et al., 2015, table 1).
  public static let mnist = PerceptronArchitecture(side: 28, widths: [1000])
}

/// Linear layers with rectifiers between them, for gray images; channels of color are averaged.
///
/// - Shapes: `[batch, channels, side, side]` becomes `[batch, classes]`.
public struct MultilayerPerceptron: ImageClassifier {
  /// The hidden layers.
  public var hidden: [Linear]
  /// What stands behind each of them in training.
  public var dropout: Dropout
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public let architecture: PerceptronArchitecture

  /// Creates a network with drawn weights: hidden layers normal by inputs (He et al., 2015), the head
  /// with deviation 0.01.
  public init(
    _ architecture: PerceptronArchitecture, classCount: Int = 10, using random: inout RandomSource
  ) {
    var weights = WeightSource(using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source; drawn hidden weights are normal by inputs.
  public init(
    _ architecture: PerceptronArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    dropout = Dropout(architecture.dropout)
    let rule = weights.linear == .unset ? Initializer.unset : .heNormal
    var inputs = architecture.side * architecture.side
    hidden = []
    for width in architecture.widths {
      hidden.append(
        Linear(inputs: inputs, outputs: width, initializer: rule, using: &weights.random))
      inputs = width
    }
    head = Linear(
      inputs: inputs, outputs: classCount, initializer: weights.linear, using: &weights.random)
  }

  /// Presents `hidden.0`, `hidden.1`, ... and `fc`; no public package has this network.
  public mutating func visit(_ walk: inout Walk) {
    walk.children("hidden", &hidden)
    walk.child(headName(walk.naming), &head)
  }

  /// Runs the network.
  public mutating func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(features(images, &pass), &pass)
  }

  /// The units of the last hidden layer, `[batch, width]`.
  public mutating func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    var output = images.mean(along: 1).flattened(from: 1, through: 2)
    for layer in hidden {
      output = dropout.forward(layer.forward(output, &pass).relu(), &pass)
    }
    return output
  }

  /// There are no units of convolution and norm.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {}

  /// `fc`.
  public func headName(_ naming: Naming) -> String { "fc" }
}
