import Datasets

/// A set whose every image says which one it is: 4 x 4, pixel 0 is the class, pixel 1 the number
/// within the class, pixel 15 a mark of 255, everything else 0.
func numberedSet(counts: [Int], channels: Int = 1) -> ImageSet {
  var pixels: [UInt8] = []
  for (index, count) in counts.enumerated() {
    for number in 0..<count {
      var image = [UInt8](repeating: 0, count: 16)
      image[0] = UInt8(index)
      image[1] = UInt8(number)
      image[15] = 255
      pixels += image.flatMap { [UInt8](repeating: $0, count: channels) }
    }
  }
  return ImageSet(
    name: "numbered", height: 4, width: 4, channels: channels,
    classNames: counts.indices.map { "class \($0)" }, counts: counts, pixels: pixels)
}
