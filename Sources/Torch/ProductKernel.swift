import Foundation
import Randomness

/// A kernel for the `float32` products of linear layers and matrices on the processor.
public enum ProductKernel: Sendable, Hashable, Codable {
  /// libtorch's own choice, MKL on most processors.
  case mkl
  /// oneDNN for products of at least so many multiply-adds, libtorch's own choice below.
  case oneDNN(minimumMultiplyAdds: Int)

  /// How long both kernels took for one product and its gradient.
  package struct Timing {
    package var multiplyAdds: Int
    package var mkl: Double
    package var oneDNN: Double

    package init(multiplyAdds: Int, mkl: Double, oneDNN: Double) {
      self.multiplyAdds = multiplyAdds
      self.mkl = mkl
      self.oneDNN = oneDNN
    }
  }

  /// oneDNN from the smallest size on from which it wins everywhere, if it wins clearly where it
  /// matters: by a tenth for the two largest products.
  package init(choosingFrom timings: [Timing]) {
    let falling = timings.sorted { $0.multiplyAdds > $1.multiplyAdds }
    let isClear = falling.prefix(2).allSatisfy { $0.mkl >= 1.1 * $0.oneDNN }
    let winning = falling.prefix { $0.mkl >= 1.05 * $0.oneDNN }
    if isClear, let smallest = winning.last {
      self = .oneDNN(minimumMultiplyAdds: smallest.multiplyAdds)
    } else {
      self = .mkl
    }
  }
}

extension Engine {
  /// Times MKL against oneDNN on this machine, with the present ``threadCount``, and returns the
  /// quicker for ``productKernel``.
  ///
  /// Takes about a tenth of a second. Call it before other tensor work starts: it switches
  /// ``productKernel`` while it measures, and other work would disturb the clock.
  public static func measuredProductKernel() -> ProductKernel {
    let before = productKernel
    defer { productKernel = before }
    productKernel = .oneDNN(minimumMultiplyAdds: 0)
    guard productKernel != .mkl else { return .mkl }
    let shapes = [(25, 104, 104, 20), (197, 192, 192, 6), (128, 784, 512, 3), (512, 512, 512, 2)]
    return ProductKernel(
      choosingFrom: shapes.map { rows, inputs, outputs, repetitions in
        timing(rows: rows, inputs: inputs, outputs: outputs, repetitions: repetitions)
      })
  }

  /// The best times of a linear layer and its gradient.
  private static func timing(rows: Int, inputs: Int, outputs: Int, repetitions: Int)
    -> ProductKernel.Timing
  {
    var random = RandomSource(seed: 0)
    let points = [[rows, inputs], [outputs, inputs]].map { Tensor(normal: $0, using: &random) }
    let weights = Tensor(ones: [rows, outputs])
    func time(_ kernel: ProductKernel) -> Double {
      productKernel = kernel
      let start = DispatchTime.now().uptimeNanoseconds
      _ = valueAndPullback(at: points, weights: weights) { $0[0].linear(weight: $0[1]) }
      return Double(DispatchTime.now().uptimeNanoseconds - start)
    }
    var best = ProductKernel.Timing(
      multiplyAdds: rows * inputs * outputs, mkl: .infinity, oneDNN: .infinity)
    // The first of each is for warming up; turns are taken because clocks drift.
    for repetition in 0...repetitions {
      let (mkl, oneDNN) = (time(.mkl), time(.oneDNN(minimumMultiplyAdds: 0)))
      guard repetition > 0 else { continue }
      best.mkl = min(best.mkl, mkl)
      best.oneDNN = min(best.oneDNN, oneDNN)
    }
    return best
  }
}
