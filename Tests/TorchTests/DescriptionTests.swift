import Testing
import Torch

@Suite struct DescriptionTests {
  @Test func `whole numbers are aligned to the right`() {
    #expect("\(Tensor([[1, 20], [-3, 4]] as [[Float]]))" == "[[ 1, 20],\n [-3,  4]]")
  }

  @Test func `fractions have four digits`() {
    #expect("\(Tensor([0.5, -2, 1.0 / 3] as [Float]))" == "[ 0.5000, -2.0000,  0.3333]")
  }

  @Test func `very large and very small numbers are in powers of ten`() {
    #expect("\(Tensor([1e-6, 0.5] as [Float]))" == "[1.0000e-06, 5.0000e-01]")
    #expect("\(Tensor([1e5, 0.5] as [Float]))" == "[1.0000e+05, 5.0000e-01]")
  }

  @Test func `what is not a number is spelled out`() {
    #expect("\(Tensor([1, .nan, -.infinity] as [Float]))" == "[   1,  nan, -inf]")
  }

  @Test func `other types are named`() {
    #expect("\(Tensor([1, 2] as [Int]))" == "[1, 2]  // int64, cpu")
    #expect("\(Tensor([true, false]))" == "[ true, false]  // bool, cpu")
    #expect("\(Tensor([Int.max]))" == "[9223372036854775807]  // int64, cpu")
    let complex = Tensor(
      real: Tensor([1, 2] as [Float]), imaginary: Tensor([-0.5, 3] as [Float]))
    #expect("\(complex)" == "[1-0.5000i, 2+3.0000i]  // complex64, cpu")
    #expect("\(Tensor(0.5, .bfloat16))" == "0.5000  // bfloat16, cpu")
  }

  @Test func `long axes are shortened in the middle`() {
    #expect("\(Tensor(from: 0, to: 100))" == "[ 0,  1,  2, ..., 97, 98, 99]")
    #expect(
      "\(Tensor(from: 0, to: 20).reshaped(10, 2))"
        == "[[ 0,  1],\n [ 2,  3],\n [ 4,  5],\n ...,\n [14, 15],\n [16, 17],\n [18, 19]]")
  }

  @Test func `scalars, blocks and empty tensors`() {
    #expect("\(Tensor(3))" == "3")
    #expect("\(Tensor(zeros: [0, 3]))" == "[] with shape [0, 3], float32")
    #expect(
      "\(Tensor(from: 0, to: 4).reshaped(2, 1, 2))" == "[[[0, 1]],\n [[2, 3]]]")
    #expect(
      Tensor([1, 2] as [Int]).debugDescription == "int64[2] on cpu\n[1, 2]  // int64, cpu")
  }

  @Test func `a variable prints like any other tensor`() {
    var printed = ""
    _ = gradient(at: Tensor(2)) { x in
      printed = "\(x)"
      return x
    }
    #expect(printed == "2")
  }
}
