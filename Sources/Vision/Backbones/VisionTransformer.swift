import Learning
import Randomness
import Torch

/// One block of a vision transformer: attention, then a feed-forward part, each normalized before
/// and added to its input.
public struct VisionTransformerBlock: Layer {
  /// The norm before the attention.
  public var norm1: LayerNorm
  /// Self-attention.
  public var attention: FusedAttention
  /// The norm before the feed-forward part.
  public var norm2: LayerNorm
  /// To the inner width.
  public var inner: Linear
  /// Back to the width of tokens.
  public var outer: Linear
  /// The nonlinearity between the two.
  public let activation: Activation

  /// Creates a block of an architecture.
  public init(_ architecture: VisionTransformerArchitecture, using weights: inout WeightSource) {
    norm1 = LayerNorm(width: architecture.width, epsilon: architecture.epsilon)
    attention = FusedAttention(
      width: architecture.width, heads: architecture.heads, using: &weights)
    norm2 = LayerNorm(width: architecture.width, epsilon: architecture.epsilon)
    inner = Linear(
      inputs: architecture.width, outputs: architecture.innerWidth, initializer: weights.linear,
      using: &weights.random)
    outer = Linear(
      inputs: architecture.innerWidth, outputs: architecture.width, initializer: weights.linear,
      using: &weights.random)
    activation = architecture.activation
  }

  /// Presents timm's names, or those of torchvision or Hugging Face where they are asked for.
  public mutating func visit(_ walk: inout Walk) {
    let names: (norm1: String, norm2: String, inner: String, outer: String) =
      switch walk.naming {
      case .torchvision: ("ln_1", "ln_2", "mlp.0", "mlp.3")
      case .huggingFace:
        ("layernorm_before", "layernorm_after", "intermediate.dense", "output.dense")
      default: ("norm1", "norm2", "mlp.fc1", "mlp.fc2")
      }
    walk.child(names.norm1, &norm1)
    walk.child("", &attention)
    walk.child(names.norm2, &norm2)
    walk.child(names.inner, &inner)
    walk.child(names.outer, &outer)
  }

  /// Runs the block on `[batch, tokens, width]`.
  public func forward(_ input: Tensor, _ pass: inout Pass) -> Tensor {
    let mixed = input + attention.forward(norm1(input), &pass)
    return mixed + outer.forward(activation(inner.forward(norm2(mixed), &pass)), &pass)
  }
}

/// A vision transformer with a class token.
///
/// - Shapes: `[batch, 3, imageHeight, imageWidth]` becomes `[batch, classes]`; other sizes need
///   ``resized(imageHeight:imageWidth:_:)`` first.
/// - Paper: Dosovitskiy et al., *An Image is Worth 16x16 Words* (2021), section 3.1.
///
/// ```swift
/// let network = VisionTransformer(.tiny(), classCount: 10, using: &random)
/// let sharper = network.resized(imageHeight: 384, imageWidth: 384)
/// ```
public struct VisionTransformer: ImageClassifier {
  /// One token for every patch, `[width, 3, patchSize, patchSize]`.
  public var patches: Convolution
  /// The token that gathers what the head reads, `[1, 1, width]`.
  public var classToken: Tensor
  /// What tells places apart, `[1, 1 + patches, width]`; the first row is the class token's.
  public var positions: Tensor
  /// The blocks.
  public var blocks: [VisionTransformerBlock]
  /// The norm before the head.
  public var norm: LayerNorm
  /// From features to logits.
  public var head: Linear
  /// The shape of the network.
  public private(set) var architecture: VisionTransformerArchitecture

  /// Creates a network with timm's first weights: normal with deviation 0.02, cut at two deviations.
  public init(
    _ architecture: VisionTransformerArchitecture, classCount: Int = 1000,
    using random: inout RandomSource
  ) {
    let fan = Double(3 * architecture.patchSize * architecture.patchSize)
    var weights = WeightSource(
      convolution: .truncatedNormal(1 / fan.squareRoot()), linear: .truncatedNormal(0.02),
      using: random)
    self.init(architecture, classCount: classCount, weights: &weights)
    random = weights.random
  }

  /// Creates a network with weights from a source.
  public init(
    _ architecture: VisionTransformerArchitecture, classCount: Int, weights: inout WeightSource
  ) {
    self.architecture = architecture
    patches = Convolution(
      inputs: 3, outputs: architecture.width, window: architecture.patchSize,
      stride: architecture.patchSize, initializer: weights.convolution, using: &weights.random)
    classToken = weights.linear.tensor([1, 1, architecture.width], using: &weights.random)
    let tokens = 1 + architecture.gridHeight * architecture.gridWidth
    positions = weights.linear.tensor([1, tokens, architecture.width], using: &weights.random)
    blocks = (0..<architecture.depth).map { _ in
      VisionTransformerBlock(architecture, using: &weights)
    }
    norm = LayerNorm(width: architecture.width, epsilon: architecture.epsilon)
    head = Linear(
      inputs: architecture.width, outputs: classCount, initializer: weights.linear,
      using: &weights.random)
  }

  /// Presents timm's names, or those of torchvision or Hugging Face where they are asked for.
  public mutating func visit(_ walk: inout Walk) {
    switch walk.naming {
    case .torchvision:
      walk.parameter("class_token", &classToken)
      walk.child("conv_proj", &patches)
      walk.parameter("encoder.pos_embedding", &positions)
      for index in blocks.indices {
        walk.child("encoder.layers.encoder_layer_\(index)", &blocks[index])
      }
      walk.child("encoder.ln", &norm)
    case .huggingFace:
      walk.parameter("vit.embeddings.cls_token", &classToken)
      walk.parameter("vit.embeddings.position_embeddings", &positions)
      walk.child("vit.embeddings.patch_embeddings.projection", &patches)
      walk.children("vit.encoder.layer", &blocks)
      walk.child("vit.layernorm", &norm)
    default:
      walk.parameter("cls_token", &classToken)
      walk.parameter("pos_embed", &positions)
      walk.child("patch_embed.proj", &patches)
      walk.children("blocks", &blocks)
      walk.child("norm", &norm)
    }
    walk.child(headName(walk.naming), &head)
  }

  /// Runs the network.
  public func forward(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    head.forward(features(images, &pass), &pass)
  }

  /// The class token after the last norm, `[batch, width]`.
  public func features(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    norm(tokens(images, &pass)[.all, 0])
  }

  /// All tokens after the last block, before the last norm, `[batch, 1 + patches, width]`.
  public func tokens(_ images: Tensor, _ pass: inout Pass) -> Tensor {
    let (height, width) = (architecture.imageHeight, architecture.imageWidth)
    precondition(
      images.rank == 4 && images.extent(2) == height && images.extent(3) == width,
      "a vision transformer for \(height)x\(width) images got \(images.shape); resize the images "
        + "or the network")
    let embedded = patches.forward(images, &pass).flattened(from: 2).transposed(1, 2)
    let start = classToken.broadcast(to: [images.extent(0), 1, architecture.width])
    var tokens = Tensor(concatenating: [start, embedded], along: 1) + positions
    for block in blocks { tokens = block.forward(tokens, &pass) }
    return tokens
  }

  /// There are no units of convolution and norm.
  public mutating func forEachUnit(_ body: (inout ConvNorm) -> Void) {}

  /// `head` in timm, `heads.head` in torchvision, `classifier` at Hugging Face.
  public func headName(_ naming: Naming) -> String {
    switch naming {
    case .torchvision: "heads.head"
    case .huggingFace: "classifier"
    default: "head"
    }
  }

  /// The same network for images of another size: the position embeddings are interpolated.
  ///
  /// - Precondition: The patches tile the new size.
  public func resized(
    imageHeight: Int, imageWidth: Int, _ convention: PositionInterpolation = .timm
  ) -> VisionTransformer {
    let size = architecture.patchSize
    precondition(
      imageHeight % size == 0 && imageWidth % size == 0,
      "patches of \(size) pixels do not tile \(imageHeight)x\(imageWidth) pixels")
    var copy = self
    copy.architecture.imageHeight = imageHeight
    copy.architecture.imageWidth = imageWidth
    copy.positions = convention.resized(
      positions, from: (architecture.gridHeight, architecture.gridWidth),
      to: (copy.architecture.gridHeight, copy.architecture.gridWidth))
    return copy
  }
}
