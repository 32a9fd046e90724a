import Foundation
import Randomness

/// A problem of two numbers, for studies that need thousands of small learning runs.
///
/// Points are uniform in the square from -1 to 1 unless said otherwise. Problems of two classes have
/// the labels -1 and +1; others have classes from 0 on, and ``sine`` a real target.
///
/// - Source: the suite of the released code of Sandler et al., *Meta-Learning Bidirectional Update
///   Rules* (2021), `blur/data/func2d.py`.
public enum PlaneTask: String, Sendable, Hashable, Codable, CaseIterable {
  /// The sign of `x y`.
  case xor
  /// The sign of `-x y`.
  case nxor
  /// Either coordinate is positive.
  case or
  /// Both coordinates are positive.
  case and
  /// The quadrant `x < 0 < y`.
  case qand
  /// A disc of radius 0.6 about the origin.
  case circle
  /// A disc of radius 0.4 about the origin.
  case smallCircle = "small-circle"
  /// A disc whose center and radius (0.2 to 0.7) each draw chooses.
  case randomCircle = "random-circle"
  /// Five squares of half width 0.2, turned by an angle that each draw chooses.
  case squares
  /// The quarter plane between the angles -0.78 and 0.78.
  case pie
  /// Two half circles that reach into each other, with noise of 0.1.
  case moons
  /// The same turned by a right angle and not rescaled.
  case turnedMoons = "turned-moons"
  /// The sign of `x y` after a random affine map of the plane.
  case randomXor = "random-xor"
  /// Labels by the toss of a coin: nothing to be learned.
  case randomLabels = "random-labels"
  /// `|x| < 0.3` or `|y| < 0.3`.
  case cross
  /// `x + y < 1`, `y - x < 1` and `y > -0.5`.
  case triangle
  /// Five clusters of deviation 0.1 with random centers.
  case blobs
  /// Four rings about the origin.
  case rings
  /// `amplitude sin(x)` with an amplitude up to 10, `x` from 0 to 2π; the second number is 0.
  case sine

  /// The number of classes; 2 stands for labels of -1 and +1 in one number, 0 for a real target.
  public var classCount: Int {
    switch self {
    case .blobs: 5
    case .rings: 4
    case .sine: 0
    default: 2
    }
  }

  /// What always predicting the most frequent class reaches, where that is known.
  ///
  /// Problems whose shape each draw chooses have no single value.
  public var chanceLevel: Double? {
    switch self {
    case .xor, .nxor, .moons, .turnedMoons, .randomLabels: 0.5
    case .or, .and, .qand: 0.75
    case .pie: 1 - tan(0.78) / 4
    case .circle: 1 - Double.pi * 0.36 / 4
    case .smallCircle: 1 - Double.pi * 0.16 / 4
    case .cross: 0.51
    case .triangle: 0.5
    case .blobs: 0.2
    case .rings: 0.25
    case .randomCircle, .squares, .randomXor, .sine: nil
    }
  }
}

/// Points of a ``PlaneTask`` with what belongs to them.
public struct PlaneSample: Sendable, Hashable {
  /// `[count, 2]`, row by row.
  public var points: [Float]
  /// One target per point: -1 or +1, a class from 0, or a real number.
  public var targets: [Float]

  /// The number of points.
  public var count: Int { targets.count }
}

extension PlaneTask {
  /// What each draw of a problem chooses anew: centers, radii, angles, maps.
  public struct Shape: Sendable {
    let centers: [(x: Double, y: Double)]
    let size: Double
    let angle: Double
    let matrix: [Double]
    let offset: (x: Double, y: Double)
  }

  /// Chooses the shape of a problem; most have only one.
  public func shape(using random: inout RandomSource) -> Shape {
    func number(_ range: ClosedRange<Double>) -> Double { random.uniform(in: range) }
    func place() -> (x: Double, y: Double) { (number(-1...1), number(-1...1)) }
    switch self {
    case .randomCircle:
      return Shape(
        centers: [place()], size: number(0.2...0.7), angle: 0, matrix: [], offset: (0, 0))
    case .squares:
      let centers = (0..<5).map { _ in (x: number(-0.8...0.8), y: number(-0.8...0.8)) }
      return Shape(
        centers: centers, size: 0.2, angle: number(0...(2 * .pi)), matrix: [], offset: (0, 0))
    case .randomXor:
      let matrix = (0..<4).map { _ in number(-1...1) }
      return Shape(
        centers: [], size: 0, angle: 0, matrix: matrix,
        offset: (number(-0.5...0.5), number(-0.5...0.5)))
    case .blobs:
      let centers = (0..<5).map { _ in place() }
      return Shape(centers: centers, size: 0.1, angle: 0, matrix: [], offset: (0, 0))
    case .sine:
      return Shape(centers: [], size: number(0...10), angle: 0, matrix: [], offset: (0, 0))
    default: return Shape(centers: [], size: 0, angle: 0, matrix: [], offset: (0, 0))
    }
  }

  /// Draws points of one shape.
  public func sample(
    _ count: Int, of shape: Shape, using random: inout RandomSource
  ) -> PlaneSample {
    var sample = PlaneSample(points: [], targets: [])
    for _ in 0..<count {
      let (x, y, target) = point(of: shape, using: &random)
      sample.points += [Float(x), Float(y)]
      sample.targets.append(Float(target))
    }
    return sample
  }

  /// Draws points of a shape chosen on the spot.
  public func sample(_ count: Int, using random: inout RandomSource) -> PlaneSample {
    sample(count, of: shape(using: &random), using: &random)
  }

  private func point(
    of shape: Shape, using random: inout RandomSource
  ) -> (x: Double, y: Double, target: Double) {
    switch self {
    case .moons, .turnedMoons: return moonPoint(using: &random)
    case .blobs:
      let label = random.index(below: shape.centers.count)
      let center = shape.centers[label]
      return (
        random.normal(mean: center.x, standardDeviation: shape.size),
        random.normal(mean: center.y, standardDeviation: shape.size), Double(label)
      )
    case .rings: return ringPoint(using: &random)
    case .sine:
      let x = random.uniform(in: 0...(2 * .pi))
      return (x, 0, shape.size * sin(x))
    case .randomLabels:
      let place = (random.uniform(in: -1...1), random.uniform(in: -1...1))
      return (place.0, place.1, random.uniform() < 0.5 ? -1 : 1)
    default:
      let (x, y) = (random.uniform(in: -1...1), random.uniform(in: -1...1))
      return (x, y, isInside(x, y, shape) ? 1 : -1)
    }
  }

  /// Whether a point of the square is labelled +1.
  private func isInside(_ x: Double, _ y: Double, _ shape: Shape) -> Bool {
    switch self {
    case .xor: return x * y > 0
    case .nxor: return x * y < 0
    case .or: return x > 0 || y > 0
    case .and: return x > 0 && y > 0
    case .qand: return x < 0 && y > 0
    case .circle: return x * x + y * y < 0.36
    case .smallCircle: return x * x + y * y < 0.16
    case .pie: return abs(atan2(y, x)) < 0.78
    case .cross: return abs(x) < 0.3 || abs(y) < 0.3
    case .triangle: return x + y < 1 && y - x < 1 && y > -0.5
    case .randomCircle:
      let (a, b) = (x - shape.centers[0].x, y - shape.centers[0].y)
      return a * a + b * b < shape.size * shape.size
    case .squares:
      let (turn, lean) = (cos(shape.angle), sin(shape.angle))
      let (a, b) = (turn * x - lean * y, lean * x + turn * y)
      return shape.centers.contains { max(abs(a - $0.x), abs(b - $0.y)) < shape.size }
    case .randomXor:
      let a = x * shape.matrix[0] + y * shape.matrix[2] + shape.offset.x
      let b = x * shape.matrix[1] + y * shape.matrix[3] + shape.offset.y
      return a * b > 0
    default: return false
    }
  }

  private func moonPoint(
    using random: inout RandomSource
  ) -> (x: Double, y: Double, target: Double) {
    let isSecond = random.uniform() < 0.5
    let angle = random.uniform(in: 0...Double.pi)
    let x = (isSecond ? 1 - cos(angle) : cos(angle)) + random.normal(standardDeviation: 0.1)
    let y = (isSecond ? 0.5 - sin(angle) : sin(angle)) + random.normal(standardDeviation: 0.1)
    let target = isSecond ? 1.0 : -1.0
    if self == .turnedMoons { return (-y, x, target) }
    return ((x + 1) * 2 / 3 - 1, (y + 0.5) * 2 / 1.5 - 1, target)
  }

  /// The first two rings are close to the origin, the other two five times as far out.
  private func ringPoint(
    using random: inout RandomSource
  ) -> (x: Double, y: Double, target: Double) {
    let label = random.index(below: 4)
    let radius = [0.1, 0.2, 0.5, 1.0][label]
    let angle = random.uniform(in: 0...(2 * .pi))
    return (
      radius * cos(angle) + random.normal(standardDeviation: 0.02),
      radius * sin(angle) + random.normal(standardDeviation: 0.02), Double(label)
    )
  }
}
