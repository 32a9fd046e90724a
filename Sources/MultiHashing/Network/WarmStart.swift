import Learning
import Torch

extension HashedNetwork {
  /// Fits the pools to the weights of a trained network, as a place to go on training from.
  ///
  /// The weights are laid out as they will be carved and divided by their scales; the nearest product
  /// of the pool's rank is then the truncated singular value decomposition of that virtual matrix, for
  /// Kronecker products of its regrouped form (Van Loan and Pitsianis, 1993), and the means of all
  /// weights that share a variable for a hash. Learnable scales begin at each tensor's own deviation, so
  /// that small and large weights count alike; what is not hashed is taken over.
  ///
  /// - Note: Not in the paper. Half the weights' energy is easily lost at a quarter of the size, so this
  ///   is no compression by itself.
  /// - Parameter trained: A network of the same names and shapes.
  /// - Precondition: No pool is a combination, and no modifier but constants and scales is used.
  public mutating func fit(to trained: Network) {
    precondition(
      plan.modifiers.allSatisfy { $0 != .relu && $0 != .binary && !$0.isCustom },
      "weights behind the modifiers \(plan.modifiers.map(\.name)) cannot be undone")
    takeOver(trained)
    let values = trained.parameters
    let weights = plan.slots.map { slot -> Tensor in
      guard let tensor = values[slot.info.name] else {
        preconditionFailure("the trained network has no \(slot.info.name)")
      }
      return plan.convention.elements(of: tensor).cast(to: .float64)
    }
    let scaled = plan.scaleCount > 0 ? fitScales(to: weights) : weights
    var position = 0
    for (index, part) in plan.parts.enumerated() {
      let pieces = part.slots.map { slot -> Tensor in
        defer { position += 1 }
        return scaled[position] / plan.factor(slot)
      }
      let long = Tensor(concatenating: pieces)
      replacePool(index, by: part.shape.fitted(to: long))
    }
  }

  /// Sets every scale to the deviation of its tensor and returns the tensors without it.
  private mutating func fitScales(to weights: [Tensor]) -> [Tensor] {
    let deviations = weights.map { max(($0 * $0).mean().scalar().squareRoot(), 1e-12) }
    scales = Tensor(
      zip(plan.slots, deviations).map { slot, deviation in Float(deviation / plan.factor(slot)) })
    return zip(plan.slots, zip(weights, deviations)).map { slot, pair in
      // What is left is divided by the constant once more when it is laid out.
      pair.0 * (plan.factor(slot) / pair.1)
    }
  }

  /// Replaces what is not hashed.
  private mutating func takeOver(_ trained: Network) {
    let all = trained.tensors
    let byName = Dictionary(uniqueKeysWithValues: zip(all.names, all.tensors))
    forEachTensor { name, _, tensor in
      guard name.hasPrefix(networkPrefix),
        let found = byName[String(name.dropFirst(networkPrefix.count))]
      else { return }
      tensor = found
    }
  }
}

extension WeightModifier {
  fileprivate var isCustom: Bool {
    if case .custom = self { true } else { false }
  }
}

extension PoolShape {
  /// The pool of this shape whose elements are nearest to a vector, in `float32`.
  func fitted(to long: Tensor) -> any WeightPool {
    // Where the pool is larger than the vector, what lies behind may be anything; where it is smaller
    // the beginning is fitted.
    let count = min(long.count, capacity)
    let vector = Tensor(
      concatenating: [
        long.narrowed(along: 0, from: 0, count: count),
        Tensor(zeros: [capacity - count], long.elementType),
      ])
    switch self {
    case .matrix(let rows, let columns, let rank):
      let (left, right) = vector.reshaped(rows, columns).factors(rank)
      return MatrixPool(left: left, right: right)
    case .kronecker(let side, let rank):
      let grouped = vector.reshaped(side, side, side, side).permuted(0, 2, 1, 3)
        .reshaped(side * side, side * side)  // [i j, k l]
      let (left, right) = grouped.factors(rank)
      return KroneckerPool(
        left: left.transposed().rowMajor().reshaped(rank, side, side),
        right: right.reshaped(rank, side, side))
    case .hash(let map, let capacity, let size):
      let indices = Tensor((0..<count).map { map.index(of: $0, size: size) })
      let signs = Tensor((0..<count).map { Double(map.sign(of: $0)) })
      let sums = Tensor(zeros: [size], .float64).adding(vector[0..<count] * signs, at: indices)
      let counts = Tensor(zeros: [size], .float64).adding(signs * signs, at: indices)
      let values = sums / counts.clamped(to: 1...Double(max(count, 1)))
      return HashPool(values: values.cast(to: .float32), map: map, capacity: capacity)
    case .combination:
      preconditionFailure("a combination of pools has no closed fit")
    }
  }
}

extension Tensor {
  /// The factors of the nearest matrix of a rank, each with the roots of the singular values.
  fileprivate func factors(_ rank: Int) -> (left: Tensor, right: Tensor) {
    let (u, s, vh) = svd()
    let kept = Swift.min(rank, s.count)
    let roots = s.narrowed(along: 0, from: 0, count: kept).sqrt()
    let left = u.narrowed(along: 1, from: 0, count: kept) * roots
    let right = vh.narrowed(along: 0, from: 0, count: kept) * roots.expandingShape(at: 1)
    let missing = rank - kept
    return (
      left.padded([0, missing]).cast(to: .float32).rowMajor(),
      right.padded([0, 0, 0, missing]).cast(to: .float32).rowMajor()
    )
  }
}
