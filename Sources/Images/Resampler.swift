internal import CImages

/// Resizes many images, or parts of images, of one size to another.
///
/// One pass along the width and one along the height, each rounded to whole values, as in Pillow.
///
/// ```swift
/// let shrink = Resampler(from: (375, 500), to: (224, 224), channels: 3, filter: .bicubic)
/// let small = photographs.map { shrink($0) }
/// ```
public struct Resampler: Sendable {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let rows: ResamplingAxis
  private let columns: ResamplingAxis

  /// Prepares the weights of both axes.
  ///
  /// - Parameters:
  ///   - old: Height and width of the images that will be given.
  ///   - box: The part of them that becomes the new image, its edges anywhere between pixels; the
  ///     whole image unless told. Pixels beside the part still count where the filter reaches them.
  ///   - new: Height and width of the results.
  ///   - channels: The samples per pixel of both.
  ///   - filter: How pixels are computed.
  ///   - isAntialiased: Whether a filter grows with the reduction, so that every old pixel counts.
  ///     Without, bilinear and bicubic are PyTorch's `interpolate` (its bicubic has a = -3/4).
  /// - Precondition: Everything is positive and the box lies in the image.
  public init(
    from old: (height: Int, width: Int),
    box: (rows: ClosedRange<Double>, columns: ClosedRange<Double>)? = nil,
    to new: (height: Int, width: Int), channels: Int, filter: ResamplingFilter,
    isAntialiased: Bool = true
  ) {
    precondition(
      min(old.height, old.width, new.height, new.width, channels) > 0,
      "cannot resample \(old) to \(new) with \(channels) channels")
    let box = box ?? (0...Double(old.height), 0...Double(old.width))
    precondition(
      box.rows.lowerBound >= 0 && box.rows.upperBound <= Double(old.height)
        && box.columns.lowerBound >= 0 && box.columns.upperBound <= Double(old.width),
      "the box \(box) does not lie in an image of \(old)")
    (height, width) = old
    self.channels = channels
    rows = ResamplingAxis(
      from: old.height, part: box.rows, to: new.height, filter: filter,
      isAntialiased: isAntialiased)
    columns = ResamplingAxis(
      from: old.width, part: box.columns, to: new.width, filter: filter,
      isAntialiased: isAntialiased)
  }

  /// Resizes one image.
  ///
  /// - Precondition: It has exactly the size that was prepared.
  public func callAsFunction(_ image: Image) -> Image {
    precondition(
      (image.height, image.width, image.channels) == (height, width, channels),
      "an image of \(image.height) x \(image.width) x \(image.channels) was given to a resampler "
        + "of \(height) x \(width) x \(channels)")
    let pixels = [UInt8](
      unsafeUninitializedCapacity: rows.size * columns.size * channels
    ) { target, count in
      image.pixels.withUnsafeBufferPointer { resample($0, into: target) }
      count = rows.size * columns.size * channels
    }
    return Image(height: rows.size, width: columns.size, channels: channels, pixels: pixels)
  }

  /// Resizes one image from memory to memory.
  private func resample(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    guard let start = source.baseAddress, let result = target.baseAddress else { return }
    let (length, newLength) = (width * channels, columns.size * channels)
    if columns.isIdentity {
      return rows.withParts { ci_resample_columns(start, Int32(length), $0, result) }
    }
    let needed = rows.range
    let first = start + needed.lowerBound * length
    func shrinkRows(into middle: UnsafeMutablePointer<UInt8>) {
      columns.withParts {
        ci_resample_rows(
          first, length, start + source.count, Int32(needed.count), Int32(channels), $0, middle)
      }
    }
    if rows.isIdentity { return shrinkRows(into: result) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: needed.count * newLength) { middle in
      guard let middle = middle.baseAddress else { return }
      shrinkRows(into: middle)
      rows.withParts(from: needed.lowerBound) {
        ci_resample_columns(middle, Int32(newLength), $0, result)
      }
    }
  }
}

extension Image {
  /// Returns the image at another size.
  ///
  /// Opacity is treated like any other channel. For exact area averaging see
  /// ``resized(height:width:)``.
  ///
  /// - Parameters:
  ///   - newHeight: The new number of rows.
  ///   - newWidth: The new number of columns.
  ///   - filter: How pixels are computed.
  ///   - isAntialiased: See ``Resampler``.
  /// - Returns: The image at the size.
  /// - Precondition: Both sides are positive.
  public func resized(
    height newHeight: Int, width newWidth: Int, filter: ResamplingFilter,
    isAntialiased: Bool = true
  ) -> Image {
    guard newHeight != height || newWidth != width else { return self }
    return Resampler(
      from: (height, width), to: (newHeight, newWidth), channels: channels, filter: filter,
      isAntialiased: isAntialiased)(self)
  }
}
