import Foundation
internal import CImages

/// The weights of one axis of a resampling, in units of 2^-22 as Pillow has them.
struct ResamplingAxis: Sendable {
  private(set) var starts: [Int32] = []
  private(set) var counts: [Int32] = []
  private(set) var weights: [Int32] = []
  private var stride = 1

  private struct Row {
    var start: Int
    var weights: [Double]
  }

  var size: Int { starts.count }

  /// Whether every new pixel is the old one at the same place.
  let isIdentity: Bool

  /// Prepares one axis.
  ///
  /// - Parameters:
  ///   - old: The pixels there are.
  ///   - part: Where among them the new ones lie; pixels beside the part count, too.
  ///   - new: The pixels wanted.
  ///   - filter: The weight function.
  ///   - isAntialiased: Whether the function grows with the old pixels under a new one.
  init(
    from old: Int, part: ClosedRange<Double>, to new: Int, filter: ResamplingFilter,
    isAntialiased: Bool
  ) {
    isIdentity = new == old && part == 0...Double(old)
    let scale = (part.upperBound - part.lowerBound) / Double(new)
    let rows = (0..<new).map { index in
      let center = part.lowerBound + (Double(index) + 0.5) * scale
      if filter == .nearest {
        return Row(start: min(max(Int(center.rounded(.down)), 0), old - 1), weights: [1])
      }
      if !isAntialiased, filter == .bilinear || filter == .bicubic {
        return Self.interpolated(center - 0.5, count: old, isCubic: filter == .bicubic)
      }
      return Self.filtered(center, scale: isAntialiased ? max(scale, 1) : 1, count: old, filter)
    }
    stride = rows.map(\.weights.count).max() ?? 1
    weights = [Int32](repeating: 0, count: new * stride)
    for (index, row) in rows.enumerated() {
      starts.append(Int32(row.start))
      counts.append(Int32(row.weights.count))
      for (offset, weight) in row.weights.enumerated() {
        weights[index * stride + offset] = Int32(
          (weight * 0x1p22).rounded(.toNearestOrAwayFromZero))
      }
    }
  }

  /// The old pixels needed.
  var range: Range<Int> {
    let low = starts.min().map { Int($0) } ?? 0
    let high = zip(starts, counts).map { Int($0 + $1) }.max() ?? low
    return low..<high
  }

  /// Lends the axis to C, its starts counted from `origin`.
  func withParts<Value>(from origin: Int = 0, _ body: (ci_axis) -> Value) -> Value {
    let moved = origin == 0 ? starts : starts.map { $0 - Int32(origin) }
    return moved.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          body(
            ci_axis(
              starts: starts.baseAddress, counts: counts.baseAddress, weights: weights.baseAddress,
              stride: Int32(stride), size: Int32(size)))
        }
      }
    }
  }

  /// The filter about a place, widened by `scale` and cut off at the edges of the image.
  private static func filtered(
    _ center: Double, scale: Double, count: Int, _ filter: ResamplingFilter
  ) -> Row {
    let support = filter.support * scale
    let start = max(0, Int(center - support + 0.5))
    let end = max(start, min(count, Int(center + support + 0.5)))
    var weights = (start..<end).map { filter.weight(at: (Double($0) - center + 0.5) / scale) }
    let sum = weights.reduce(0, +)
    if sum != 0 { weights = weights.map { $0 / sum } }
    return Row(start: start, weights: weights)
  }

  /// PyTorch's interpolation without antialiasing: two or four pixels about a place, those beyond
  /// the edge standing for the outermost ones; its cubic kernel has a = -3/4.
  private static func interpolated(
    _ place: Double, count: Int, isCubic: Bool
  ) -> Row {
    let place = isCubic ? place : max(place, 0)
    let base = Int(place.rounded(.down))
    let offset = place - Double(base)
    let offsets = isCubic ? -1...2 : 0...1
    let indices = offsets.map { min(max(base + $0, 0), count - 1) }
    var weights = [Double](repeating: 0, count: indices[indices.count - 1] - indices[0] + 1)
    for (index, step) in zip(indices, offsets) {
      let distance = abs(offset - Double(step))
      weights[index - indices[0]] +=
        isCubic ? ResamplingFilter.cubic(distance, a: -0.75) : max(0, 1 - distance)
    }
    return Row(start: indices[0], weights: weights)
  }
}
