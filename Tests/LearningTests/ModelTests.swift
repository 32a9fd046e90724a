import Learning
import Testing
import Torch

private struct Affine: Model {
  var weight: Tensor
  var bias: Tensor?
  var seen = Tensor(0)

  mutating func visit(_ walk: inout Walk) {
    walk.parameter("weight", &weight)
    walk.parameter("bias", &bias)
    walk.buffer("seen", &seen)
  }
}

private struct Pair: Model {
  var parts: [Affine]
  var extra: Affine?

  mutating func visit(_ walk: inout Walk) {
    walk.children("parts", &parts)
    walk.child("extra", &extra)
  }
}

@Suite struct ModelTests {
  private let pair = Pair(
    parts: [Affine(weight: Tensor(2), bias: Tensor(1)), Affine(weight: Tensor(3), bias: nil)],
    extra: Affine(weight: Tensor(5), bias: nil))

  @Test func `names are paths and absent tensors are left out`() {
    #expect(
      pair.parameters.names
        == ["parts.0.weight", "parts.0.bias", "parts.1.weight", "extra.weight"])
    #expect(pair.tensors.names.count == 7)
  }

  @Test func `the gradient carries the model's names and buffers flow back`() {
    var model = pair
    let before = pair
    let (value, gradient) = valueAndGradient(at: &model) { model in
      model.extra?.seen += 1
      return model.parts[0].weight * model.parts[1].weight * 10
    }
    #expect(value.scalar() == 60)
    #expect(gradient.names == pair.parameters.names)
    #expect(gradient["parts.0.weight"]?.scalar() == 30)
    #expect(gradient["parts.1.weight"]?.scalar() == 20)
    #expect(gradient["extra.weight"]?.scalar() == 0)
    #expect(model.extra?.seen.scalar() == 1)
    #expect(before.extra?.seen.scalar() == 0)
    let tracked = model.parameters.tensors.filter(\.isTracked)
    #expect(tracked.isEmpty)
  }
}
