/// Resizes many images of one size to another by exact area averaging.
///
/// All arithmetic is in whole numbers: with lengths measured in units of 1 / (old side * new side)
/// an old pixel is `new` units long and a new one `old` units, so every overlap is a whole number
/// and the mean is rounded once. See ``Image/resized(height:width:)``.
public struct AreaResampler: Sendable {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let rows: [Span]
  private let columns: [Span]

  /// The old pixels under one new pixel: the first one and the overlaps.
  private struct Span: Sendable {
    var start: Int
    var weights: [Int]
  }

  /// Prepares the overlaps of both axes.
  ///
  /// - Parameters:
  ///   - old: Height and width of the images that will be given.
  ///   - new: Height and width of the results.
  ///   - channels: The samples per pixel of both.
  /// - Precondition: Everything is positive and `old.height` below 2^24.
  public init(
    from old: (height: Int, width: Int), to new: (height: Int, width: Int), channels: Int
  ) {
    precondition(
      min(old.height, old.width, new.height, new.width, channels) > 0,
      "cannot resize \(old) to \(new) with \(channels) channels")
    precondition(old.height < 1 << 24, "cannot resize an image of \(old.height) rows")
    (height, width) = old
    self.channels = channels
    rows = Self.spans(from: old.height, to: new.height)
    columns = Self.spans(from: old.width, to: new.width)
  }

  /// Resizes one image.
  ///
  /// - Parameters:
  ///   - source: The old samples, `[height, width, channels]`.
  ///   - target: Takes the new samples.
  /// - Precondition: Both have exactly the size that was prepared.
  public func resample(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(
      source.count == height * width * channels
        && target.count == rows.count * columns.count * channels,
      "the buffers do not have the sizes that were prepared")
    let area = height * width
    let length = width * channels
    // A column sum is at most 255 times the old height, so 32 bits suffice and go twice as fast.
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: length) { line in
      var position = 0
      for row in rows {
        line.update(repeating: 0)
        for (offset, weight) in row.weights.enumerated() {
          let start = (row.start + offset) * length
          let factor = UInt32(weight)
          let pixels = UnsafeBufferPointer(rebasing: source[start..<start &+ length])
          for index in 0..<length {
            line[index] = line[index] &+ factor &* UInt32(pixels[index])
          }
        }
        for column in columns {
          for channel in 0..<channels {
            var sum = 0
            var index = column.start * channels + channel
            for weight in column.weights {
              sum &+= weight &* Int(line[index])
              index &+= channels
            }
            target[position] = UInt8((2 * sum + area) / (2 * area))
            position += 1
          }
        }
      }
    }
  }

  private static func spans(from old: Int, to new: Int) -> [Span] {
    (0..<new).map { index in
      let (low, high) = (index * old, (index + 1) * old)
      let start = low / new
      let end = (high + new - 1) / new
      return Span(
        start: start,
        weights: (start..<end).map { min(high, ($0 + 1) * new) - max(low, $0 * new) })
    }
  }
}
