import Images
import Randomness

extension ImageSource {
  /// A sheet of images drawn from every class in turn, each with the name of its class.
  ///
  /// - Parameters:
  ///   - count: The images on the sheet, at most.
  ///   - side: The height and width of each, in pixels; small images are enlarged by repetition.
  ///   - columns: The images in a row.
  ///   - seed: Decides which images of a class are taken.
  /// - Returns: The sheet.
  /// - Throws: `FileFailure` for an image that cannot be decoded.
  public func sampleGrid(
    count: Int = 40, side: Int = 96, columns: Int = 10, seed: UInt64 = 1
  ) throws -> Image {
    var random = RandomSource(seed: seed)
    var members = [[Int]](repeating: [], count: classNames.count)
    for sample in 0..<self.count { members[label(ofSample: sample)].append(sample) }
    let shuffled = members.map { $0.shuffled(using: &random) }
    let rounds = (count + max(classNames.count, 1) - 1) / max(classNames.count, 1)
    let chosen = (0..<rounds).flatMap { round in
      shuffled.filter { $0.count > round }.map { $0[round] }
    }
    let tiles = try chosen.prefix(count).map { sample in
      let image = try self.sample(sample).decoded().fitted(side: side)
      return image.captioned(classNames[label(ofSample: sample)])
    }
    return Image.grid(Array(tiles), columns: min(columns, max(tiles.count, 1)), spacing: 4)
  }
}

extension DetectionSet {
  /// One image with its boxes, each in the color and with the name of its class.
  ///
  /// - Parameters:
  ///   - index: The image.
  ///   - side: The longer side of the result, in pixels; the stored size unless told.
  /// - Returns: The image, in color.
  /// - Throws: `FileFailure` for an image that cannot be decoded.
  /// - Precondition: The image exists.
  public func drawing(_ index: Int, side: Int? = nil) throws -> Image {
    var image = try file(index).decoded().color()
    let scale = side.map { Double($0) / Double(max(image.height, image.width)) } ?? 1
    if side != nil { image = image.scaled(by: scale) }
    for object in images[index].objects {
      let color = ImageColor.ofClass(object.label)
      let box = object.box
      let (left, top) = (Int(box.x * scale), Int(box.y * scale))
      image.drawRectangle(
        ImageRegion(
          top: top, left: left, height: max(Int((box.y + box.height) * scale) - top, 1),
          width: max(Int((box.x + box.width) * scale) - left, 1)), color: color)
      let size = Image.labelSize(of: classNames[object.label])
      image.drawLabel(
        classNames[object.label], row: max(top - size.height, 0), column: left, ground: color)
    }
    return image
  }

  /// A sheet of images with their boxes, spread evenly over the set.
  ///
  /// - Throws: `FileFailure` for an image that cannot be decoded.
  public func sampleGrid(count: Int = 12, side: Int = 240, columns: Int = 4) throws -> Image {
    let number = min(count, images.count)
    let tiles = try (0..<number).map { try drawing($0 * images.count / number, side: side) }
    return Image.grid(tiles, columns: min(columns, max(number, 1)), spacing: 4)
  }
}

extension Image {
  /// The image with its longer side brought to a length: small ones by repetition of pixels, larger
  /// ones by averaging.
  fileprivate func fitted(side: Int) -> Image {
    let longer = max(height, width)
    let image = longer * 2 <= side ? enlarged(by: side / longer) : self
    return image.scaled(by: Double(side) / Double(max(image.height, image.width)))
  }

  fileprivate func scaled(by factor: Double) -> Image {
    resized(
      height: max(Int((Double(height) * factor).rounded()), 1),
      width: max(Int((Double(width) * factor).rounded()), 1), filter: .bilinear)
  }

  /// The image above a line of text, which is cut off where it is too long.
  fileprivate func captioned(_ text: String) -> Image {
    let size = Image.labelSize(of: text)
    let ground = ImageColor(255, 255, 255)
    var result = opaque().padded(
      top: 0, bottom: size.height, left: 0, right: 0, with: .constant(255))
    result.drawLabel(text, row: height, column: 0, ground: ground)
    return result
  }
}
