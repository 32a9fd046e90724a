/// What stands where an image is padded.
public enum Padding: Sendable, Hashable {
  /// One value in every channel.
  case constant(UInt8)
  /// The nearest pixel of the image.
  case edge
  /// The image mirrored about its outermost pixels, which are not repeated.
  case reflection
}

extension Image {
  /// Returns a part of the image.
  ///
  /// - Precondition: The region lies in the image.
  public func cropped(to region: ImageRegion) -> Image {
    precondition(
      region.isInside(height: height, width: width),
      "\(region) does not lie in an image of \(height) x \(width)")
    guard region.height != height || region.width != width else { return self }
    let (length, part) = (width * channels, region.width * channels)
    let cut = [UInt8](unsafeUninitializedCapacity: region.height * part) { target, count in
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<region.height {
          let start = (region.top + row) * length + region.left * channels
          _ = UnsafeMutableBufferPointer(rebasing: target[row * part..<(row + 1) * part])
            .initialize(fromContentsOf: source[start..<start + part])
        }
      }
      count = region.height * part
    }
    return Image(height: region.height, width: region.width, channels: channels, pixels: cut)
  }

  /// Returns a part of the image that may reach beyond its edges.
  ///
  /// - Parameters:
  ///   - region: The part wanted; it may even lie wholly outside, but for reflection.
  ///   - padding: What stands beyond the edges.
  /// - Returns: The part, at the size of the region.
  /// - Precondition: The region has a pixel; for ``Padding/reflection`` it reaches at most a side
  ///   less one pixel beyond the edges.
  public func cropped(to region: ImageRegion, padding: Padding) -> Image {
    guard !region.isInside(height: height, width: width) else { return cropped(to: region) }
    precondition(region.height > 0 && region.width > 0, "\(region) has no pixels")
    let rows = (region.top..<region.top + region.height).map { padding.source(of: $0, in: height) }
    let columns = (region.left..<region.left + region.width)
      .map { padding.source(of: $0, in: width) }
    var fill: UInt8 = 0
    if case .constant(let value) = padding { fill = value }
    var result = [UInt8](repeating: fill, count: region.height * region.width * channels)
    var position = 0
    for row in rows {
      for column in columns {
        if let row, let column {
          let start = (row * width + column) * channels
          for channel in 0..<channels { result[position + channel] = pixels[start + channel] }
        }
        position += channels
      }
    }
    return Image(height: region.height, width: region.width, channels: channels, pixels: result)
  }

  /// Returns the image with pixels added at its four sides.
  ///
  /// - Precondition: No side is negative; see ``cropped(to:padding:)`` for reflection.
  public func padded(
    top: Int, bottom: Int, left: Int, right: Int, with padding: Padding = .constant(0)
  ) -> Image {
    precondition(min(top, bottom, left, right) >= 0, "a padding cannot be negative")
    return cropped(
      to: ImageRegion(
        top: -top, left: -left, height: height + top + bottom, width: width + left + right),
      padding: padding)
  }

  /// Returns the image mirrored from left to right.
  public func flippedHorizontally() -> Image {
    let size = pixels.count
    let mirrored = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        var position = 0
        for row in 0..<height {
          for column in (0..<width).reversed() {
            let start = (row * width + column) * channels
            for channel in 0..<channels { target[position + channel] = source[start + channel] }
            position += channels
          }
        }
      }
      count = size
    }
    return Image(height: height, width: width, channels: channels, pixels: mirrored)
  }

  /// Returns the image mirrored from top to bottom.
  public func flippedVertically() -> Image {
    let length = width * channels
    return Image(
      height: height, width: width, channels: channels,
      pixels: (0..<height).reversed().flatMap { pixels[$0 * length..<($0 + 1) * length] })
  }
}

extension Padding {
  /// The pixel that stands at a place, or `nil` for the constant.
  fileprivate func source(of index: Int, in count: Int) -> Int? {
    if index >= 0 && index < count { return index }
    switch self {
    case .constant: return nil
    case .edge: return index < 0 ? 0 : count - 1
    case .reflection:
      let mirrored = index < 0 ? -index : 2 * (count - 1) - index
      precondition(
        mirrored >= 0 && mirrored < count,
        "a side of \(count) pixels cannot be mirrored \(index < 0 ? -index : index - count + 1) "
          + "pixels beyond its edge")
      return mirrored
    }
  }
}
