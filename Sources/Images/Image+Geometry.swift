extension Image {
  /// Returns the image at another size by exact area averaging.
  ///
  /// A new pixel is the mean of the old picture over the area it covers, pixels cut by its edge
  /// counting with the part that is covered, rounded to the nearest value (halves upward). Making
  /// smaller is therefore free of aliasing (105 x 105 to 28 x 28 averages boxes of 3.75 x 3.75);
  /// making larger repeats pixels, mixing them only where a new pixel lies across an old edge.
  /// Opacity is averaged like any other channel.
  ///
  /// - Precondition: Both sides are positive.
  public func resized(height newHeight: Int, width newWidth: Int) -> Image {
    precondition(newHeight > 0 && newWidth > 0, "cannot resize to \(newHeight) x \(newWidth)")
    guard newHeight != height || newWidth != width else { return self }
    var result = [UInt8](repeating: 0, count: newHeight * newWidth * channels)
    pixels.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        AreaResampler(from: (height, width), to: (newHeight, newWidth), channels: channels)
          .resample(source, into: target)
      }
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }

  /// Returns the image turned counter-clockwise by quarters of a circle; negative is clockwise.
  public func rotated(quarterTurns: Int) -> Image {
    let turns = ((quarterTurns % 4) + 4) % 4
    guard turns != 0 else { return self }
    let (newHeight, newWidth) = turns == 2 ? (height, width) : (width, height)
    var result = [UInt8]()
    result.reserveCapacity(pixels.count)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        let (oldRow, oldColumn) =
          switch turns {
          case 1: (column, width - 1 - row)
          case 2: (height - 1 - row, width - 1 - column)
          default: (height - 1 - column, row)
          }
        let start = (oldRow * width + oldColumn) * channels
        result.append(contentsOf: pixels[start..<start + channels])
      }
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }

  /// Returns the image with every pixel repeated as a square of `factor` x `factor`.
  ///
  /// - Precondition: `factor` is positive.
  public func enlarged(by factor: Int) -> Image {
    precondition(factor > 0, "cannot enlarge by \(factor)")
    return resized(height: height * factor, width: width * factor)
  }

  /// Lays images out in rows on a common ground, each centered in a cell as large as the largest.
  ///
  /// Gray images become colored where one of the others is; opacity is laid over white.
  ///
  /// - Parameters:
  ///   - images: Row by row; the last row may be short.
  ///   - columns: The images in a row.
  ///   - spacing: The pixels between and around the cells.
  ///   - ground: The value between the images.
  /// - Returns: The sheet.
  /// - Precondition: At least one image and one column, and no negative spacing.
  public static func grid(
    _ images: [Image], columns: Int, spacing: Int = 2, ground: UInt8 = 255
  ) -> Image {
    precondition(
      !images.isEmpty && columns > 0 && spacing >= 0, "a grid needs an image and a column")
    let isColored = images.contains { $0.channels > 2 }
    let parts = images.map { isColored ? $0.color() : $0.opaque() }
    let cellHeight = parts.map(\.height).max() ?? 1
    let cellWidth = parts.map(\.width).max() ?? 1
    let rows = (parts.count + columns - 1) / columns
    var sheet = Image(
      height: rows * (cellHeight + spacing) + spacing,
      width: columns * (cellWidth + spacing) + spacing,
      channels: isColored ? 3 : 1, filledWith: ground)
    for (index, part) in parts.enumerated() {
      let top = spacing + index / columns * (cellHeight + spacing)
      let left = spacing + index % columns * (cellWidth + spacing)
      sheet.place(
        part, row: top + (cellHeight - part.height) / 2, column: left + (cellWidth - part.width) / 2
      )
    }
    return sheet
  }

  private mutating func place(_ part: Image, row: Int, column: Int) {
    for line in 0..<part.height {
      let start = ((row + line) * width + column) * channels
      let length = part.width * channels
      pixels.replaceSubrange(
        start..<start + length, with: part.pixels[line * length..<(line + 1) * length])
    }
  }
}
