import Foundation
import Randomness

/// Makes a random rectangle of an input uniform or random.
///
/// - Paper: Zhong et al., *Random Erasing Data Augmentation* (2017), as torchvision draws it: area
///   and log of the aspect ratio uniform, at most ten tries. With ``square`` it is instead cutout
///   of DeVries and Taylor (2017): a square about a uniformly drawn pixel, cut off at the edges.
public struct RandomErasing: Codable, Sendable, Hashable {
  /// The probability that an input is changed.
  public var probability = 0.1
  /// The smallest and largest part of the area.
  public var area = 0.02...0.33
  /// The smallest and largest height over width.
  public var aspectRatio = 0.3...3.3
  /// The side of cutout's square in pixels, in place of area and ratio.
  public var square: Int?
  /// Whether every value of the rectangle is drawn from the normal distribution, instead of 0,
  /// which is the mean of normalized values.
  public var isRandom = false

  /// Creates the usual recipe.
  public init() {}

  /// Cutout: always, a square of the side given.
  public static func cutout(side: Int) -> RandomErasing {
    var erasing = RandomErasing()
    erasing.probability = 1
    erasing.square = side
    return erasing
  }

  /// Changes one input `[channels, height, width]` in place.
  func apply(
    to values: UnsafeMutableBufferPointer<Float>, channels: Int, height: Int, width: Int,
    using random: inout RandomSource
  ) {
    guard random.uniform() < probability,
      let (rows, columns) = rectangle(height: height, width: width, using: &random)
    else { return }
    for channel in 0..<channels {
      for row in rows {
        for column in columns {
          values[(channel * height + row) * width + column] = isRandom ? Float(random.normal()) : 0
        }
      }
    }
  }

  private func rectangle(
    height: Int, width: Int, using random: inout RandomSource
  ) -> (rows: Range<Int>, columns: Range<Int>)? {
    if let square {
      func side(_ count: Int) -> Range<Int> {
        let start = random.index(below: count) - square / 2
        return max(0, start)..<min(count, start + square)
      }
      let rows = side(height)
      return (rows, side(width))
    }
    for _ in 0..<10 {
      let size = Double(height * width) * random.uniform(in: area)
      let ratio = exp(random.uniform(in: log(aspectRatio.lowerBound)...log(aspectRatio.upperBound)))
      let rows = Int((size * ratio).squareRoot().rounded(.toNearestOrEven))
      let columns = Int((size / ratio).squareRoot().rounded(.toNearestOrEven))
      guard rows < height, columns < width else { continue }
      let top = random.index(below: height - rows + 1)
      let left = random.index(below: width - columns + 1)
      return (top..<top + rows, left..<left + columns)
    }
    return nil
  }
}
