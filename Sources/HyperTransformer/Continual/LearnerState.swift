import Learning
import Runs
import Torch

/// A continual learner between two tasks: everything but the learner itself, and no image.
///
/// It holds the network now in use as an ordinary one with its batch-normalization statistics, the
/// prototypes and names of all classes so far, and what the next network will see of this one. It can
/// be written down after any task, carried to another machine and continued there with the same
/// learner; classifying needs the state alone.
///
/// ```swift
/// let run = try ContinualRun(folder: "runs/continual")
/// var state = LearnerState(of: run)
/// try state.learn(support, named: "fruit", classNames: ["apple", "pear"], with: run.learner)
/// try state.write(to: "learner.safetensors")
/// let found = try LearnerState(readingFrom: "learner.safetensors").predictions(for: images)
/// ```
///
/// - Paper: *Continual HyperTransformer*, section 3: between tasks only weights and prototypes remain.
public struct LearnerState: Sendable {
  /// A task that was learned.
  public struct Task: Codable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The names of its classes, in the order of their prototypes.
    public var classNames: [String]
    /// Support images of each class.
    public var counts: [Int]
  }

  /// What a state was begun for.
  struct Description: Codable, Sendable, Hashable {
    var fingerprint: String
    var carry: Carry
    var scenario: Scenario
    var ways: Int
    var distances: DistanceScale
    var preparation: ClassifierFile.Preparation
    var maximumPrototypes: Int
    var tasks: [Task]
  }

  var description: Description
  /// The network now in use; its outputs are embeddings. `nil` before the first task.
  public internal(set) var network: ConvClassifier?
  /// The prototypes of all classes so far, `[1, classes, width]`.
  public internal(set) var prototypes: Prototypes?
  var carry: WeightSlices?

  /// The tasks learned so far, in order.
  public var tasks: [Task] { description.tasks }
  /// What tells the learner that began this state from every other.
  public var fingerprint: String { description.fingerprint }
  /// How pictures become the network's input.
  public var preparation: ClassifierFile.Preparation { description.preparation }
  /// The largest number of prototypes allowed.
  public var maximumPrototypes: Int { description.maximumPrototypes }
  /// Classes so far.
  public var classCount: Int { tasks.reduce(0) { $0 + $1.classNames.count } }

  init(_ description: Description) { self.description = description }

  /// The state of a learner that has learned nothing.
  ///
  /// - Parameters:
  ///   - run: Whose learner will learn.
  ///   - maximumPrototypes: The largest number of prototypes; without, the recipe's.
  /// - Throws: ``ContinualError`` for learners that keep images or have no prototypes.
  public init(of run: ContinualRun, maximumPrototypes: Int? = nil) throws(ContinualError) {
    let recipe = run.recipe
    guard recipe.method != .merged else {
      throw .unsuitable(
        reason: "the run's method \"merged\" needs the images of all tasks at once and has no state; "
          + "train with --set method=hyperTransformer")
    }
    guard recipe.head == .prototypes else {
      throw .unsuitable(
        reason: "the run's networks end in one output per class; train with --set head=prototypes")
    }
    description = Description(
      fingerprint: run.fingerprint, carry: recipe.effectiveCarry,
      scenario: recipe.sequence.scenario, ways: recipe.sequence.ways,
      distances: recipe.objective.distances,
      preparation: ClassifierFile.Preparation(
        imageSize: recipe.data.imageSize, channels: run.imageChannels,
        isInverted: recipe.data.isInverted),
      maximumPrototypes: maximumPrototypes ?? recipe.maximumPrototypes, tasks: [])
  }

  /// Learns one more task, or in mini-batches one more piece of the one task.
  ///
  /// - Parameters:
  ///   - support: The task's images as one sequence, labels from 0 in the order of the names.
  ///   - name: The task's name; without, `task-1`, `task-2`, ...
  ///   - classNames: The names of its classes.
  ///   - run: The run whose learner began this state.
  /// - Throws: ``ContinualError``; the state is unchanged then.
  public mutating func learn(
    _ support: SupportSet, named name: String? = nil, classNames: [String],
    with run: ContinualRun
  ) throws(ContinualError) {
    let task = Task(
      name: name ?? "task-\(tasks.count + 1)", classNames: classNames,
      counts: Self.counts(support, classNames.count))
    let isPiece = description.scenario == .miniBatch && !tasks.isEmpty
    try check(support, task, run, isPiece: isPiece)
    advance(support, task, run.learner, isPiece: isPiece)
    if isPiece {
      description.tasks[0].counts = zip(tasks[0].counts, task.counts).map { $0 + $1 }
    } else {
      description.tasks.append(task)
    }
  }

  private mutating func advance(
    _ support: SupportSet, _ task: Task, _ learner: some SequenceLearner, isPiece: Bool
  ) {
    var learner = learner
    var pass = Pass.inference
    let step = withoutGradients { learner.write(support, after: carry, &pass) }
    let own = Prototypes(
      of: step.supportEmbeddings, labels: support.labels, classCount: task.classNames.count,
      ignored: support.ignored)
    let device = own.centers.device
    let before = prototypes.map { Prototypes(centers: $0.centers.moved(to: device)) }
    func column(_ counts: [Int]) -> Tensor {
      Tensor(counts.map(Float.init), shape: [1, counts.count, 1]).moved(to: device)
    }
    prototypes =
      isPiece
      ? before?.averaging(own, counts: column(tasks[0].counts), column(task.counts))
      : before?.appending(own) ?? own
    network = step.network.classifier()
    carry = step.carry?.detached()
  }

  private func check(
    _ support: SupportSet, _ task: Task, _ run: ContinualRun, isPiece: Bool
  ) throws(ContinualError) {
    guard run.fingerprint == fingerprint else {
      throw .otherLearner(state: fingerprint, learner: run.fingerprint)
    }
    let image = Array(support.images.shape.suffix(3))
    let expected = [preparation.channels, preparation.imageSize, preparation.imageSize]
    guard image == expected else { throw .imageSize(found: image, expected: expected) }
    guard !task.classNames.isEmpty, task.classNames.count <= description.ways else {
      throw .tooManyClasses(count: task.classNames.count, ways: description.ways)
    }
    if let empty = task.counts.firstIndex(of: 0) {
      throw .emptyClass(name: task.classNames[empty])
    }
    if isPiece {
      guard task.classNames == tasks[0].classNames else {
        throw .otherClasses(found: task.classNames, expected: tasks[0].classNames)
      }
      return
    }
    guard !tasks.contains(where: { $0.name == task.name }) else {
      throw .nameTaken(task: task.name)
    }
    let total = classCount + task.classNames.count
    guard total <= maximumPrototypes else { throw .full(count: total, maximum: maximumPrototypes) }
  }

  private static func counts(_ support: SupportSet, _ classCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in support.labels.toInts() where label < classCount { counts[label] += 1 }
    return counts
  }
}
