import Images
import Learning

/// A published network: its shape, how images are prepared for it, and whose names its weights have.
public struct CatalogModel: Sendable {
  /// The name it is known by here, torchvision's or timm's where those have it.
  public var name: String
  /// Other packages' names of the same network.
  public var aliases: [String] = []
  /// The shape.
  public var architecture: BackboneArchitecture
  /// Whose names its public weights have.
  public var naming: Naming
  /// How images become its input.
  public var preparation: ImagePreparation
  /// The classes of its public weights.
  public var classCount = 1000

  /// The same network with drawn weights or with memory to be filled.
  public func unset(classCount: Int? = nil) -> Backbone {
    Backbone(unset: architecture, classCount: classCount ?? self.classCount)
  }

  /// The same transformer for images of so many patches by so many; other networks as they are.
  func forGrid(side: Int?) -> CatalogModel {
    guard let side, case .transformer(var shape) = architecture, side < 1024,
      (side, side) != (shape.gridHeight, shape.gridWidth)
    else { return self }
    let pixels = side * shape.patchSize
    var copy = self
    (shape.imageHeight, shape.imageWidth) = (pixels, pixels)
    copy.architecture = .transformer(shape)
    copy.preparation = preparation.resized(height: pixels, width: pixels)
    return copy
  }

  /// How many numbers are learned.
  public var parameterCount: Int { unset().parameterCount }

  /// Products of a weight, key or value with an input for one image of the input size.
  public var multiplyAdds: Int {
    ModelProfile(of: unset(), height: preparation.height, width: preparation.width).multiplyAdds
  }
}

extension ImagePreparation {
  /// The shorter side is brought to a length, and the middle cut out.
  ///
  /// - Parameters:
  ///   - side: Side of the input.
  ///   - shorterSide: Length of the shorter side before; timm's is the side over its crop fraction.
  ///   - filter: How pixels are computed.
  ///   - normalization: Mean and deviation.
  /// - Returns: The preparation, without any randomness.
  public static func evaluation(
    side: Int, shorterSide: Int, filter: ResamplingFilter,
    normalization: ImageNormalization = .imageNet
  ) -> ImagePreparation {
    var preparation = ImagePreparation()
    (preparation.height, preparation.width) = (side, side)
    preparation.framing = .centered
    preparation.shorterSide = shorterSide
    preparation.filter = filter
    preparation.normalization = normalization
    return preparation
  }

  /// The same for another size of input, with the same part of the image cut out.
  ///
  /// - Precondition: Both sides are positive.
  public func resized(height newHeight: Int, width newWidth: Int) -> ImagePreparation {
    var copy = self
    let margin = Double(shorterSide) / Double(min(height, width))
    copy.shorterSide = Int(margin * Double(min(newHeight, newWidth)))
    (copy.height, copy.width) = (newHeight, newWidth)
    return copy
  }

  /// timm's way of saying the same: the part of the resized image that is kept.
  static func timm(
    side: Int, cropFraction: Double, filter: ResamplingFilter = .bicubic,
    normalization: ImageNormalization = .imageNet
  ) -> ImagePreparation {
    evaluation(
      side: side, shorterSide: Int(Double(side) / cropFraction), filter: filter,
      normalization: normalization)
  }
}
