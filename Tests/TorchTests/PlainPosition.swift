import Randomness
import Torch

/// A subscript position and what it means, in plain loops over row-major offsets.
enum PlainPosition {
  case at(Int)
  case slice(Int?, Int?, Int)
  case newAxis
  case rest
  case indices([Int])
  case mask([Bool], [Int])

  /// The same position for a tensor.
  var index: any TensorIndex {
    switch self {
    case .at(let index): index
    case .slice(let start?, let end?, 1) where start <= end && (start < 0) == (end < 0):
      start..<end
    case .slice(let start?, nil, 1): start...
    case .slice(nil, let end?, 1): ..<end
    case .slice(let start, let end, let step): TensorPosition.stride(from: start, to: end, by: step)
    case .newAxis: TensorPosition.newAxis
    case .rest: TensorPosition.rest
    case .indices(let indices): Tensor(indices)
    case .mask(let mask, let shape): Tensor(mask, shape: shape)
    }
  }

  /// How many axes it takes.
  private var consumed: Int {
    switch self {
    case .at, .slice, .indices: 1
    case .newAxis, .rest: 0
    case .mask(_, let shape): shape.count
    }
  }

  /// The shape that the positions select and the offsets of its elements.
  static func choose(_ positions: ArraySlice<PlainPosition>, _ shape: ArraySlice<Int>, from: Int)
    -> (shape: [Int], offsets: [Int])
  {
    let extent = shape.first ?? 1
    let stride = shape.dropFirst().reduce(1, *)
    let (others, inner) = (positions.dropFirst(), shape.dropFirst())
    /// The choices for several positions of the first axes, one behind another.
    func joined(_ starts: [Int], _ inner: ArraySlice<Int>) -> (shape: [Int], offsets: [Int]) {
      let shape = choose(others, inner, from: 0).shape
      return ([starts.count] + shape, starts.flatMap { choose(others, inner, from: $0).offsets })
    }
    switch positions.first {
    case nil:
      return (Array(shape), Array(from..<(from + shape.reduce(1, *))))
    case .at(let index):
      return choose(others, inner, from: from + (index < 0 ? index + extent : index) * stride)
    case .slice(let start, let end, let step):
      func bound(_ value: Int) -> Int { min(max(value < 0 ? value + extent : value, 0), extent) }
      let (first, last) = (bound(start ?? 0), bound(end ?? extent))
      let chosen = Array(Swift.stride(from: first, to: max(first, last), by: step))
      return joined(chosen.map { from + $0 * stride }, inner)
    case .newAxis:
      return joined([from], shape)
    case .rest:
      let whole = shape.count - others.reduce(0) { $0 + $1.consumed }
      let fill = [PlainPosition](repeating: .slice(nil, nil, 1), count: whole)
      return choose((fill + others)[...], shape, from: from)
    case .indices(let indices):
      return joined(indices.map { from + ($0 < 0 ? $0 + extent : $0) * stride }, inner)
    case .mask(let mask, let taken):
      let inner = shape.dropFirst(taken.count)
      let stride = inner.reduce(1, *)
      return joined(mask.indices.filter { mask[$0] }.map { from + $0 * stride }, inner)
    }
  }

  /// Positions that fit a shape, at most one of them a tensor and at most five in all.
  static func random(for shape: [Int], using random: inout RandomSource) -> [PlainPosition] {
    var positions: [PlainPosition] = []
    var rest = shape[...]
    var hasTensor = false
    var hasRest = false
    while true {
      // Room for a position of every axis that is left, and for `.rest`.
      let room = 5 - positions.count - rest.count - (hasRest ? 0 : 1)
      if room > 0 && random.index(below: 5) == 0 {
        positions.append(.newAxis)
        continue
      }
      if !hasRest && random.index(below: 6) == 0 {
        hasRest = true
        positions.append(.rest)
        rest = rest.dropFirst(random.index(below: rest.count + 1))
        continue
      }
      // What follows `.rest` takes all axes that are left.
      guard let extent = rest.first, hasRest || random.index(below: 5) > 0 else { break }
      let position = one(extent, rest, hasTensor, &random)
      if case .indices = position { hasTensor = true }
      if case .mask = position { hasTensor = true }
      positions.append(position)
      rest = rest.dropFirst(position.consumed)
    }
    return positions
  }

  private static func one(
    _ extent: Int, _ rest: ArraySlice<Int>, _ hasTensor: Bool, _ random: inout RandomSource
  ) -> PlainPosition {
    func anyBound() -> Int? {
      random.index(below: 3) == 0 ? nil : random.index(below: 2 * extent + 3) - extent - 1
    }
    switch random.index(below: hasTensor ? 2 : 4) {
    case 0: return .at(random.index(below: 2 * extent) - extent)
    case 1: return .slice(anyBound(), anyBound(), 1 + random.index(below: 3))
    case 2:
      // Different ones, because the order of writing to the same place is open.
      let indices = random.distinctIndices(1 + random.index(below: extent), below: extent)
      return .indices(indices.map { random.index(below: 2) == 0 ? $0 : $0 - extent })
    default:
      let taken = Array(rest.prefix(1 + random.index(below: 2)))
      return .mask((0..<taken.reduce(1, *)).map { _ in random.index(below: 2) == 0 }, taken)
    }
  }
}
