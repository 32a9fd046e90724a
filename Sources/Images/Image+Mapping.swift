extension Image {
  /// The channels that hold color, not opacity.
  var colorChannels: Int { channels % 2 == 0 ? channels - 1 : channels }

  /// Luma of ITU-R BT.601 in 16-bit fixed point, as Pillow computes it.
  static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let (red, green, blue) = (UInt32(red), UInt32(green), UInt32(blue))
    let sum: UInt32 = 19595 * red + 38470 * green + 7471 * blue
    return UInt8((sum + 0x8000) >> 16)
  }

  /// Returns the image with a function applied to every color value.
  func mapped(_ function: (UInt8) -> UInt8) -> Image {
    let table = (0..<256).map { function(UInt8($0)) }
    return mapped(tables: [[UInt8]](repeating: table, count: colorChannels))
  }

  /// Returns the image with a table made of every color channel's histogram applied to it; a
  /// channel without a table stays.
  func mappedByHistogram(_ table: (_ histogram: [Int]) -> [UInt8]?) -> Image {
    let tables = (0..<colorChannels).map { channel in
      var histogram = [Int](repeating: 0, count: 256)
      for index in stride(from: channel, to: pixels.count, by: channels) {
        histogram[Int(pixels[index])] += 1
      }
      return table(histogram) ?? (0...255).map { UInt8($0) }
    }
    return mapped(tables: tables)
  }

  /// Returns the image with a function applied to every pixel.
  func mappingPixels(_ function: (UnsafeMutableBufferPointer<UInt8>) -> Void) -> Image {
    var changed = pixels
    changed.withUnsafeMutableBufferPointer { all in
      for start in stride(from: 0, to: all.count, by: channels) {
        function(UnsafeMutableBufferPointer(rebasing: all[start..<start + channels]))
      }
    }
    return Image(height: height, width: width, channels: channels, pixels: changed)
  }

  private func mapped(tables: [[UInt8]]) -> Image {
    var changed = pixels
    changed.withUnsafeMutableBufferPointer { all in
      for (channel, table) in tables.enumerated() {
        table.withUnsafeBufferPointer { table in
          for index in stride(from: channel, to: all.count, by: channels) {
            all[index] = table[Int(all[index])]
          }
        }
      }
    }
    return Image(height: height, width: width, channels: channels, pixels: changed)
  }
}
