import Images

extension ImageSet {
  /// Returns the set of some of the classes, in the order given.
  ///
  /// - Precondition: Every class exists.
  public func selecting(classes: [Int]) -> ImageSet {
    var kept: [UInt8] = []
    kept.reserveCapacity(classes.reduce(0) { $0 + samples(ofClass: $1).count } * imageSize)
    for index in classes {
      let samples = samples(ofClass: index)
      kept += pixels[samples.lowerBound * imageSize..<samples.upperBound * imageSize]
    }
    return ImageSet(
      name: name, height: height, width: width, channels: channels,
      classNames: classes.map { classNames[$0] },
      counts: classes.map { samples(ofClass: $0).count }, pixels: kept)
  }

  /// Returns the set with every image at another size by exact area averaging; see
  /// `Image.resized(height:width:)`.
  ///
  /// - Precondition: Both sides are positive.
  public func resized(height newHeight: Int, width newWidth: Int) -> ImageSet {
    guard newHeight != height || newWidth != width else { return self }
    let resampler = AreaResampler(
      from: (height, width), to: (newHeight, newWidth), channels: channels)
    let newSize = newHeight * newWidth * channels
    let resized = [UInt8](unsafeUninitializedCapacity: count * newSize) { target, filled in
      filled = count * newSize
      target.update(repeating: 0)
      pixels.withUnsafeBufferPointer { source in
        for sample in 0..<count {
          resampler.resample(
            UnsafeBufferPointer(rebasing: source[sample * imageSize..<(sample + 1) * imageSize]),
            into: UnsafeMutableBufferPointer(
              rebasing: target[sample * newSize..<(sample + 1) * newSize]))
        }
      }
    }
    return replacingPixels(resized, height: newHeight, width: newWidth)
  }

  /// Returns the set with the middle of every image, so many rows and columns of it.
  ///
  /// Where an odd number of rows or columns goes, one more goes at the end.
  ///
  /// - Precondition: Both sides are positive and not larger than the images.
  public func centerCropped(height newHeight: Int, width newWidth: Int) -> ImageSet {
    precondition(
      (1...height).contains(newHeight) && (1...width).contains(newWidth),
      "images of \(height) x \(width) have no middle of \(newHeight) x \(newWidth)")
    guard newHeight != height || newWidth != width else { return self }
    let (top, left) = ((height - newHeight) / 2, (width - newWidth) / 2)
    var kept: [UInt8] = []
    kept.reserveCapacity(count * newHeight * newWidth * channels)
    for sample in 0..<count {
      for row in top..<(top + newHeight) {
        let start = ((sample * height + row) * width + left) * channels
        kept += pixels[start..<(start + newWidth * channels)]
      }
    }
    return replacingPixels(kept, height: newHeight, width: newWidth)
  }

  /// Returns the set with every value `v` replaced by `255 - v`.
  public func inverted() -> ImageSet {
    replacingPixels(pixels.map { 255 - $0 }, height: height, width: width)
  }

  /// Returns the set with rows and columns of every image exchanged.
  public func transposed() -> ImageSet {
    var turned: [UInt8] = []
    turned.reserveCapacity(pixels.count)
    for sample in 0..<count {
      for column in 0..<width {
        for row in 0..<height {
          let start = ((sample * height + row) * width + column) * channels
          turned += pixels[start..<start + channels]
        }
      }
    }
    return replacingPixels(turned, height: width, width: height)
  }

  /// Returns the set of both sets' classes, those of `other` last.
  ///
  /// - Precondition: The images have one size.
  public func appending(_ other: ImageSet) -> ImageSet {
    precondition(
      (height, width, channels) == (other.height, other.width, other.channels),
      "image sets \(name) and \(other.name) have images of different sizes")
    return ImageSet(
      name: name, height: height, width: width, channels: channels,
      classNames: classNames + other.classNames,
      counts: (0..<classCount).map { samples(ofClass: $0).count }
        + (0..<other.classCount).map { other.samples(ofClass: $0).count },
      pixels: pixels + other.pixels)
  }

  private func replacingPixels(_ pixels: [UInt8], height: Int, width: Int) -> ImageSet {
    ImageSet(
      name: name, height: height, width: width, channels: channels, classNames: classNames,
      counts: (0..<classCount).map { samples(ofClass: $0).count }, pixels: pixels)
  }
}
