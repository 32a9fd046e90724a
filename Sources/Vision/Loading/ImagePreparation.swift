import Datasets
import Files
import Foundation
import Images
import Randomness

/// How an image becomes the input of a network: which part is taken, how it is varied, and how its
/// values are scaled.
///
/// The steps come in the order of torchvision's classification recipes: framing, flip,
/// RandAugment, color jitter, normalization, erasing. A step draws its random numbers whether or not
/// the image needs it, so a sample depends on its own stream alone.
public struct ImagePreparation: Codable, Sendable, Hashable {
  /// How the part that becomes the input is chosen.
  public enum Framing: String, Codable, Sendable, Hashable, CaseIterable {
    /// The whole image, stretched to the size.
    case stretched
    /// The shorter side is brought to ``ImagePreparation/shorterSide``, the middle is cut out.
    case centered
    /// A random part of random area and aspect ratio, resized (Szegedy et al., 2015).
    case randomResized
    /// The image at the size, padded with black by ``ImagePreparation/padding`` on every side, a
    /// random part of the size cut out; the CIFAR recipe.
    case randomPadded
  }

  /// The rows of the input.
  public var height = 224
  /// The columns of the input.
  public var width = 224
  /// The channels of the input, 1 or 3.
  public var channels = 3
  /// How the part is chosen.
  public var framing = Framing.centered
  /// How pixels are computed where the image is resized.
  public var filter = ResamplingFilter.bilinear
  /// Whether the filter grows with the reduction; see `Resampler`.
  public var isAntialiased = true
  /// Whether JPEG files may be decoded at a fraction of their size where that is large enough.
  public var scalesWhileDecoding = false
  /// The shorter side before the middle is cut out, for ``Framing/centered``.
  public var shorterSide = 256
  /// The smallest and largest part of the area, for ``Framing/randomResized``.
  public var area = 0.08...1.0
  /// The smallest and largest width over height, for ``Framing/randomResized``.
  public var aspectRatio = 3.0 / 4.0...4.0 / 3.0
  /// The pixels added on every side, for ``Framing/randomPadded``.
  public var padding = 4
  /// The probability of exchanging left and right.
  public var flipProbability = 0.0
  /// Operations drawn at random, or none.
  public var randAugment: RandAugment?
  /// Changes of color, or none.
  public var jitter: ColorJitter?
  /// Mean and deviation of the channels.
  public var normalization = ImageNormalization.imageNet
  /// Rectangles that are made uniform or random, or none.
  public var erasing: RandomErasing?

  /// Creates the preparation of ImageNet evaluations: shorter side 256, middle of 224.
  public init() {}

  /// ImageNet training: random part, flip.
  public static func training(side: Int = 224) -> ImagePreparation {
    var preparation = ImagePreparation()
    (preparation.height, preparation.width) = (side, side)
    preparation.framing = .randomResized
    preparation.flipProbability = 0.5
    return preparation
  }

  /// CIFAR training: padded by 4, flip; or the plain image for evaluation.
  public static func cifar(isTraining: Bool) -> ImagePreparation {
    var preparation = ImagePreparation()
    (preparation.height, preparation.width) = (32, 32)
    preparation.framing = isTraining ? .randomPadded : .stretched
    preparation.flipProbability = isTraining ? 0.5 : 0
    preparation.normalization = .cifar10
    return preparation
  }

  /// The values of one input.
  public var inputSize: Int { channels * height * width }

  /// Prepares one image.
  ///
  /// - Parameters:
  ///   - source: The image, its pixels perhaps not decoded yet.
  ///   - random: The stream of this sample.
  ///   - target: Takes `[channels, height, width]`.
  /// - Throws: `FileFailure` for pixels that are damaged or missing.
  /// - Precondition: The target has ``inputSize`` places.
  public func prepare(
    _ source: SourceImage, using random: inout RandomSource,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(FileFailure) {
    let framed = try frame(source, using: &random)
    var image = channels == 1 ? framed.grayscale() : framed.color()
    var isFlipped = random.uniform() < flipProbability
    if randAugment != nil || jitter != nil {
      // These see the flipped image; otherwise the flip costs nothing while values are scaled.
      if isFlipped { image = image.flippedHorizontally() }
      isFlipped = false
      image = randAugment?(image, using: &random) ?? image
      image = jitter?(image, using: &random) ?? image
    }
    image.normalize(into: target, with: normalization, isFlipped: isFlipped)
    erasing?.apply(
      to: target, channels: channels, height: height, width: width, using: &random)
  }

  /// Prepares one image that needs no random numbers, as evaluation and prediction do.
  ///
  /// - Returns: `[channels, height, width]` in row-major order.
  /// - Throws: `FileFailure` for pixels that are damaged or missing.
  public func prepared(_ source: SourceImage) throws(FileFailure) -> [Float] {
    var random = RandomSource(seed: 0)
    var values = [Float](repeating: 0, count: inputSize)
    let result = values.withUnsafeMutableBufferPointer { target in
      Result { () throws(FileFailure) in try prepare(source, using: &random, into: target) }
    }
    try result.get()
    return values
  }

  private func frame(
    _ source: SourceImage, using random: inout RandomSource
  ) throws(FileFailure) -> Image {
    let whole = ImageRegion(top: 0, left: 0, height: source.height, width: source.width)
    switch framing {
    case .stretched: return try resized(source, whole, (height, width))
    case .centered:
      let shorter = min(source.height, source.width)
      let image = try resized(
        source, whole,
        (source.height * shorterSide / shorter, source.width * shorterSide / shorter))
      let middle = ImageRegion(
        height: height, width: width, centeredIn: (image.height, image.width))
      return image.cropped(to: middle, padding: .constant(0))
    case .randomResized:
      return try resized(source, randomRegion(of: source, using: &random), (height, width))
    case .randomPadded:
      let top = random.index(below: 2 * padding + 1) - padding
      let left = random.index(below: 2 * padding + 1) - padding
      return try resized(source, whole, (height, width)).cropped(
        to: ImageRegion(top: top, left: left, height: height, width: width), padding: .constant(0))
    }
  }

  private func resized(
    _ source: SourceImage, _ region: ImageRegion, _ size: (height: Int, width: Int)
  ) throws(FileFailure) -> Image {
    try source.decoded(
      region, resizedTo: size, filter: filter, isAntialiased: isAntialiased,
      scalesWhileDecoding: scalesWhileDecoding)
  }

  /// A random part as torchvision draws it: ten tries, then the middle at the nearest ratio.
  private func randomRegion(
    of source: SourceImage, using random: inout RandomSource
  ) -> ImageRegion {
    let (height, width) = (Double(source.height), Double(source.width))
    for _ in 0..<10 {
      let target = height * width * random.uniform(in: area)
      let ratio = exp(random.uniform(in: log(aspectRatio.lowerBound)...log(aspectRatio.upperBound)))
      let columns = Int((target * ratio).squareRoot().rounded(.toNearestOrEven))
      let rows = Int((target / ratio).squareRoot().rounded(.toNearestOrEven))
      guard rows > 0, columns > 0, rows <= source.height, columns <= source.width else { continue }
      return ImageRegion(
        top: random.index(below: source.height - rows + 1),
        left: random.index(below: source.width - columns + 1), height: rows, width: columns)
    }
    let ratio = min(max(width / height, aspectRatio.lowerBound), aspectRatio.upperBound)
    let rows = min(source.height, Int((width / ratio).rounded(.toNearestOrEven)))
    let columns = min(source.width, Int((height * ratio).rounded(.toNearestOrEven)))
    return ImageRegion(
      top: (source.height - rows) / 2, left: (source.width - columns) / 2, height: max(rows, 1),
      width: max(columns, 1))
  }
}
