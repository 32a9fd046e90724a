import Datasets

/// What the tasks of a sequence have to do with each other.
///
/// - Paper: *Continual HyperTransformer*, section 3.
public enum Scenario: String, Codable, Sendable, CaseIterable {
  /// Every task has classes of its own; a query says which task it belongs to.
  case taskIncremental
  /// Every task has classes of its own; a query may be of any class seen so far.
  case classIncremental
  /// All tasks have the same classes: the support images of one task arrive in pieces.
  case miniBatch
}

/// The geometry of a sequence of tasks.
public struct SequencePlan: Codable, Sendable, Hashable {
  /// What the tasks have to do with each other.
  public var scenario: Scenario
  /// Tasks, or pieces of one task.
  public var tasks: Int
  /// Classes per task.
  public var ways: Int
  /// Support images per class and task.
  public var shots: Int
  /// Query images per class.
  public var queriesPerClass: Int

  /// Creates a plan; the defaults are five tasks of five classes, one image of each.
  public init(
    scenario: Scenario = .classIncremental, tasks: Int = 5, ways: Int = 5, shots: Int = 1,
    queriesPerClass: Int = 5
  ) {
    self.scenario = scenario
    self.tasks = tasks
    self.ways = ways
    self.shots = shots
    self.queriesPerClass = queriesPerClass
  }

  /// Whether all tasks have the same classes.
  var sharesClasses: Bool { scenario == .miniBatch }

  /// Tasks with queries of their own after a step.
  func judgedTasks(afterStep step: Int) -> Int { sharesClasses ? 1 : step + 1 }

  /// Classes known after a step.
  func knownClasses(afterStep step: Int) -> Int { ways * judgedTasks(afterStep: step) }

  /// Queries of one task.
  var queriesPerTask: Int { ways * queriesPerClass }

  /// The same plan with as many tasks as so many classes allow.
  func fitting(classCount: Int) -> SequencePlan {
    var result = self
    if !sharesClasses { result.tasks = max(1, min(tasks, classCount / ways)) }
    return result
  }
}
