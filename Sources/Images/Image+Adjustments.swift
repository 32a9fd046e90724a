extension Image {
  /// Returns the image with every color multiplied by a factor: 0 is black, 1 no change.
  ///
  /// This and the other adjustments are those of Pillow's `ImageEnhance`, rounding included; opacity
  /// stays.
  public func brightnessAdjusted(by factor: Double) -> Image {
    mapped { Self.blended(0, $0, Float(factor)) }
  }

  /// Returns the image with every color drawn towards the mean luma or away from it: 0 is that gray
  /// everywhere, 1 no change.
  public func contrastAdjusted(by factor: Double) -> Image {
    let gray = grayscale().pixels
    let sum = gray.reduce(0) { $0 + Int($1) }
    let mean = UInt8((2 * sum + gray.count) / (2 * gray.count))
    return mapped { Self.blended(mean, $0, Float(factor)) }
  }

  /// Returns the image with every color drawn towards its own luma or away from it: 0 is gray, 1
  /// no change. A gray image stays as it is.
  public func saturationAdjusted(by factor: Double) -> Image {
    guard channels > 2 else { return self }
    return mappingPixels { pixel in
      let luma = Self.luma(pixel[0], pixel[1], pixel[2])
      for channel in 0..<3 {
        pixel[channel] = Self.blended(luma, pixel[channel], Float(factor))
      }
    }
  }

  /// Returns the image drawn towards a smoothed one or away from it: 0 is smoothed, 1 no change.
  ///
  /// Smoothing is a mean of 3 x 3 pixels in which the middle counts five times; the outermost
  /// pixels stay as they are.
  public func sharpnessAdjusted(by factor: Double) -> Image {
    let smooth = smoothed()
    var result = self
    result.pixels = pixels.indices.map { index in
      Self.blended(smooth.pixels[index], pixels[index], Float(factor))
    }
    return result
  }

  /// Returns the image with every hue turned by a part of the full circle, -1/2 to 1/2. A gray image
  /// stays as it is.
  ///
  /// Hue and saturation go through 8 bits, as in Pillow.
  public func hueShifted(by turn: Double) -> Image {
    guard channels > 2 else { return self }
    let shift = UInt8(truncatingIfNeeded: Int(turn * 255))
    return mappingPixels { pixel in
      var color = HSV(red: pixel[0], green: pixel[1], blue: pixel[2])
      color.hue &+= shift
      (pixel[0], pixel[1], pixel[2]) = color.rgb
    }
  }

  /// Returns the image with only the upper bits of every color kept.
  ///
  /// - Precondition: 0 to 8 bits.
  public func posterized(bits: Int) -> Image {
    precondition((0...8).contains(bits), "a color has 0 to 8 bits, not \(bits)")
    let mask = UInt8(truncatingIfNeeded: 0xff << (8 - bits))
    return mapped { $0 & mask }
  }

  /// Returns the image with every color at or above a threshold inverted.
  public func solarized(from threshold: Double) -> Image {
    mapped { Double($0) < threshold ? $0 : 255 - $0 }
  }

  /// Returns the image with the values of every color channel stretched to 0 ... 255.
  public func autocontrasted() -> Image {
    mappedByHistogram { histogram in
      guard let low = histogram.firstIndex(where: { $0 > 0 }),
        let high = histogram.lastIndex(where: { $0 > 0 }), low < high
      else { return nil }
      let scale = 255 / Double(high - low)
      return (0..<256).map { UInt8(min(max(Double($0) * scale - Double(low) * scale, 0), 255)) }
    }
  }

  /// Returns the image with the values of every color channel spread so that all of them are about
  /// equally frequent.
  public func equalized() -> Image {
    mappedByHistogram { histogram in
      let present = histogram.filter { $0 > 0 }
      guard present.count > 1, let last = present.last else { return nil }
      let step = (present.reduce(0, +) - last) / 255
      guard step > 0 else { return nil }
      var sum = step / 2
      return histogram.map { count in
        defer { sum += count }
        return UInt8(min(sum / step, 255))
      }
    }
  }

  /// `first + factor (second - first)`, kept within 0 ... 255 and cut off to a whole number.
  private static func blended(_ first: UInt8, _ second: UInt8, _ factor: Float) -> UInt8 {
    let value = Float(first) + factor * (Float(second) - Float(first))
    return value <= 0 ? 0 : value >= 255 ? 255 : UInt8(value)
  }

  private func smoothed() -> Image {
    guard height > 2, width > 2 else { return self }
    let line = width * channels
    var result = self
    result.pixels = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      pixels.withUnsafeBufferPointer { source in
        _ = target.initialize(fromContentsOf: source)
        for row in 1..<height - 1 {
          for index in row * line + channels..<(row + 1) * line - channels {
            var sum = 4 * Int32(source[index])
            for above in [index - line, index, index + line] {
              sum += Int32(source[above - channels]) + Int32(source[above])
              sum += Int32(source[above + channels])
            }
            target[index] = UInt8((2 * sum + 13) / 26)
          }
        }
      }
      count = pixels.count
    }
    return result
  }
}
