import Learning
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Several episodes in one step are that many steps of one episode, averaged.
@Suite struct BatchedEpisodesTests {
  @Test(arguments: generatorVariants.keys.sorted(), [false, true])
  func `episodes side by side do not see each other`(_ name: String, _ isMasked: Bool) throws {
    let configuration = Tiny.configuration(try #require(generatorVariants[name]))
    let objective = PipelineGradientTests.everything
    let model = try Tiny.model(configuration, objective: objective)
    let batch = Tiny.batch(episodes: 3, isMasked: isMasked)
    let together = outcome(model, batch, objective)
    let alone = (0..<3).map { outcome(model, batch.episode($0), objective) }
    for statistics in GeneratedNetwork.Statistics.allCases {
      let rows = (0..<3).map { logits(model, batch.episode($0), statistics) }
      expectClose(
        logits(model, batch, statistics), Tensor(concatenating: rows), relative: 1e-9,
        absolute: 1e-10)
    }
    expectClose(together.loss, alone.reduce(0) { $0 + $1.loss } / 3, relative: 1e-11)
    expectClose(together.accuracy, alone.reduce(0) { $0 + $1.accuracy } / 3, relative: 1e-6)
    for (index, parameter) in together.gradient.names.enumerated() {
      let mean = Tensor(stacking: alone.map { $0.gradient.tensors[index] }).mean(along: 0)
      expectClose(
        together.gradient.tensors[index], mean, relative: 1e-8, absolute: 1e-10, "\(parameter)")
    }
  }

  private func logits(
    _ model: GeneratorInTraining, _ batch: TrainingBatch, _ statistics: GeneratedNetwork.Statistics
  ) -> Tensor {
    model.generator.generate(batch.support).logits(of: batch.query.images, statistics: statistics)
  }

  private func outcome(
    _ model: GeneratorInTraining, _ batch: TrainingBatch, _ objective: Objective
  ) -> (loss: Double, accuracy: Double, gradient: NamedTensors) {
    var model = model
    var pass = Pass.inference
    var accuracy = 0.0
    let (loss, gradient) = valueAndGradient(at: &model) { model in
      let result = objective(&model, batch, step: 1, &pass)
      accuracy = result.accuracy.scalar()
      return result.loss
    }
    return (loss.scalar(), accuracy, gradient)
  }
}
