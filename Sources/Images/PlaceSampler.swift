/// Reads an image at places between its pixels, as Pillow's geometric transformations do.
struct PlaceSampler {
  let pixels: UnsafeBufferPointer<UInt8>
  let height: Int
  let width: Int
  let channels: Int

  /// Nearest pixels, with places in 16-bit fixed point.
  func nearest(_ map: AffineMap, into target: UnsafeMutableBufferPointer<UInt8>) {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (stepX, stepY) = (fixed(map.a), fixed(map.d))
    var position = 0
    var startX = fixed(map.c + map.a / 2 + map.b / 2)
    var startY = fixed(map.f + map.d / 2 + map.e / 2)
    for _ in 0..<height {
      var (x, y) = (startX, startY)
      for _ in 0..<width {
        let (row, column) = (y >> 16, x >> 16)
        if row >= 0, row < height, column >= 0, column < width {
          let start = (row * width + column) * channels
          for channel in 0..<channels { target[position + channel] = pixels[start + channel] }
        }
        position += channels
        x += stepX
        y += stepY
      }
      startX += fixed(map.b)
      startY += fixed(map.e)
    }
  }

  /// Two or four pixels along each axis; those beyond the edge stand for the outermost ones.
  func interpolated(
    _ map: AffineMap, isCubic: Bool, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    var position = 0
    for row in 0..<height {
      for column in 0..<width {
        let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
        let (oldX, oldY) = (map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f)
        if oldX >= 0, oldX < Double(width), oldY >= 0, oldY < Double(height) {
          for channel in 0..<channels {
            let value =
              isCubic
              ? bicubic(oldX - 0.5, oldY - 0.5, channel)
              : bilinear(oldX - 0.5, oldY - 0.5, channel)
            target[position + channel] = UInt8(min(max(value, 0), 255))
          }
        }
        position += channels
      }
    }
  }

  private func value(_ row: Int, _ column: Int, _ channel: Int) -> Double {
    let (row, column) = (min(max(row, 0), height - 1), min(max(column, 0), width - 1))
    return Double(pixels[(row * width + column) * channels + channel])
  }

  private func bilinear(_ x: Double, _ y: Double, _ channel: Int) -> Double {
    let (column, row) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (dx, dy) = (x - Double(column), y - Double(row))
    func line(_ row: Int) -> Double {
      let (left, right) = (value(row, column, channel), value(row, column + 1, channel))
      return left + (right - left) * dx
    }
    let (upper, lower) = (line(row), line(row + 1))
    return upper + (lower - upper) * dy
  }

  private func bicubic(_ x: Double, _ y: Double, _ channel: Int) -> Double {
    let (column, row) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (dx, dy) = (x - Double(column), y - Double(row))
    func line(_ row: Int) -> Double {
      cubic(
        value(row, column - 1, channel), value(row, column, channel),
        value(row, column + 1, channel), value(row, column + 2, channel), dx)
    }
    return cubic(line(row - 1), line(row), line(row + 1), line(row + 2), dy)
  }

  private func cubic(
    _ first: Double, _ second: Double, _ third: Double, _ fourth: Double, _ d: Double
  ) -> Double {
    let square = 2 * (first - second) + third - fourth
    let cube = -first + second - third + fourth
    return second + d * (third - first + d * (square + d * cube))
  }
}
