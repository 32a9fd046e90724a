import Foundation

/// A dense matrix of doubles, row by row.
///
/// It is written down as the bytes of its elements in base64 (little-endian), so that a saved
/// search of a thousand coordinates stays small and every bit comes back.
struct Matrix: Sendable, Equatable {
  private(set) var rows: Int
  let columns: Int
  var elements: [Double]

  init(rows: Int, columns: Int, elements: [Double]) {
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  init(rows: Int, columns: Int) {
    self.init(
      rows: rows, columns: columns, elements: [Double](repeating: 0, count: rows * columns))
  }

  /// The square matrix with `diagonal` on its diagonal and zero elsewhere.
  init(diagonal: [Double]) {
    self.init(rows: diagonal.count, columns: diagonal.count)
    for index in diagonal.indices { self[index, index] = diagonal[index] }
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  func row(_ index: Int) -> ArraySlice<Double> {
    elements[index * columns..<(index + 1) * columns]
  }

  func column(_ index: Int) -> [Double] { (0..<rows).map { self[$0, index] } }

  var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// The rows taken in the given order, with room for one more.
  func gatheringRows(_ order: [Int]) -> Matrix {
    var gathered: [Double] = []
    gathered.reserveCapacity((order.count + 1) * columns)
    for index in order { gathered.append(contentsOf: row(index)) }
    return Matrix(rows: order.count, columns: columns, elements: gathered)
  }

  mutating func append(row: [Double]) {
    elements.append(contentsOf: row)
    rows += 1
  }

  mutating func scaleRow(_ row: Int, by factor: Double) {
    for index in row * columns..<(row + 1) * columns { elements[index] *= factor }
  }
}

extension Matrix: Codable {
  private enum Key: CodingKey { case rows, columns, elements }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(rows, forKey: .rows)
    try container.encode(columns, forKey: .columns)
    let bytes = elements.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
    try container.encode(bytes, forKey: .elements)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let rows = try container.decode(Int.self, forKey: .rows)
    let columns = try container.decode(Int.self, forKey: .columns)
    let bytes = try container.decode(Data.self, forKey: .elements)
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, bytes.count % 8 == 0, bytes.count / 8 == count else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container,
        debugDescription:
          "\(bytes.count) bytes are not the \(rows) x \(columns) doubles of a matrix")
    }
    let elements = bytes.withUnsafeBytes { raw in
      (0..<count).map { index in
        Double(
          bitPattern: UInt64(
            littleEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
      }
    }
    self.init(rows: rows, columns: columns, elements: elements)
  }
}
