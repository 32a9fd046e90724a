import Foundation
import SwiftletTestSupport
import Testing
import Torch

@Suite struct ArithmeticTests {
  private let x = Tensor([-1.5, 0.25, 2] as [Double])
  private let y = Tensor([2, -4, 0.5] as [Double])

  @Test func `operators work element by element`() {
    #expect((x + y).toDoubles() == [0.5, -3.75, 2.5])
    #expect((x - y).toDoubles() == [-3.5, 4.25, 1.5])
    #expect((x * y).toDoubles() == [-3, -1, 1])
    #expect((x / y).toDoubles() == [-0.75, -0.0625, 4])
    #expect((-x).toDoubles() == [1.5, -0.25, -2])
    #expect((x + 1.5).toDoubles() == [0, 1.75, 3.5] && (1.5 + x) == (x + 1.5))
    #expect((1.0 - x).toDoubles() == [2.5, 0.75, -1] && (x - 1.0) == -(1.0 - x))
    #expect((x * 2.0).toDoubles() == [-3, 0.5, 4] && (2.0 * x) == (x * 2.0))
    #expect((x / 2.0).toDoubles() == [-0.75, 0.125, 1])
    #expect((1.0 / y).toDoubles() == [0.5, -0.25, 2] && y.reciprocal() == 1.0 / y)
    #expect(y.power(2).toDoubles() == [4, 16, 0.25])
    #expect(Tensor([2, 3] as [Double]).power(Tensor([3, 2] as [Double])).toDoubles() == [8, 9])
    #expect(x.interpolated(to: y, weight: 0.5).toDoubles() == [0.25, -1.875, 1.25])
  }

  @Test func `whole numbers keep whole numbers whole`() {
    let n = Tensor([7, -7] as [Int])
    #expect((n + 1).elementType == .int64 && (n + 1).toInts() == [8, -6])
    #expect((n * 2 - 1).toInts() == [13, -15] && (3 - n).toInts() == [-4, 10])
    #expect((n / 2).toDoubles() == [3.5, -3.5])
    let two = Tensor([2, 2] as [Int])
    #expect(n.floorDivided(by: two).toInts() == [3, -4])
    #expect(n.remainder(dividingBy: two).toInts() == [1, 1])
    var m = n
    m += 1
    m *= 2
    m -= 3
    #expect(m.toInts() == [13, -15] && m.elementType == .int64)
  }

  @Test func `axes of extent 1 are repeated`() {
    let column = Tensor([[1], [2]] as [[Double]])
    let row = Tensor([10, 20, 30] as [Double])
    #expect((column + row).toDoubles() == [11, 21, 31, 12, 22, 32])
    #expect((column + row).shape == [2, 3])
    #expect((Tensor(1, .float64) + row).toDoubles() == [11, 21, 31])
  }

  @Test(arguments: [
    (ElementType.float32, ElementType.float64, ElementType.float64),
    (.int64, .float32, .float32), (.uint8, .int8, .int16), (.bool, .int32, .int32),
    (.float16, .bfloat16, .float32),
  ])
  func `mixed types meet in the wider one`(left: ElementType, right: ElementType, sum: ElementType)
  {
    let ones = Tensor([1, 1] as [Float])
    #expect((ones.cast(to: left) + ones.cast(to: right)).elementType == sum)
  }

  @Test func `changes in place are the same arithmetic`() {
    var z = x
    z += y
    z -= Tensor(1, .float64)
    z *= Tensor(2, .float64)
    z /= Tensor(4, .float64)
    z += 1.0
    z -= 0.5
    z *= 2.0
    z /= 4.0
    z.add(y, scaledBy: 0.5)
    let expected = zip(x.toDoubles(), y.toDoubles()).map { x, y in
      (((x + y - 1) * 2 / 4 + 1 - 0.5) * 2) / 4 + 0.5 * y
    }
    expectClose(z.toDoubles(), expected)
  }

  @Test func `functions of one element are those of the C library`() {
    let inside = Tensor([-0.9, -0.3, 0.1, 0.8] as [Double])
    let positive = Tensor([0.1, 0.5, 1, 4.5] as [Double])
    let pairs: [(Tensor, Tensor, (Double) -> Double)] = [
      (inside, inside.exp(), exp), (inside, inside.expm1(), expm1), (inside, inside.sin(), sin),
      (inside, inside.cos(), cos), (inside, inside.tan(), tan), (inside, inside.asin(), asin),
      (inside, inside.acos(), acos), (inside, inside.atan(), atan), (inside, inside.tanh(), tanh),
      (inside, inside.erf(), erf), (inside, inside.abs(), { $0.magnitude }),
      (inside, inside.log1p(), log1p), (positive, positive.log(), log),
      (positive, positive.log2(), log2), (positive, positive.sqrt(), sqrt),
      (positive, positive.rsqrt(), { 1 / $0.squareRoot() }),
      (positive, positive.logGamma(), { lgamma($0) }),
      (inside, inside.sigmoid(), { 1 / (1 + exp(-$0)) }),
      (inside, inside.logSigmoid(), { -log1p(exp(-$0)) }),
      (inside, inside.softplus(), { log1p(exp($0)) }),
      (inside, inside.relu(), { max($0, 0) }), (inside, inside.relu6(), { min(max($0, 0), 6) }),
      (inside, inside.leakyRelu(slope: 0.2), { $0 < 0 ? 0.2 * $0 : $0 }),
      (inside, inside.elu(alpha: 2), { $0 < 0 ? 2 * expm1($0) : $0 }),
      (inside, inside.gelu(), { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
      (inside, inside.silu(), { $0 / (1 + exp(-$0)) }),
      (inside, inside.hardSigmoid(), { min(max($0 + 3, 0), 6) / 6 }),
      (inside, inside.hardSwish(), { $0 * min(max($0 + 3, 0), 6) / 6 }),
      (inside, inside.squared(), { $0 * $0 }),
    ]
    for (input, found, function) in pairs {
      expectClose(found.toDoubles(), input.toDoubles().map(function), relative: 1e-12)
    }
    expectClose(
      inside.gelu(tanhApproximation: true).toDoubles(),
      inside.toDoubles().map {
        $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
      })
    // The digamma function grows by 1 / x per step.
    expectClose((positive + 1.0).digamma() - positive.digamma(), 1.0 / positive)
    expectClose(
      inside.atan2(positive).toDoubles(),
      zip(inside.toDoubles(), positive.toDoubles()).map { atan2($0, $1) })
  }

  @Test func `rounding, clamping and signs`() {
    let z = Tensor([-2.5, -0.5, 0, 1.5, 2.2] as [Double])
    #expect(z.floor().toDoubles() == [-3, -1, 0, 1, 2])
    #expect(z.ceil().toDoubles() == [-2, 0, 0, 2, 3])
    #expect(z.rounded().toDoubles() == [-2, 0, 0, 2, 2])
    #expect(z.sign().toDoubles() == [-1, -1, 0, 1, 1])
    #expect(z.clamped(to: -1...2).toDoubles() == [-1, -0.5, 0, 1.5, 2])
    #expect(z.clamped(atLeast: 1).toDoubles() == [1, 1, 1, 1.5, 2.2])
    #expect(z.clamped(atMost: 0).toDoubles() == [-2.5, -0.5, 0, 0, 0])
    #expect(Tensor.minimum(x, y).toDoubles() == [-1.5, -4, 0.5])
    #expect(Tensor.maximum(x, y).toDoubles() == [2, 0.25, 2])
  }

  @Test func `softmax does not overflow`() {
    let z = Tensor([[1000, 1000], [0, -1000]] as [[Double]])
    #expect(z.softmax().toDoubles() == [0.5, 0.5, 1, 0])
    expectClose(z.logSoftmax().toDoubles(), [-log(2), -log(2), 0, -1000])
    expectClose(z.softmax(along: 0).sum(along: 0).toDoubles(), [1, 1])
  }

  @Test func `comparison gives truth values`() {
    #expect((x .< y).toArray() == [true, false, false])
    #expect((x .<= x).toArray() == [true, true, true])
    #expect(
      (x .> 0).toArray() == [false, true, true] && (x .>= 0.25) == (x .> 0))
    #expect((x .== x).allTrue() && !(x .!= x).anyTrue())
    #expect(
      (x .== 2).toArray() == [false, false, true] && (x .!= 2).toArray() == [true, true, false])
    #expect(
      (x .< 0).toArray() == [true, false, false] && (x .<= 0.25).toArray() == [true, true, false])
    #expect(
      (x .> y).toArray() == [false, true, true] && (x .>= y).toArray() == [false, true, true])
    #expect(((x .> 0) .& (y .> 0)).toArray() == [false, false, true])
    #expect(((x .> 0) .| (y .> 0)).toArray() == [true, true, true])
    #expect((!(x .> 0)).toArray() == [true, false, false])
    #expect(Tensor.choosing(x, where: x .> y, else: y).toDoubles() == [2, 0.25, 2])
    let odd = Tensor([.nan, .infinity, 1] as [Double])
    #expect(odd.isNaN().toArray() == [true, false, false])
    #expect(odd.isFinite().toArray() == [false, false, true])
    #expect(odd != odd && x == x && x != x.cast(to: .float32) && x != x.expandingShape(at: 0))
    #expect(Tensor([[0, 3], [4, 0]] as [[Int]]).nonzeroIndices().toInts() == [0, 1, 1, 0])
  }

  @Test func `complex numbers multiply as such`() {
    let z = Tensor(real: x, imaginary: y)
    let square = z * z
    expectClose(square.realPart(), x * x - y * y)
    expectClose(square.imaginaryPart(), x * y * 2)
    #expect(square.elementType == .complex128)
  }
}
