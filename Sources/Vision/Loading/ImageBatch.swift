import Torch

/// Images as a network takes them, with their classes.
public struct ImageBatch: Sendable {
  /// `[batch, channels, height, width]`, `float32`, normalized.
  public var images: Tensor
  /// `[batch]`, `int64`: the class of each image.
  public var labels: Tensor
  /// `[batch, classes]`, `float32`: the shares of the classes where images were mixed, else `nil`.
  public var targets: Tensor?
  /// The number of each image in its source.
  public var samples: [Int]

  /// Creates a batch.
  public init(images: Tensor, labels: Tensor, targets: Tensor? = nil, samples: [Int]) {
    self.images = images
    self.labels = labels
    self.targets = targets
    self.samples = samples
  }

  /// The images in the batch.
  public var count: Int { samples.count }

  /// The same batch on another device.
  public func moved(to device: Device) -> ImageBatch {
    ImageBatch(
      images: images.moved(to: device), labels: labels.moved(to: device),
      targets: targets?.moved(to: device), samples: samples)
  }
}
