extension ImageSet {
  /// Sorts labelled images into classes; images of a class keep their order.
  ///
  /// - Parameters:
  ///   - name: The name of the data set.
  ///   - height: The rows of every image.
  ///   - width: The columns of every image.
  ///   - channels: The samples per pixel.
  ///   - labels: The label of every image, 0 to 255.
  ///   - classNames: The name of each label from 0; the label's number where there is none. Labels
  ///     without an image are left out.
  ///   - mostPerClass: How many images of a class are taken at most, the first ones; `nil` for all.
  ///   - pixels: `[images, height, width, channels]`.
  init(
    name: String, height: Int, width: Int, channels: Int, labels: some Collection<UInt8>,
    classNames: [String] = [], mostPerClass: Int? = nil,
    pixels: some RandomAccessCollection<UInt8>
  ) {
    var members = [[Int]](repeating: [], count: 256)
    for (sample, label) in labels.enumerated()
    where members[Int(label)].count < mostPerClass ?? .max {
      members[Int(label)].append(sample)
    }
    let present = members.indices.filter { !members[$0].isEmpty }
    let imageSize = height * width * channels
    var sorted: [UInt8] = []
    let samples = present.flatMap { members[$0] }
    sorted.reserveCapacity(samples.count * imageSize)
    for sample in samples {
      let start = pixels.index(pixels.startIndex, offsetBy: sample * imageSize)
      sorted += pixels[start..<pixels.index(start, offsetBy: imageSize)]
    }
    self.init(
      name: name, height: height, width: width, channels: channels,
      classNames: present.map { classNames.indices.contains($0) ? classNames[$0] : "\($0)" },
      counts: present.map { members[$0].count }, pixels: sorted)
  }
}
