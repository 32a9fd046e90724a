import Runs
import Torch

/// What happens when more weights are asked for than a pool holds.
///
/// Tensors are consecutive pieces of one long vector in every case; a store says how that vector goes
/// on after the pool's last element.
///
/// - Paper: the index stores of the released code.
public enum IndexStore: String, Sendable, Hashable, Codable, CaseIterable {
  /// It does not: asking for more is an error.
  case basic
  /// It begins again: weight `i` is element `i mod capacity`.
  ///
  /// The released code returns twice as many elements as asked for where a request for the whole pool
  /// begins at its first element; that is not repeated here.
  case cyclic
  /// It goes on with ``paddingValue``.
  case padding

  /// What stands behind the end of a pool with ``padding``.
  public static let paddingValue = 0.01

  /// The first `count` elements of the long vector.
  ///
  /// - Precondition: A ``basic`` store holds as many.
  public func extended(_ flat: Tensor, to count: Int) -> Tensor {
    guard count > flat.count else { return flat }
    switch self {
    case .basic:
      preconditionFailure("\(count) weights from a pool of \(flat.count)")
    case .cyclic:
      let repeats = (count + flat.count - 1) / flat.count
      return flat.tiled([repeats]).narrowed(along: 0, from: 0, count: count)
    case .padding:
      let rest = Tensor(
        repeating: Self.paddingValue, [count - flat.count], flat.elementType, on: flat.device)
      return Tensor(concatenating: [flat, rest])
    }
  }

  /// A piece of the long vector, made without the rest of the pool.
  func elements(_ range: Range<Int>, of pool: any WeightPool) -> Tensor {
    let capacity = pool.capacity
    if range.upperBound <= capacity { return pool.elements(range) }
    switch self {
    case .basic: preconditionFailure("elements \(range) of a pool of \(capacity)")
    case .cyclic:
      var pieces: [Tensor] = []
      var start = range.lowerBound
      while start < range.upperBound {
        let first = start % capacity
        let count = min(capacity - first, range.upperBound - start)
        pieces.append(pool.elements(first..<first + count))
        start += count
      }
      return Tensor(concatenating: pieces)
    case .padding:
      let inside = pool.elements(min(range.lowerBound, capacity)..<capacity)
      let rest = Tensor(
        repeating: Self.paddingValue, [range.count - inside.count], inside.elementType,
        on: inside.device)
      return Tensor(concatenating: [inside, rest])
    }
  }
}
