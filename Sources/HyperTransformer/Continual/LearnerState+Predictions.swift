import Images
import Learning
import Randomness
import Torch

extension LearnerState {
  /// What a picture was found to be.
  public struct Prediction: Sendable, Hashable {
    /// The likeliest class's task.
    public var task: String
    /// The likeliest class.
    public var label: String
    /// Its probability among the classes asked about.
    public var probability: Double
    /// The probability of every class asked about, task after task.
    public var probabilities: [Double]
  }

  /// Classifies pictures.
  ///
  /// - Parameters:
  ///   - images: The pictures; they are prepared as the support images were.
  ///   - task: The task whose classes are asked about; without, the classes of all tasks.
  ///   - statistics: Whose statistics batch normalization uses: the stored ones of the support images
  ///     learned last (every picture is judged alone), or those of these pictures together.
  /// - Returns: One prediction per picture.
  /// - Throws: ``ContinualError`` for an unknown task or a state that has learned nothing.
  public func predictions(
    for images: [Image], task: String? = nil, statistics: GeneratedNetwork.Statistics = .support
  ) throws(ContinualError) -> [Prediction] {
    let columns = try columns(of: task)
    guard !images.isEmpty else { return [] }
    let logits = try logits(of: preparation.tensor(of: images), statistics: statistics)
    let rows = logits.narrowed(along: 1, from: columns.first, count: columns.names.count)
      .softmax(along: 1)
    return rows.unstacked().map { row in
      let values = row.toDoubles()
      let best = values.indices.max { values[$0] < values[$1] } ?? 0
      return Prediction(
        task: columns.names[best].task, label: columns.names[best].label,
        probability: values[best], probabilities: values)
    }
  }

  /// The logits of prepared images `[images, channels, height, width]` among all classes so far,
  /// `[images, classes]`.
  ///
  /// - Throws: ``ContinualError`` for a state that has learned nothing.
  public func logits(
    of images: Tensor, statistics: GeneratedNetwork.Statistics = .support
  ) throws(ContinualError) -> Tensor {
    guard var network, let prototypes else {
      throw .unsuitable(reason: "the state has learned no task yet; give it one with `learn` first")
    }
    let embeddings = withoutGradients {
      switch statistics {
      case .support: network(images)
      case .batch:
        // Normalizing as in training takes the statistics of the batch; nothing is random in it, and
        // the copy with other running statistics is thrown away.
        {
          var pass = Pass.training(using: RandomSource(seed: 0))
          return network.forward(images, &pass)
        }()
      }
    }
    return description.distances.logits(of: embeddings.expandingShape(at: 0), prototypes)
      .squeezed(at: 0)
  }

  /// The classes asked about: their names, and the place of the first among all.
  public func columns(of task: String?) throws(ContinualError) -> (
    first: Int, names: [(task: String, label: String)]
  ) {
    var first = 0
    var all: [(task: String, label: String)] = []
    for entry in tasks {
      let names = entry.classNames.map { (task: entry.name, label: $0) }
      if entry.name == task { return (first, names) }
      first += names.count
      all += names
    }
    if let task { throw .unknownTask(name: task, known: tasks.map(\.name)) }
    return (0, all)
  }
}
