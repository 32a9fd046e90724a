/// One few-shot task: support images to learn from and query images to be judged by.
///
/// - Shapes: images are row-major `[images, channels, height, width]`; values are
///   `value / 128 - 1`, from -1 to 0.992.
public struct Episode: Sendable {
  /// Images with what is known of them.
  public struct Images: Sendable {
    /// The values, `[images, channels, height, width]`.
    public var values: [Float]
    /// The class of each image as a position in ``Episode/classes``; in the support the number of
    /// ways where the label is hidden.
    public var labels: [Int]
    /// The number of each image in the ``ImageSet``.
    public var samples: [Int]

    /// The number of images.
    public var count: Int { labels.count }
  }

  /// The images to learn from, in shuffled order.
  public var support: Images
  /// The images to be judged by, in shuffled order.
  public var query: Images
  /// The classes of the ``ImageSet``, in the order of the labels.
  public var classes: [Int]
}

/// Episodes of one geometry, one after the other in memory.
///
/// - Shapes: images are `[episodes, images, channels, height, width]`, labels
///   `[episodes, images]`, classes `[episodes, ways]`.
public struct EpisodeBatch: Sendable {
  /// The number of episodes.
  public var count: Int
  /// The support of every episode.
  public var support: Episode.Images
  /// The queries of every episode.
  public var query: Episode.Images
  /// The classes of every episode.
  public var classes: [Int]
}
