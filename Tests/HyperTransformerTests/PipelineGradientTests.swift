import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// Differentiation through the whole pipeline: transformers, written networks, queries, objective.
@Suite struct PipelineGradientTests {
  @Test(arguments: generatorVariants.keys.sorted())
  func `every parameter's gradient matches finite differences`(_ name: String) throws {
    let configuration = Tiny.configuration(try #require(generatorVariants[name]))
    let objective = Self.everything
    var model = try Tiny.model(configuration, objective: objective)
    let batch = Tiny.batch(episodes: 1, isMasked: true)
    var pass = Pass.inference
    let gradient = valueAndGradient(at: &model) { model in
      objective(&model, batch, step: 1, &pass).loss
    }.gradient
    var random = RandomSource(seed: 8)
    for (index, (parameter, slope)) in zip(gradient.names, gradient.tensors).enumerated() {
      let direction = Tensor(normal: slope.shape, using: &random, .float64)
      let step = 1e-5 / direction.norm().scalar()
      func loss(_ steps: Double) -> Double {
        var moved = model
        var tensors = model.parameters.tensors
        tensors[index] = tensors[index] + direction * (steps * step)
        moved.replaceParameters(tensors)
        return withoutGradients { objective(&moved, batch, step: 1, &pass).loss.scalar() }
      }
      let numeric = (loss(1) - loss(-1)) / (2 * step)
      expectClose(
        (slope * direction).sum().scalar(), numeric, relative: 1e-5, absolute: 1e-6, "\(parameter)")
    }
  }

  /// All terms at once, within the warm-up.
  static let everything: Objective = {
    var result = Objective()
    result.labelSmoothing = 0.1
    result.weightDecay = 1e-3
    result.variationPenalty = 1e-2
    result.realClassWeight = 0.5
    result.warmUpSteps = 3
    return result
  }()
}
