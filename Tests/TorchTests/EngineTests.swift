import Randomness
import SwiftletTestSupport
import Testing
import Torch

/// Runs `body` with a kernel and puts the old one back.
private func with<Result>(_ kernel: ProductKernel, _ body: () -> Result) -> Result {
  let before = Engine.productKernel
  Engine.productKernel = kernel
  defer { Engine.productKernel = before }
  return body()
}

private func draw(_ shape: [Int], _ seed: UInt64) -> Tensor {
  var random = RandomSource(seed: seed)
  return Tensor(normal: shape, using: &random)
}

/// The product kernel belongs to the whole process, so whatever changes it runs in one of its own.
@Suite struct EngineTests {
  @Test(arguments: [[7, 13], [3, 5, 13], [2, 1, 3, 13], [0, 13], [1, 13]])
  func `both kernels give the same layer and the same derivatives`(shape: [Int]) async {
    await #expect(processExitsWith: .success) { [shape] in
      let points = [draw(shape, 1), draw([9, 13], 2), draw([9], 3)]
      let slope = draw(shape.dropLast() + [9], 4)
      func results() -> [Tensor] {
        let (value, pullback) = valueAndPullback(at: points, weights: slope) {
          $0[0].linear(weight: $0[1], bias: $0[2])
        }
        let unbiased = valueAndPullback(at: Array(points[..<2]), weights: slope) {
          $0[0].linear(weight: $0[1])
        }
        let second = valueAndGradient(at: points) { points in
          let inner = valueAndGradient(at: points) {
            $0[0].linear(weight: $0[1], bias: $0[2]).squared().sum()
          }
          return inner.gradient.reduce(Tensor(0)) { $0 + $1.squared().sum() }
        }
        return [value, unbiased.value] + pullback + unbiased.pullback + second.gradient
      }
      let mkl = with(.mkl, results)
      let oneDNN = with(.oneDNN(minimumMultiplyAdds: 0), results)
      for (found, expected) in zip(oneDNN, mkl) {
        let size = expected.count == 0 ? 0 : expected.abs().max().scalar()
        expectClose(found, expected, relative: 1e-5, absolute: 1e-6 * size)
      }
    }
  }

  @Test(arguments: [[7, 13], [3, 5, 13], [0, 13], [13]])
  func `both kernels give the same product of matrices and the same derivatives`(
    shape: [Int]
  ) async {
    await #expect(processExitsWith: .success) { [shape] in
      let slope = draw(shape.dropLast() + [9], 3)
      for matrix in [draw([13, 9], 2), draw([9, 13], 2).transposed()] {
        let points = [draw(shape, 1), matrix]
        func results() -> [Tensor] {
          let (value, pullback) = valueAndPullback(at: points, weights: slope) {
            $0[0].matmul($0[1])
          }
          let second = valueAndGradient(at: points) { points in
            let inner = valueAndGradient(at: points) { $0[0].matmul($0[1]).squared().sum() }
            return inner.gradient.reduce(Tensor(0)) { $0 + $1.squared().sum() }
          }
          return [value, points[0].matmul(points[1])] + pullback + second.gradient
        }
        let mkl = with(.mkl, results)
        let oneDNN = with(.oneDNN(minimumMultiplyAdds: 0), results)
        for (found, expected) in zip(oneDNN, mkl) {
          let size = expected.count == 0 ? 0 : expected.abs().max().scalar()
          expectClose(found, expected, relative: 1e-5, absolute: 1e-6 * size)
        }
      }
    }
  }

  @Test func `inputs with gaps, by columns or broadcast give the same layer`() async {
    await #expect(processExitsWith: .success) {
      let (x, weight) = (draw([13, 7], 1), draw([13, 9], 2))
      let pairs = [
        (x.transposed(), weight.transposed()),
        (draw([7, 26], 3)[.all, .stride(by: 2)], draw([9, 26], 4)[.all, .stride(by: 2)]),
        (draw([1, 13], 5).broadcast(to: [7, 13]), draw([1, 13], 6).broadcast(to: [9, 13])),
      ]
      for (x, weight) in pairs {
        func results() -> [Tensor] {
          let (value, gradient) = valueAndGradient(at: [x, weight]) {
            $0[0].linear(weight: $0[1]).sum()
          }
          return [value] + gradient + [x.linear(weight: weight)]
        }
        let mkl = with(.mkl, results)
        let oneDNN = with(.oneDNN(minimumMultiplyAdds: 0), results)
        for (found, expected) in zip(oneDNN, mkl) {
          expectClose(found, expected, relative: 1e-5, absolute: 1e-4)
        }
      }
    }
  }

  @Test func `only the parts that are asked for are differentiated`() async {
    await #expect(processExitsWith: .success) {
      with(.oneDNN(minimumMultiplyAdds: 0)) {
        let (x, weight, bias) = (draw([4, 3], 1), draw([2, 3], 2), draw([2], 3))
        let slope = gradient(at: bias) { x.linear(weight: weight, bias: $0).sum() }
        #expect(slope.toFloats() == [4, 4])
        let rows = gradient(at: weight) { x.linear(weight: $0, bias: bias).sum() }
        expectClose(rows[0], x.sum(along: 0), relative: 1e-5)
        let columns = gradient(at: x) { $0.linear(weight: weight, bias: bias).sum() }
        expectClose(columns[3], weight.sum(along: 0), relative: 1e-5)
      }
    }
  }

  @Test func `other element types keep libtorch's kernel`() async {
    await #expect(processExitsWith: .success) {
      with(.oneDNN(minimumMultiplyAdds: 0)) {
        let x = Tensor([[1, 2]] as [[Double]])
        let weight = Tensor([[3, 4], [5, 6]] as [[Double]])
        #expect(x.linear(weight: weight).toDoubles() == [11, 17])
      }
    }
  }

  @Test func `a kernel is kept as it was set`() async {
    await #expect(processExitsWith: .success) {
      for kernel in [ProductKernel.oneDNN(minimumMultiplyAdds: 1000), .mkl] {
        with(kernel) { #expect(Engine.productKernel == kernel) }
      }
    }
  }

  @Test func `oneDNN is chosen only where it wins clearly`() {
    func choice(_ ratios: [Double]) -> ProductKernel {
      ProductKernel(
        choosingFrom: ratios.enumerated().map { index, ratio in
          ProductKernel.Timing(multiplyAdds: (index + 1) * 1000, mkl: ratio, oneDNN: 1)
        })
    }
    #expect(choice([0.5, 0.9, 2, 2]) == .oneDNN(minimumMultiplyAdds: 3000))
    #expect(choice([1.2, 1.2, 1.2, 1.2]) == .oneDNN(minimumMultiplyAdds: 1000))
    #expect(choice([1.2, 1.0, 1.2, 1.2]) == .oneDNN(minimumMultiplyAdds: 3000))
    #expect(choice([2, 2, 1.09, 2]) == .mkl)
    #expect(choice([2, 2, 2, 1.0]) == .mkl)
  }

  @Test func `measuring leaves the setting alone`() async {
    await #expect(processExitsWith: .success) {
      with(.oneDNN(minimumMultiplyAdds: 77)) {
        _ = Engine.measuredProductKernel()
        #expect(Engine.productKernel == .oneDNN(minimumMultiplyAdds: 77))
      }
    }
  }

  @Test func `the version is the one that was set up`() {
    #expect(Engine.version.hasPrefix("2.13"))
  }
}
