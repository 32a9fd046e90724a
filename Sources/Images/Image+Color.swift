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
  /// (0.299 red + 0.587 green + 0.114 blue, rounded to the nearest value).
  public func grayscale() -> Image {
    let opaque = opaque()
    guard opaque.channels == 3 else { return opaque }
    let gray = (0..<height * width).map { pixel in
      let red = Int(opaque.pixels[3 * pixel])
      let green = Int(opaque.pixels[3 * pixel + 1])
      let blue = Int(opaque.pixels[3 * pixel + 2])
      return UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
    }
    return Image(height: height, width: width, channels: 1, pixels: gray)
  }

  /// Returns the image in three channels: opacity over white, gray copied three times.
  public func color() -> Image {
    let opaque = opaque()
    guard opaque.channels == 1 else { return opaque }
    return Image(
      height: height, width: width, channels: 3,
      pixels: opaque.pixels.flatMap { [$0, $0, $0] })
  }

  /// Returns the image with every sample `v` replaced by `255 - v`, opacity excepted.
  public func inverted() -> Image {
    var result = self
    let colors = channels % 2 == 0 ? channels - 1 : channels
    result.pixels = pixels.enumerated().map { $0 % channels < colors ? 255 - $1 : $1 }
    return result
  }
}
