import Torch

/// The labelled (and unlabelled) examples that networks are written from, for a batch of episodes.
///
/// Axes come sample first: the activations of all episodes then are one image batch with
/// `episodes x channels` channels, on which a grouped convolution applies every episode's own
/// kernels and batch normalization takes every episode's own statistics, without copying.
public struct SupportSet: Sendable {
  /// `[samples, episodes, channels, height, width]`.
  public var images: Tensor
  /// `[episodes, samples]`, `int64`; the class, or the number of classes for "unlabelled".
  public var labels: Tensor
  /// `[episodes, samples]`, `bool`; true for samples no token may attend to; they still count in the
  /// support's batch statistics. `nil` ignores none.
  public var ignored: Tensor?

  /// Creates a support set.
  public init(images: Tensor, labels: Tensor, ignored: Tensor? = nil) {
    self.images = images
    self.labels = labels
    self.ignored = ignored
  }

  /// Episodes in the batch.
  public var episodeCount: Int { images.extent(1) }
  /// Examples per episode.
  public var sampleCount: Int { images.extent(0) }
}

/// The examples a batch of generated networks is tested on.
public struct QuerySet: Sendable {
  /// `[samples, episodes, channels, height, width]`.
  public var images: Tensor
  /// `[episodes, samples]`, `int64`.
  public var labels: Tensor

  /// Creates a query set.
  public init(images: Tensor, labels: Tensor) {
    self.images = images
    self.labels = labels
  }

  /// The share of queries whose logits `[episodes, samples, classes]` are largest for their class.
  func accuracy(of logits: Tensor) -> Tensor {
    (logits.argmax(along: 2) .== labels).cast(to: .float32).mean()
  }
}
