import Datasets
import Images
import Learning
import Torch

/// How well a network tells images apart.
public struct ClassificationResult: Sendable, Hashable, Codable {
  /// How many images were judged.
  public var count: Int
  /// The share whose class was the first guess.
  public var accuracy: Double
  /// The share whose class was among the first five guesses; absent with five classes or fewer.
  public var topFiveAccuracy: Double?
  /// The mean cross-entropy, in nats.
  public var loss: Double
  /// How often each class was taken for each other.
  public var confusion: ConfusionMatrix

  /// The numbers that training records.
  var values: [String: Double] {
    var values = ["accuracy": accuracy, "loss": loss]
    values["topFiveAccuracy"] = topFiveAccuracy
    return values
  }
}

/// Judges networks by the images of a source, each once.
public struct ClassificationEvaluation {
  private let source: any ImageSource
  private let preparation: ImagePreparation
  private let samples: [Int]
  private let workers: Int
  private let batchSize: Int
  private let device: Device

  /// Prepares an evaluation.
  ///
  /// - Parameters:
  ///   - source: Where the images come from.
  ///   - preparation: How they become inputs.
  ///   - samples: Which are used; all unless told.
  ///   - workers: Threads that decode.
  ///   - batchSize: Images that are judged together; it changes nothing but the time.
  ///   - device: Where the network is.
  public init(
    _ source: any ImageSource, _ preparation: ImagePreparation, samples: [Int]? = nil,
    workers: Int = 2, batchSize: Int = 100, device: Device = .cpu
  ) {
    self.source = source
    self.preparation = preparation
    self.samples = samples ?? Array(0..<source.count)
    self.workers = workers
    self.batchSize = batchSize
    self.device = device
  }

  /// Runs a network, made ready for use, over all images.
  ///
  /// - Throws: `FileFailure` for an image that is damaged, `LoaderError` where there are none.
  public func result(of network: some ImageClassifier) throws -> ClassificationResult {
    let loader = try ImageLoader(
      source, preparation, samples: samples,
      settings: .evaluation(batchSize: batchSize, workers: workers))
    var network = network.fused()
    var sums = Sums(classCount: network.classCount)
    var pass = Pass.inference
    try withoutGradients {
      for step in 0..<(loader.batchCount ?? 0) {
        let batch = try loader.batch(step).moved(to: device)
        sums.add(network.forward(batch.images, &pass), batch.labels)
      }
    }
    return sums.result
  }

  private struct Sums {
    var confusion: ConfusionMatrix
    var count = 0
    var loss = 0.0
    var hits = 0.0

    init(classCount: Int) { confusion = ConfusionMatrix(classCount: classCount) }

    mutating func add(_ logits: Tensor, _ labels: Tensor) {
      let batch = labels.count
      count += batch
      confusion.add(predicted: logits.argmax(along: 1), expected: labels)
      loss += logits.softmaxCrossEntropy(expected: labels, reduction: .sum).scalar()
      if confusion.classCount > 5 {
        hits += logits.topAccuracy(5, expected: labels).scalar() * Double(batch)
      }
    }

    var result: ClassificationResult {
      ClassificationResult(
        count: count, accuracy: confusion.accuracy,
        topFiveAccuracy: confusion.classCount > 5 ? hits / Double(max(count, 1)) : nil,
        loss: loss / Double(max(count, 1)), confusion: confusion)
    }
  }
}
