import Datasets
import Files
import Foundation
import Images
import Randomness
import Torch

/// Makes batches from a source of images, several ahead of the one asked for, on several threads.
///
/// A batch depends on the source, the settings, the seed and the number of the step alone; the
/// number of workers, the order in which they finish and the batches asked for before make no
/// difference. At most ``Settings/ahead`` batches wait at a time.
///
/// ```swift
/// let loader = try ImageLoader(cifar, .cifar(isTraining: true), settings: .init(batchSize: 128))
/// let task = TrainingTask<ResNet, ImageBatch>(
///   batch: { step, _ in try loader.batch(step) },
///   loss: { model, batch, pass in ... })
/// ```
///
/// The loader is ahead by itself, so a trainer's own prefetching may be switched off; then
/// ``LoaderReport/waitingSeconds`` is what the training loop waits.
public final class ImageLoader: Sendable {
  /// How a loader works.
  public struct Settings: Codable, Sendable, Hashable {
    /// Images in a batch.
    public var batchSize = 128
    /// Whether images come in a new random order in every round; otherwise there is one round in
    /// the order of the source.
    public var isShuffled = true
    /// Seed of the order and of everything random in the preparation.
    public var seed: UInt64 = 1
    /// Threads that decode and vary; 0 leaves the work to whoever asks for a batch.
    public var workers = 2
    /// Batches that may be ready or under way.
    public var ahead = 3
    /// Whether a damaged image is replaced by another one and counted; otherwise it is an error.
    public var skipsDamaged = true
    /// How images of a batch are mixed.
    public var mixing = BatchMixing()

    /// Creates the settings of training.
    public init(batchSize: Int = 128, seed: UInt64 = 1, workers: Int = 2) {
      self.batchSize = batchSize
      self.seed = seed
      self.workers = workers
    }

    /// The settings of evaluation and prediction: in order, every image once, damage is an error.
    public static func evaluation(batchSize: Int = 128, workers: Int = 2) -> Settings {
      var settings = Settings(batchSize: batchSize, workers: workers)
      settings.isShuffled = false
      settings.skipsDamaged = false
      return settings
    }
  }

  /// Where the images come from.
  public let source: any ImageSource
  /// How each of them is prepared.
  public let preparation: ImagePreparation
  /// How the loader works.
  public let settings: Settings

  private let order: SampleOrder
  private let queue: BatchQueue

  /// Prepares loading; the workers start with the first batch asked for.
  ///
  /// - Parameters:
  ///   - source: Where the images come from.
  ///   - preparation: How each of them becomes an input.
  ///   - samples: The numbers of the images to use; all unless told.
  ///   - settings: How the loader works.
  /// - Throws: ``LoaderError/noImages(name:)``.
  /// - Precondition: Sizes are positive, counts not negative.
  public init(
    _ source: any ImageSource, _ preparation: ImagePreparation, samples: [Int]? = nil,
    settings: Settings = Settings()
  ) throws(LoaderError) {
    precondition(
      settings.batchSize > 0 && settings.workers >= 0 && settings.ahead > 0,
      "a loader needs images in a batch and room for one batch, got \(settings)")
    let samples = samples ?? Array(0..<source.count)
    guard !samples.isEmpty else { throw .noImages(name: source.name) }
    self.source = source
    self.preparation = preparation
    self.settings = settings
    order = SampleOrder(
      samples, batchSize: settings.batchSize, seed: settings.isShuffled ? settings.seed : nil)
    queue = BatchQueue(
      BatchMaker(source: source, preparation: preparation, settings: settings, order: order),
      limit: settings.ahead, count: order.count)
    queue.start(workers: settings.workers)
  }

  deinit { queue.close() }

  /// The batches there are, where images come in order; `nil` where they come again and again.
  public var batchCount: Int? { order.count }

  /// Ends the threads and returns when they are gone, as the end of the loader's life does as well;
  /// whoever still asks for a batch then does the work.
  ///
  /// Only needed where a loader lives until the program ends, as a global variable does.
  public func close() { queue.close() }

  /// What was done so far.
  public var report: LoaderReport { queue.report }

  /// Returns the batch of a step, waiting for it if need be.
  ///
  /// Steps in order are prepared ahead; any other step may be asked for and only costs the wait.
  ///
  /// - Parameter step: Its number, from 0; below ``batchCount`` if there is one.
  /// - Returns: The batch, on the processor.
  /// - Throws: `FileFailure` for a damaged image unless those are skipped, ``LoaderError``.
  public func batch(_ step: Int) throws -> ImageBatch {
    precondition(
      step >= 0 && step < order.count ?? .max,
      "there is no batch \(step), only \(order.count.map(String.init) ?? "those from 0")")
    return try queue.batch(step)
  }
}
