import Randomness
import Testing
import Torch

@Suite struct GradientTests {
  @Test func `first and second derivatives of a cube are the calculus ones`() {
    let x = Tensor(3, .float64)
    #expect(gradient(at: x) { $0 * $0 * $0 }.scalar() == 27)
    #expect(gradient(at: x) { gradient(at: $0) { $0 * $0 * $0 } }.scalar() == 18)
    let third = gradient(at: x) { gradient(at: $0) { gradient(at: $0) { $0 * $0 * $0 } } }
    #expect(third.scalar() == 6)
  }

  @Test func `results outside of all scopes are constants`() {
    let (value, gradient) = valueAndGradient(at: Tensor([1, 2] as [Float])) { ($0 * $0).sum() }
    #expect(!value.isTracked && !gradient.isTracked)
    #expect(gradient.toFloats() == [2, 4])
  }

  @Test func `a point the value does not depend on has gradient zero`() {
    let points = [Tensor(2, .float64), Tensor([1, 1] as [Double])]
    let (_, gradients) = valueAndGradient(at: points) { $0[0] * $0[0] }
    #expect(gradients[1].toDoubles() == [0, 0])
  }

  @Test func `nothing is recorded inside withoutGradients`() {
    let slope = gradient(at: Tensor(2, .float64)) { x in
      x * withoutGradients { x * x }
    }
    #expect(slope.scalar() == 4)
  }

  @Test func `mutating a variable inside a scope differentiates through the mutation`() {
    let slope = gradient(at: Tensor([1, 2, 3] as [Double])) { x in
      var y = x * 2
      y[1] = Tensor(5, .float64)
      y *= y
      return y.sum()
    }
    // d/dx (2x)^2 = 8x, and nothing flows through the overwritten element.
    #expect(slope.toDoubles() == [8, 0, 24])
  }
}
