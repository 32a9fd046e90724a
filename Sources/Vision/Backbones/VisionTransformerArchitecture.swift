import Learning

/// The shape of a vision transformer.
public struct VisionTransformerArchitecture: Sendable, Hashable, Codable {
  /// Sides of the images in pixels; the position embeddings are made for them.
  public var imageHeight: Int
  /// Sides of the images in pixels; the position embeddings are made for them.
  public var imageWidth: Int
  /// Side of the square patches that become tokens, in pixels.
  public var patchSize: Int
  /// Width of tokens.
  public var width: Int
  /// How many blocks there are.
  public var depth: Int
  /// Into how many heads an attention is divided.
  public var heads: Int
  /// Width inside the feed-forward part.
  public var innerWidth: Int
  /// The nonlinearity of the feed-forward part; Google's own weights want `geluTanh`.
  public var activation: Activation
  /// Added to variances; weights of Hugging Face's own want 1e-12.
  public var epsilon: Double

  /// Creates an architecture; the feed-forward part is four times as wide as the tokens.
  ///
  /// - Precondition: The patches tile the image and the heads divide the width.
  public init(
    imageSize: Int = 224, patchSize: Int, width: Int, depth: Int, heads: Int,
    activation: Activation = .gelu, epsilon: Double = 1e-6
  ) {
    precondition(
      imageSize % patchSize == 0, "patches of \(patchSize) pixels do not tile \(imageSize) pixels")
    precondition(width % heads == 0, "\(heads) heads do not divide the width \(width)")
    imageHeight = imageSize
    imageWidth = imageSize
    self.patchSize = patchSize
    self.width = width
    self.depth = depth
    self.heads = heads
    innerWidth = 4 * width
    self.activation = activation
    self.epsilon = epsilon
  }

  /// Rows of patches.
  public var gridHeight: Int { imageHeight / patchSize }
  /// Columns of patches.
  public var gridWidth: Int { imageWidth / patchSize }

  /// ViT-Ti.
  public static func tiny(patchSize: Int = 16, imageSize: Int = 224)
    -> VisionTransformerArchitecture
  {
    VisionTransformerArchitecture(
      imageSize: imageSize, patchSize: patchSize, width: 192, depth: 12, heads: 3)
  }
  /// ViT-S.
  public static func small(patchSize: Int = 16, imageSize: Int = 224)
    -> VisionTransformerArchitecture
  {
    VisionTransformerArchitecture(
      imageSize: imageSize, patchSize: patchSize, width: 384, depth: 12, heads: 6)
  }
  /// ViT-B.
  public static func base(patchSize: Int = 16, imageSize: Int = 224)
    -> VisionTransformerArchitecture
  {
    VisionTransformerArchitecture(
      imageSize: imageSize, patchSize: patchSize, width: 768, depth: 12, heads: 12)
  }
  /// ViT-L.
  public static func large(patchSize: Int = 16, imageSize: Int = 224)
    -> VisionTransformerArchitecture
  {
    VisionTransformerArchitecture(
      imageSize: imageSize, patchSize: patchSize, width: 1024, depth: 24, heads: 16)
  }
  /// ViT-H.
  public static func huge(patchSize: Int = 14, imageSize: Int = 224)
    -> VisionTransformerArchitecture
  {
    VisionTransformerArchitecture(
      imageSize: imageSize, patchSize: patchSize, width: 1280, depth: 32, heads: 16)
  }
}
