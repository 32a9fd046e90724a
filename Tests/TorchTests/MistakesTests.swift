import Testing
import Torch

/// A mistake, and what the program must say before it stops.
private struct Mistake: Sendable {
  let sentence: String
  let make: @Sendable () -> Void

  init(_ sentence: String, _ make: @escaping @Sendable () -> Void) {
    self.sentence = sentence
    self.make = make
  }
}

private let mistakes = [
  Mistake("aten::add.Tensor(float32[2], float32[3]): The size of tensor a (2) must match") {
    _ = Tensor(zeros: [2]) + Tensor(zeros: [3])
  },
  Mistake(
    "swiftlet::matmul(float32[2, 3], float32[4, 5]): mat1 and mat2 shapes cannot be multiplied"
  ) {
    _ = Tensor(zeros: [2, 3]).matmul(Tensor(zeros: [4, 5]))
  },
  Mistake("swiftlet::linear(float32[2, 3], float32[5, 4], float32[5]): mat1 and mat2 shapes") {
    _ = Tensor(zeros: [2, 3]).linear(weight: Tensor(zeros: [5, 4]), bias: Tensor(zeros: [5]))
  },
  Mistake("aten::cat([float32[2], float32[2, 2]], 0)") {
    _ = Tensor(concatenating: [Tensor(zeros: [2]), Tensor(zeros: [2, 2])])
  },
  Mistake("aten::reshape(float32[2, 3], [4, 2]): shape '[4, 2]' is invalid for input of size 6") {
    _ = Tensor(zeros: [2, 3]).reshaped(4, 2)
  },
  Mistake("convolved: input float32[1, 3, 8] and weight float32[4, 3, 3, 3] must both have 4 axes")
  {
    _ = Tensor(zeros: [1, 3, 8]).convolved(with: Tensor(zeros: [4, 3, 3, 3]))
  },
  Mistake("gradient of float32[2]: only a scalar has a gradient") {
    _ = gradient(at: Tensor(zeros: [2])) { $0 * 2 }
  },
  Mistake("gradient with respect to int64[2]: Only Tensors of floating point") {
    _ = gradient(at: Tensor([1, 2] as [Int])) { $0.sum() }
  },
  Mistake("scalar() of a tensor of shape [2]") { _ = Tensor(zeros: [2]).scalar() },
  Mistake("a tensor of float32 read as float64") {
    _ = Tensor(zeros: [2]).toArray(of: Double.self)
  },
  Mistake("3 elements do not fill a tensor of shape [2, 2]") {
    _ = Tensor([1, 2, 3] as [Float], shape: [2, 2])
  },
  Mistake("rows of different lengths [2, 1, 3] do not make a matrix") {
    _ = Tensor([[1, 2], [3], [4, 5, 6]] as [[Float]])
  },
  Mistake("subscript takes 3 axes, the tensor has shape [2, 2]") {
    _ = Tensor(zeros: [2, 2])[0, 0, 0]
  },
  Mistake("aten::select.int(float32[2, 2], 0, 2)") { _ = Tensor(zeros: [2, 2])[2] },
  Mistake("subscript -2..<1 runs from the end of the axis into its start") {
    _ = Tensor(zeros: [4])[-2..<1]
  },
  Mistake("axis 2 of a tensor of shape [2, 2]") { _ = Tensor(zeros: [2, 2]).extent(2) },
  Mistake("fusedSGD: parameter float32[2], gradient float32[3]") {
    var (parameters, momenta) = ([Tensor(zeros: [2])], [Tensor]())
    fusedSGD(
      &parameters, gradients: [Tensor(zeros: [3])], momenta: &momenta, learningRate: 1,
      momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, isFirstStep: true)
  },
]

@Suite struct MistakesTests {
  @Test(arguments: mistakes.indices)
  func `a mistake stops with a sentence that names the operator and the shapes`(
    number: Int
  ) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [number] in
      mistakes[number].make()
    }
    let said = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(said.contains(mistakes[number].sentence))
  }
}
