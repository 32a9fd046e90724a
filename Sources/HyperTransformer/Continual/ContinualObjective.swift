import Learning
import Randomness
import Torch

/// What a continual generator is trained to make small: after every task, the cross-entropy of the
/// queries of all tasks so far.
///
/// ```
/// J = 2 / (T (T + 1)) · Σ_t Σ_{τ ≤ t} mean over queries of task τ of crossEntropy(f(x; θ_t), y)
/// ```
///
/// Logits are minus squared distances to the stored prototypes. Gradients flow through all networks of
/// a sequence and, unless switched off, through the prototypes.
///
/// - Paper: *Continual HyperTransformer*, sections 3 and 4.
public struct ContinualObjective: Codable, Sendable, Hashable {
  /// How distances become logits.
  public var distances = DistanceScale.mean
  /// How much of the expected distribution is the uniform one, from 0 to 1.
  public var labelSmoothing = 0.0
  /// Whether prototypes count as constants once they are stored.
  public var stopsPrototypeGradients = false
  /// Tasks after which the network seen by the next step counts as a constant; absent for never.
  public var truncation: Int?
  /// The largest number of earlier and present tasks whose queries are judged after one step, drawn
  /// anew each time; absent for all, whose number grows with the square of the tasks.
  public var judgedTasks: Int?

  /// The paper's objective with distances divided by the width.
  public init() {}
}

extension SequenceBatch {
  /// What a learner is given at a step, and what happens to the prototypes.
  ///
  /// A merged learner gets the images of all tasks so far, with labels that go on from task to task.
  func lesson(_ step: Int, isMerged: Bool) -> (support: SupportSet, classes: Int, PrototypeUpdate) {
    guard isMerged else {
      return (supports[step], plan.ways, plan.sharesClasses ? .average : .append)
    }
    let labels = (0...step).map { task in
      plan.sharesClasses
        ? supports[task].labels : supports[task].labels.global([task], ways: plan.ways)
    }
    let union = SupportSet(
      images: Tensor(concatenating: supports[0...step].map(\.images), along: 0),
      labels: Tensor(concatenating: labels, along: 1))
    return (union, plan.knownClasses(afterStep: step), .replace)
  }
}

extension ContinualObjective {
  /// The loss of a batch of sequences, and the share of all queries classified rightly after the last
  /// task.
  ///
  /// - Parameters:
  ///   - learner: What is trained.
  ///   - batch: Sequences side by side.
  ///   - isMerged: Whether the learner gets the images of all tasks so far.
  ///   - head: What ends the network.
  ///   - pass: Mode and randomness.
  /// - Returns: Two scalars.
  public func callAsFunction(
    _ learner: inout some SequenceLearner, _ batch: SequenceBatch, isMerged: Bool = false,
    head: ContinualHead = .prototypes, _ pass: inout Pass
  ) -> (loss: Tensor, accuracy: Tensor) {
    let plan = batch.plan
    var state: SequenceState?
    var losses: [Tensor] = []
    var weight = 0.0
    var accuracy = Tensor(0)
    for step in 0..<plan.tasks {
      if let truncation, step % truncation == 0 {
        let constant = state?.carry?.detached()
        state?.carry = constant
      }
      let (support, classes, update) = batch.lesson(step, isMerged: isMerged)
      var next = learner.learn(support, after: state, classCount: classes, update, &pass)
      if stopsPrototypeGradients { next.prototypes.centers = next.prototypes.centers.detached() }
      let count = plan.judgedTasks(afterStep: step)
      let tasks = judged(count, using: &pass.random)
      let found = next.logits(batch.queries(ofTasks: tasks), tasks, plan, head, distances)
      let own = found.logits.flattened(from: 0, through: 1).softmaxCrossEntropy(
        expected: found.labels.flattened(), labelSmoothing: labelSmoothing)
      losses.append(own * Double(count))
      weight += Double(count)
      if step == plan.tasks - 1 {
        accuracy = (found.logits.argmax(along: 2) .== found.labels).cast(to: .float32).mean()
      }
      state = next
    }
    return (losses.dropFirst().reduce(losses[0], +) * (1 / weight), accuracy)
  }

  /// The tasks whose queries are judged, of those seen.
  private func judged(_ count: Int, using random: inout RandomSource) -> [Int] {
    guard let judgedTasks, judgedTasks < count else { return Array(0..<count) }
    return random.distinctIndices(judgedTasks, below: count).sorted()
  }
}

/// What ends the networks of a sequence.
public enum ContinualHead: String, Codable, Sendable, CaseIterable {
  /// An embedding, compared with prototypes: any number of classes.
  case prototypes
  /// One output per class, possible where all tasks have the same classes.
  case classes
}

extension SequenceState {
  /// The logits of queries of some tasks in the plan's scenario, and the labels they should have.
  ///
  /// All queries pass the network as one batch, so that normalization with their statistics tells
  /// nothing about the task of a query.
  func logits(
    _ query: QuerySet, _ tasks: [Int], _ plan: SequencePlan, _ head: ContinualHead,
    _ distances: DistanceScale
  ) -> (logits: Tensor, labels: Tensor) {
    let embeddings = network.logits(of: query.images)
    guard head == .prototypes else { return (embeddings, query.labels) }
    let logits = distances.logits(of: embeddings, prototypes)
    switch plan.scenario {
    case .miniBatch: return (logits, query.labels)
    case .taskIncremental: return (logits.ownTask(tasks, ways: plan.ways), query.labels)
    case .classIncremental: return (logits, query.labels.global(tasks, ways: plan.ways))
    }
  }
}

extension Tensor {
  /// Labels `[sequences, tasks x queries]` within tasks as labels among the classes of all tasks.
  func global(_ tasks: [Int], ways: Int) -> Tensor {
    let offsets = Tensor(tasks.map { $0 * ways }, shape: [1, tasks.count, 1]).moved(to: device)
    return (unflattened(1, into: [tasks.count, -1]) + offsets).flattened(from: 1)
  }
}
