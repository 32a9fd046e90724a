import Foundation
import Randomness

/// Turns stored images into the numbers a network sees.
struct EpisodeRenderer {
  private let set: ImageSet
  private let color: ColorAugmentation?
  private let sharedColor: ColorAugmentation.Variation?
  private let table: [Float] = (0..<256).map { Float($0) / 128 - 1 }

  /// Decides what is common to a whole support or a whole query batch.
  init(set: ImageSet, augmentation: EpisodeAugmentation, using random: inout RandomSource) {
    self.set = set
    color = augmentation.color
    sharedColor = augmentation.color?.sharedVariation(using: &random)
  }

  /// Writes one image as `[channels, height, width]`.
  func render(
    _ sample: Int, _ variation: EpisodeAugmentation.Variation,
    into target: UnsafeMutableBufferPointer<Float>, using random: inout RandomSource
  ) {
    copy(sample, quarterTurns: variation.quarterTurns, into: target)
    guard !variation.isPlain || color != nil else { return }
    let plane = set.height * set.width
    for channel in 0..<set.channels {
      var values = Plane(
        height: set.height, width: set.width,
        values: target[channel * plane..<(channel + 1) * plane].map { ($0 + 1) * 128 })
      values.apply(variation)
      for index in 0..<plane { target[channel * plane + index] = values.values[index] }
    }
    if let color {
      color.apply(
        sharedColor ?? color.variation(using: &random), to: target, height: set.height,
        width: set.width, using: &random)
    }
    for index in target.indices { target[index] = target[index] / 128 - 1 }
  }

  /// Copies the pixels, turned counter-clockwise, each looked up in the table of scaled values.
  private func copy(
    _ sample: Int, quarterTurns: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let (height, width, channels) = (set.height, set.width, set.channels)
    // The source of target (row, column) is start + row * down + column * right, in pixels.
    let (start, down, right) =
      switch quarterTurns {
      case 1: (width - 1, -1, width)
      case 2: (height * width - 1, -width, -1)
      case 3: ((height - 1) * width, 1, -width)
      default: (0, width, 1)
      }
    set.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        var position = 0
        for channel in 0..<channels {
          let base = sample * set.imageSize + channel
          for row in 0..<height {
            var source = base + (start + row * down) * channels
            for _ in 0..<width {
              target[position] = table[Int(pixels[source])]
              source += right * channels
              position += 1
            }
          }
        }
      }
    }
  }
}

/// One channel of one image, values 0 ... 255.
struct Plane {
  let height: Int
  let width: Int
  var values: [Float]

  /// Applies everything but the quarter turns, in the order of ``EpisodeAugmentation``.
  mutating func apply(_ variation: EpisodeAugmentation.Variation) {
    if let radians = variation.radians { rotate(radians) }
    if let roll = variation.roll {
      self.roll(
        rows: Int((roll.rows * Double(height)).rounded()),
        columns: Int((roll.columns * Double(width)).rounded()))
    }
    if let scale = variation.scale { reduce(to: scale) }
    if let strength = variation.contrast { stretchContrast(Float(strength)) }
    if variation.isSmoothed { smooth() }
    if variation.isNegated { values = values.map { 255 - $0 } }
  }

  /// Turns the image about its middle, bilinearly.
  mutating func rotate(_ radians: Double) {
    let (cosine, sine) = (cos(radians), sin(radians))
    warp { row, column in (cosine * row - sine * column, sine * row + cosine * column) }
  }

  /// Makes the image smaller about its middle, bilinearly.
  mutating func reduce(to scale: Double) {
    warp { row, column in (row / scale, column / scale) }
  }

  /// Moves the image; what leaves at one edge enters at the other.
  mutating func roll(rows: Int, columns: Int) {
    let old = values
    for row in 0..<height {
      let from = ((row - rows) % height + height) % height
      for column in 0..<width {
        let side = ((column - columns) % width + width) % width
        values[row * width + column] = old[from * width + side]
      }
    }
  }

  private mutating func stretchContrast(_ strength: Float) {
    let scaled = values.map { $0 / 128 - 1 }
    let mean = scaled.reduce(0, +) / Float(scaled.count)
    values = scaled.map { tanh(($0 - mean) * strength) / strength + mean }
    normalize()
  }

  private mutating func smooth() {
    let old = values
    for row in 0..<height {
      for column in 0..<width {
        var sum: Float = 0
        for near in max(row - 1, 0)...min(row + 1, height - 1) {
          for side in max(column - 1, 0)...min(column + 1, width - 1) {
            sum += old[near * width + side]
          }
        }
        let rows = min(row + 1, height - 1) - max(row - 1, 0) + 1
        let columns = min(column + 1, width - 1) - max(column - 1, 0) + 1
        values[row * width + column] = sum / Float(rows * columns)
      }
    }
    normalize()
  }

  /// Stretches the values to 0 ... 255; a uniform image stays as it is.
  private mutating func normalize() {
    guard let low = values.min(), let high = values.max(), high > low else { return }
    values = values.map { ($0 - low) * 255 / (high - low) }
  }

  /// Fetches every pixel from the place `source` names, relative to the middle; places outside
  /// give the mean of the border.
  private mutating func warp(_ source: (Double, Double) -> (Double, Double)) {
    let old = self
    let ground = borderMean
    let (middleRow, middleColumn) = (Double(height - 1) / 2, Double(width - 1) / 2)
    for row in 0..<height {
      for column in 0..<width {
        let place = source(Double(row) - middleRow, Double(column) - middleColumn)
        let value = old.bilinear(place.0 + middleRow, place.1 + middleColumn)
        values[row * width + column] = value ?? ground
      }
    }
  }

  /// The bilinear value at a place in pixels, or `nil` outside the image.
  func bilinear(_ row: Double, _ column: Double) -> Float? {
    guard row >= -0.5, column >= -0.5, row <= Double(height) - 0.5, column <= Double(width) - 0.5
    else { return nil }
    let (top, left) = (row.rounded(.down), column.rounded(.down))
    let (down, right) = (Float(row - top), Float(column - left))
    let (above, below) = (max(Int(top), 0), min(Int(top) + 1, height - 1))
    let (before, after) = (max(Int(left), 0), min(Int(left) + 1, width - 1))
    let upper = values[above * width + before] * (1 - right) + values[above * width + after] * right
    let lower = values[below * width + before] * (1 - right) + values[below * width + after] * right
    return upper * (1 - down) + lower * down
  }

  private var borderMean: Float {
    var (sum, count): (Float, Float) = (0, 0)
    for row in 0..<height {
      for column in 0..<width
      where row == 0 || column == 0 || row == height - 1 || column == width - 1 {
        sum += values[row * width + column]
        count += 1
      }
    }
    return sum / count
  }
}
