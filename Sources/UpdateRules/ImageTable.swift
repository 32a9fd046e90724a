import Datasets
import Randomness
import Torch

/// Images as rows of numbers in the engine's memory, class after class.
public struct ImageTable: Sendable {
  /// How pixel values become inputs.
  public enum Scaling: String, Sendable, Codable, CaseIterable {
    /// Mean 0 and deviation 1 over all pixels of the set.
    case standard
    /// From 0 to 1.
    case unit
  }

  /// `[images, pixels]`, `float32`.
  public let values: Tensor
  /// The rows of every class.
  public let classes: [Range<Int>]
  /// What was subtracted from values of 0 to 1, and what they were divided by.
  public let statistics: (mean: Double, deviation: Double)

  /// Reads the pixels of a set.
  ///
  /// - Parameters:
  ///   - set: Images of one size.
  ///   - scaling: How pixel values become inputs.
  ///   - statistics: Mean and deviation to use instead of the set's own, such as those of the
  ///     training images for the test images.
  public init(
    _ set: ImageSet, scaling: Scaling, statistics: (mean: Double, deviation: Double)? = nil
  ) {
    classes = (0..<set.classCount).map(set.samples(ofClass:))
    let raw = Tensor(set.pixels, shape: [set.count, set.imageSize]).cast(to: .float32) / 255
    var used = statistics ?? (mean: 0, deviation: 1)
    if scaling == .standard, statistics == nil, set.count > 0 {
      let deviation = raw.variance(correction: 0).scalar().squareRoot()
      used = (raw.mean().scalar(), deviation > 0 ? deviation : 1)
    }
    self.statistics = used
    values = scaling == .standard ? (raw - used.mean) / used.deviation : raw
  }

  /// Draws images with replacement, every image of the chosen classes as likely as any other.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - classes: The classes; the position in the list is the label.
  ///   - part: Which fraction of each class's images to draw from.
  ///   - random: Where choices come from.
  /// - Returns: Rows of ``values`` and their labels.
  func draw(
    _ count: Int, from classes: [Int], part: ClosedRange<Double> = 0...1,
    using random: inout RandomSource
  ) -> (rows: [Int], labels: [Int]) {
    let pools = classes.map { index -> Range<Int> in
      let all = self.classes[index]
      let low = all.lowerBound + Int((part.lowerBound * Double(all.count)).rounded())
      let high = all.lowerBound + Int((part.upperBound * Double(all.count)).rounded())
      return low < high ? low..<high : all
    }
    let total = pools.reduce(0) { $0 + $1.count }
    var ends = [0]
    for pool in pools { ends.append((ends.last ?? 0) + pool.count) }
    var rows: [Int] = []
    var labels: [Int] = []
    rows.reserveCapacity(count)
    labels.reserveCapacity(count)
    for _ in 0..<count {
      let position = random.index(below: total)
      var label = 0
      while ends[label + 1] <= position { label += 1 }
      rows.append(pools[label].lowerBound + position - ends[label])
      labels.append(label)
    }
    return (rows, labels)
  }
}
