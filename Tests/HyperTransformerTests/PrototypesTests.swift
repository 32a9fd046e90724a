import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// The head of prototypical networks against sums written out.
@Suite struct PrototypesTests {
  /// Two episodes of five embeddings; label 2 stands for "unlabelled".
  private let embeddings = Tensor([
    [[1.0, 0], [3, 0], [0, 2], [9, 9], [0, 4]], [[2, 2], [0, 0], [1, 1], [8, 8], [5, 7]],
  ])
  private let labels = Tensor([[0, 0, 1, 2, 1], [1, 0, 1, 2, 2]])

  @Test func `a prototype is the mean of its class's embeddings`() {
    let prototypes = Prototypes(of: embeddings, labels: labels, classCount: 2)
    expectClose(
      prototypes.centers, Tensor([[[2.0, 0], [0, 3]], [[0, 0], [1.5, 1.5]]]), relative: 1e-15)
  }

  @Test func `ignored examples do not count and a class without any stands at the origin`() {
    let ignored = Tensor([[true, false, false, false, false], [true, false, true, false, false]])
    let prototypes = Prototypes(of: embeddings, labels: labels, classCount: 2, ignored: ignored)
    expectClose(
      prototypes.centers, Tensor([[[3.0, 0], [0, 3]], [[0, 0], [0, 0]]]), relative: 1e-15)
  }

  @Test func `logits are minus the squared distances`() {
    let prototypes = Prototypes(centers: Tensor([[[2.0, 0], [0, 3]]]))
    let logits = prototypes.logits(of: Tensor([[[2.0, 0], [1, 1], [-1, 5]]]))
    // Distances (0, 4 + 9), (1 + 1, 1 + 4), (9 + 25, 1 + 4).
    expectClose(
      logits, Tensor([[[0.0, -13], [-2, -5], [-34, -5]]]), relative: 1e-14, absolute: 1e-14)
  }

  @Test func `the dense layer gives the same probabilities`() {
    var random = RandomSource(seed: 3)
    let prototypes = Prototypes(of: embeddings, labels: labels, classCount: 2)
    let points = Tensor(normal: [2, 4, 2], using: &random, .float64)
    let dense = prototypes.dense
    let logits = points.batchMatmul(dense.weight) + dense.bias
    expectClose(
      logits.softmax(along: 2), prototypes.logits(of: points).softmax(along: 2), relative: 1e-12)
  }

  @Test func `classes of a later task come after the earlier ones`() {
    let first = Prototypes(centers: Tensor([[[1.0, 2]]]))
    let both = first.appending(Prototypes(centers: Tensor([[[3.0, 4], [5, 6]]])))
    #expect(both.centers == Tensor([[[1.0, 2], [3, 4], [5, 6]]]))
  }

  @Test func `gradients reach the examples`() {
    expectGradientMatchesFiniteDifferences(at: embeddings) { embeddings in
      Prototypes(of: embeddings, labels: labels, classCount: 2)
        .logits(of: embeddings).logSoftmax(along: 2)
    }
  }
}
