internal import CImages

/// How the values of a channel are brought about 0: `(value / 255 - mean) / deviation`.
public struct ImageNormalization: Sendable, Hashable, Codable {
  /// The mean of each channel, as a part of 255.
  public var mean: [Double]
  /// The standard deviation of each channel, as a part of 255.
  public var deviation: [Double]

  /// Creates a normalization; a list of one value stands for every channel.
  public init(mean: [Double], deviation: [Double]) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The statistics of ImageNet, which most public weights were trained with.
  public static let imageNet = ImageNormalization(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// From -1 to 1, as the Inception networks and most vision transformers have it.
  public static let symmetric = ImageNormalization(mean: [0.5], deviation: [0.5])

  /// The statistics of the 50,000 training images of CIFAR-10.
  public static let cifar10 = ImageNormalization(
    mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])

  /// From 0 to 1.
  public static let unit = ImageNormalization(mean: [0], deviation: [1])

  /// The mean of one channel.
  func mean(_ channel: Int) -> Double { mean[min(channel, mean.count - 1)] }

  /// The deviation of one channel.
  func deviation(_ channel: Int) -> Double { deviation[min(channel, deviation.count - 1)] }
}

extension Image {
  /// Writes the normalized values as planes `[channels, height, width]`.
  ///
  /// - Parameters:
  ///   - target: Takes the values.
  ///   - normalization: Mean and deviation of one or of every channel.
  ///   - isFlipped: Whether left and right are exchanged.
  /// - Precondition: The target has as many places as the image has samples.
  public func normalize(
    into target: UnsafeMutableBufferPointer<Float>, with normalization: ImageNormalization,
    isFlipped: Bool = false
  ) {
    precondition(
      target.count == pixels.count && !normalization.mean.isEmpty
        && !normalization.deviation.isEmpty,
      "\(target.count) places do not take the \(pixels.count) samples of an image")
    guard let result = target.baseAddress else { return }
    let scale = (0..<channels).map { Float(1 / (255 * normalization.deviation($0))) }
    let offset = (0..<channels).map { Float(-normalization.mean($0) / normalization.deviation($0)) }
    ci_normalize(
      pixels, Int32(height), Int32(width), Int32(channels), isFlipped, scale, offset, result)
  }
}
