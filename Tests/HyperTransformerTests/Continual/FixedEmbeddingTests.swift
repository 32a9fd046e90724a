import Datasets
import Learning
import Randomness
import SwiftletTestSupport
import Testing
import Torch

@testable import HyperTransformer

/// With everything fixed, a continual generator is a prototypical network with stored prototypes.
@Suite struct FixedEmbeddingTests {
  @Test func `a generator with nothing left to write is the fixed prototypical network`() throws {
    var recipe = Tiny.continual(carry: .plain)
    recipe.generator.trainedLayers = 3
    recipe.generator.usesBaseWeights = true
    let generator = try Self.silenced(recipe)
    let batch = Tiny.sequences(recipe.sequence)
    let fixed = try prototypical(recipe, from: generator)
    let states = generator.states(batch)
    for (step, expected) in fixed.states(batch).enumerated() {
      let tasks = Array(0...step)
      let query = batch.queries(ofTasks: tasks)
      expectClose(
        states[step].logits(query, tasks, batch.plan, .prototypes, .mean).logits,
        expected.logits(query, tasks, batch.plan, .prototypes, .mean).logits, relative: 1e-12,
        absolute: 1e-13)
    }
  }

  @Test func `with frozen statistics a fixed embedding neither forgets nor gains`() throws {
    var recipe = Tiny.continual()
    recipe.method = .prototypical
    var network = try Tiny.learner(recipe, as: PrototypicalNetwork.self, imageChannels: 1)
      .cast(to: .float32)
    let set = Glyphs(classes: 40, drawers: 6, side: 8, seed: 3).imageSet()
    let evaluation = try ContinualEvaluation(
      [set], plan: recipe.sequence, sequences: 24, statistics: .support)
    let found = evaluation.accuracies { batch, report in
      var pass = Pass.inference
      var prototypes: Prototypes?
      for step in 0..<batch.plan.tasks {
        let written = network.write(batch.supports[step], after: nil, &pass).network.frozen
        let own = Prototypes(
          of: written.logits(of: batch.supports[step].images, statistics: .support),
          labels: batch.supports[step].labels, classCount: 3)
        let all = prototypes?.appending(own) ?? own
        prototypes = all
        report(
          step,
          DistanceScale.mean.logits(of: evaluation.embeddings(batch, step, of: written), all))
      }
    }
    let matrix = found.taskIncremental
    for task in 0..<3 {
      let column = matrix.rows.filter { task < $0.count }.map { $0[task] }
      #expect(Set(column).count == 1, "\(column)")
    }
    #expect(matrix.forgetting.mean == 0)
    #expect(matrix.backwardTransfer.mean == 0)
    #expect(matrix.averageAccuracy.mean > 0.4)  // chance is a third
    #expect(found.classIncremental.averageAccuracy.mean < matrix.averageAccuracy.mean)
  }

  /// A generator whose last normalization gives zeros: what it writes is its base weights.
  private static func silenced(_ recipe: ContinualRecipe) throws -> WeightGenerator {
    var result: WeightGenerator = try Tiny.learner(recipe)
    result.forEachParameter { name, tensor in
      if name.hasPrefix("layers.logits.transformer.encoder.0.norm2.") {
        tensor = tensor.zerosLike()
      }
    }
    return result
  }

  /// A prototypical network with the trained layers and the base dense layer of a generator.
  private func prototypical(
    _ recipe: ContinualRecipe, from generator: WeightGenerator
  ) throws -> PrototypicalNetwork {
    var recipe = recipe
    recipe.method = .prototypical
    recipe.prototypicalDense = true
    var result = try Tiny.learner(recipe, as: PrototypicalNetwork.self)
    let tensors = generator.tensors
    let base = try #require(tensors["network.logits.base.weight"])
    let bias = try #require(tensors["network.logits.base.bias"])
    result.forEachParameter { name, tensor in tensor = tensors[name] ?? tensor }
    result.embedding = Linear(weight: base, bias: bias)
    return result
  }
}

extension GeneratedNetwork {
  /// The same with batch-normalization statistics 0 and 1.
  fileprivate var frozen: GeneratedNetwork {
    var result = self
    for index in layers.indices {
      result.layers[index].mean = layers[index].mean.zerosLike()
      result.layers[index].variance = layers[index].variance.onesLike()
    }
    return result
  }
}
