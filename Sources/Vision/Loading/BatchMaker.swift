import Datasets
import Files
import Foundation
import Images
import Randomness
import Torch

/// Makes the inputs of a batch one by one, each from a random stream of its own.
struct BatchMaker: Sendable {
  let source: any ImageSource
  let preparation: ImagePreparation
  let settings: ImageLoader.Settings
  let order: SampleOrder

  /// Damaged images in a row after which the data set itself must be damaged.
  private static let replacementLimit = 20

  /// An image that was damaged, and the sentence about it.
  struct Damage: Sendable {
    var sample: Int
    var reason: String
  }

  /// Makes the input at a place of a batch.
  ///
  /// - Parameters:
  ///   - sample: The image at this place.
  ///   - position: The place, counted through all batches.
  ///   - target: Takes the input.
  /// - Returns: The image that was used, and those that could not be.
  /// - Throws: `FileFailure` for a damaged image unless those are skipped, ``LoaderError``.
  func make(
    _ sample: Int, position: Int, into target: UnsafeMutableBufferPointer<Float>
  ) throws -> (sample: Int, damaged: [Damage]) {
    var random = stream(2 * position)
    var replacing = random.split()
    var damaged: [Damage] = []
    var sample = sample
    while true {
      do {
        try preparation.prepare(source.sample(sample), using: &random, into: target)
        return (sample, damaged)
      } catch {
        guard settings.skipsDamaged else { throw error }
        damaged.append(Damage(sample: sample, reason: error.description))
        guard damaged.count < Self.replacementLimit else {
          throw LoaderError.tooManyDamaged(
            name: source.name, count: damaged.count, last: error.description)
        }
        sample = order.replacement(using: &replacing)
      }
    }
  }

  /// Mixes the images of a finished batch and puts it together.
  func finish(
    step: Int, samples: [Int], images: Tensor, values: UnsafeMutableBufferPointer<Float>
  ) -> ImageBatch {
    let labels = samples.map(source.label(ofSample:))
    var random = stream(2 * step + 1)
    let decision = settings.mixing.decision(
      height: preparation.height, width: preparation.width, using: &random)
    let targets = decision.map { decision in
      let share = BatchMixing.apply(
        decision, to: values, batch: samples.count, channels: preparation.channels,
        height: preparation.height, width: preparation.width)
      return mixedTargets(labels, share: Float(share))
    }
    return ImageBatch(
      images: images, labels: Tensor(labels, shape: [labels.count]), targets: targets,
      samples: samples)
  }

  private func mixedTargets(_ labels: [Int], share: Float) -> Tensor {
    let classes = source.classNames.count
    var targets = [Float](repeating: 0, count: labels.count * classes)
    for index in labels.indices {
      targets[index * classes + labels[index]] += share
      targets[index * classes + labels[(index + labels.count - 1) % labels.count]] += 1 - share
    }
    return Tensor(targets, shape: [labels.count, classes])
  }

  /// The stream with a number of its own.
  private func stream(_ number: Int) -> RandomSource {
    RandomSource(seed: RandomSource.mixed(number) &+ settings.seed &* 0x9E37_79B9_7F4A_7C15)
  }
}
