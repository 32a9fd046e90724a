import Foundation
import Randomness

extension RandomSource {
  /// Returns independent draws from the standard normal distribution.
  mutating func normals(rows: Int, columns: Int) -> Matrix {
    // A copy in registers, written back once.
    var source = self
    let elements = [Double](unsafeUninitializedCapacity: rows * columns) { buffer, filled in
      filled = buffer.count
      ziggurat.withPointers { edges, ratios in
        for index in 0..<rows * columns {
          buffer[index] = Ziggurat.draw(&source, edges, ratios)
        }
      }
      filled = rows * columns
    }
    self = source
    return Matrix(rows: rows, columns: columns, elements: elements)
  }
}

private let ziggurat = Ziggurat()

/// The normal density covered by 128 layers of equal area, so that almost every draw takes one
/// multiplication and one comparison.
///
/// - Paper: Marsaglia and Tsang, *The Ziggurat Method for Generating Random Variables* (2000), with
///   the layer and the position from different bits, as Doornik (2005) advises.
private struct Ziggurat {
  /// The right edge of each layer, widest first; the last is 0.
  private let edges: [Double]
  /// The share of each layer that lies wholly under the density.
  private let ratios: [Double]

  /// Where the tail begins, for 128 layers.
  private static let tail = 3.442619855899
  /// The area of one layer.
  private static let area = 9.91256303526217e-3

  init() {
    func density(_ x: Double) -> Double { exp(-0.5 * x * x) }
    // The bottom layer includes the tail, as a rectangle of the same area.
    var edges = [Self.area / density(Self.tail), Self.tail]
    for _ in 2..<128 {
      let last = edges[edges.count - 1]
      edges.append((-2 * log(Self.area / last + density(last))).squareRoot())
    }
    edges.append(0)
    self.edges = edges
    ratios = (0..<128).map { edges[$0 + 1] / edges[$0] }
  }

  func withPointers(_ body: (UnsafePointer<Double>, UnsafePointer<Double>) -> Void) {
    edges.withUnsafeBufferPointer { edges in
      ratios.withUnsafeBufferPointer { ratios in
        guard let edges = edges.baseAddress, let ratios = ratios.baseAddress else { return }
        body(edges, ratios)
      }
    }
  }

  @inline(__always)
  static func draw(
    _ random: inout RandomSource, _ edges: UnsafePointer<Double>,
    _ ratios: UnsafePointer<Double>
  ) -> Double {
    while true {
      let bits = random.next()
      let layer = Int(bits & 127)
      // 53 of the other bits, as a number from -1 to 1.
      let position = Double(Int64(bitPattern: bits) >> 11) * 0x1p-52
      if abs(position) < ratios[layer] { return position * edges[layer] }
      if let draw = drawAtEdge(&random, layer, position, edges) { return draw }
    }
  }

  /// The rare draws that need the density itself; `nil` to draw again.
  @inline(never)
  private static func drawAtEdge(
    _ random: inout RandomSource, _ layer: Int, _ position: Double,
    _ edges: UnsafePointer<Double>
  ) -> Double? {
    if layer == 0 {
      while true {
        let beyond = -log(1 - random.uniform()) / tail
        let height = -log(1 - random.uniform())
        if 2 * height > beyond * beyond { return position < 0 ? -tail - beyond : tail + beyond }
      }
    }
    let draw = position * edges[layer]
    let lower = exp(-0.5 * (edges[layer] * edges[layer] - draw * draw))
    let upper = exp(-0.5 * (edges[layer + 1] * edges[layer + 1] - draw * draw))
    return lower + random.uniform() * (upper - lower) < 1 ? draw : nil
  }
}
