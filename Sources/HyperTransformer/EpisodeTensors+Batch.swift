import Datasets
import Randomness
import Torch

extension TrainingBatch {
  /// Turns drawn episodes into tensors.
  ///
  /// - Parameters:
  ///   - batch: Episodes of one geometry.
  ///   - set: Where they were drawn from.
  ///   - ways: Classes per episode; as a label it stands for "unlabelled".
  ///   - removal: The largest probability of ignoring a labelled and an unlabelled support image; the
  ///     probability itself is drawn anew for every episode.
  ///   - random: Decides which are ignored.
  ///   - step: The training step the batch is for.
  ///   - device: Where the tensors shall be.
  public init(
    _ batch: EpisodeBatch, of set: ImageSet, ways: Int,
    removal: (labelled: Double, unlabelled: Double) = (0, 0), using random: inout RandomSource,
    step: Int = 0, on device: Device = .cpu
  ) {
    let supportCount = batch.support.count / batch.count
    let queryCount = batch.query.count / batch.count
    let labels = Tensor(batch.support.labels, shape: [batch.count, supportCount])
    let realClasses = (0..<batch.support.count).map {
      set.label(ofSample: batch.support.samples[$0])
    }
    let ignored = Self.ignored(batch, ways: ways, removal: removal, using: &random)
    self.init(
      support: SupportSet(
        images: Self.images(batch.support, batch.count, set).moved(to: device),
        labels: labels.moved(to: device),
        ignored: ignored.map {
          Tensor($0, shape: [batch.count, supportCount]).moved(to: device)
        }),
      query: QuerySet(
        images: Self.images(batch.query, batch.count, set).moved(to: device),
        labels: Tensor(batch.query.labels, shape: [batch.count, queryCount]).moved(to: device)),
      realClasses: Tensor(realClasses, shape: [batch.count, supportCount]).moved(to: device),
      step: step)
  }

  /// `[samples, episodes, channels, height, width]` from images stored episode by episode.
  private static func images(_ images: Episode.Images, _ episodes: Int, _ set: ImageSet) -> Tensor {
    Tensor(
      images.values,
      shape: [episodes, images.count / episodes, set.channels, set.height, set.width]
    ).transposed(0, 1).rowMajor()
  }

  private static func ignored(
    _ batch: EpisodeBatch, ways: Int, removal: (labelled: Double, unlabelled: Double),
    using random: inout RandomSource
  ) -> [Bool]? {
    guard removal.labelled > 0 || removal.unlabelled > 0 else { return nil }
    let perEpisode = batch.support.count / batch.count
    var result: [Bool] = []
    for episode in 0..<batch.count {
      let labelled = removal.labelled * random.uniform()
      let unlabelled = removal.unlabelled * random.uniform()
      for index in 0..<perEpisode {
        let label = batch.support.labels[episode * perEpisode + index]
        result.append(random.uniform() < (label == ways ? unlabelled : labelled))
      }
    }
    return result
  }
}
