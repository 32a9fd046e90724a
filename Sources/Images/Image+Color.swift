extension Image {
  /// Returns the image without opacity, laid over a uniform ground.
  public func opaque(over ground: UInt8 = 255) -> Image {
    guard channels % 2 == 0 else { return self }
    let kept = channels - 1
    var result = [UInt8](repeating: 0, count: height * width * kept)
    for pixel in 0..<height * width {
      let alpha = Int(pixels[pixel * channels + kept])
      for channel in 0..<kept {
        let color = Int(pixels[pixel * channels + channel])
        result[pixel * kept + channel] = UInt8(
          (color * alpha + Int(ground) * (255 - alpha) + 127) / 255)
      }
    }
    return Image(height: height, width: width, channels: kept, pixels: result)
  }

  /// Returns the image in one channel: opacity over white, then the luma of ITU-R BT.601
  /// (0.299 red + 0.587 green + 0.114 blue), rounded as in Pillow.
  public func grayscale() -> Image {
    let opaque = opaque()
    guard opaque.channels == 3 else { return opaque }
    let gray = [UInt8](unsafeUninitializedCapacity: height * width) { target, count in
      opaque.pixels.withUnsafeBufferPointer { source in
        for pixel in 0..<height * width {
          target[pixel] = Self.luma(
            source[3 * pixel], source[3 * pixel + 1], source[3 * pixel + 2])
        }
      }
      count = height * width
    }
    return Image(height: height, width: width, channels: 1, pixels: gray)
  }

  /// Returns the image in three channels: opacity over white, gray copied three times.
  public func color() -> Image {
    let opaque = opaque()
    guard opaque.channels == 1 else { return opaque }
    let colors = [UInt8](unsafeUninitializedCapacity: 3 * height * width) { target, count in
      for (pixel, value) in opaque.pixels.enumerated() {
        for channel in 0..<3 { target[3 * pixel + channel] = value }
      }
      count = 3 * height * width
    }
    return Image(height: height, width: width, channels: 3, pixels: colors)
  }

  /// Returns the image with every sample `v` replaced by `255 - v`, opacity excepted.
  public func inverted() -> Image {
    mapped { 255 - $0 }
  }
}
