/// Owns the memory of one tape; see ``TapeMemory``.
///
/// `@unchecked Sendable`: a tape is written only by the density that holds the sole reference to it
/// (``AutomaticDensity`` checks before every evaluation), so two threads never share one.
final class Tape: @unchecked Sendable {
  let memory: UnsafeMutablePointer<TapeMemory>

  init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: TapeMemory())
  }

  deinit {
    memory.pointee.deallocate()
    memory.deallocate()
  }
}

/// The steps of one evaluation, recorded for the backward sweep of reverse-mode differentiation.
///
/// Step `i` owns the edges from the end of step `i - 1` up to `ends[i]`; an edge says which earlier
/// step is an argument and what the partial derivative is. Memory grows to what the largest
/// evaluation needed and is then reused.
struct TapeMemory {
  private struct Edge {
    var argument: Int32
    var slope: Double
  }

  private var ends = UnsafeMutablePointer<Int32>.allocate(capacity: 256)
  private var edges = UnsafeMutablePointer<Edge>.allocate(capacity: 512)
  private var adjoints = UnsafeMutablePointer<Double>.allocate(capacity: 256)
  private var stepCapacity = 256
  private var edgeCapacity = 512
  private var adjointCapacity = 256
  private var stepCount = 0
  private var edgeCount = 0

  /// Forgets all steps and records `count` inputs as steps without arguments.
  mutating func restart(inputs count: Int) {
    stepCount = 0
    edgeCount = 0
    for _ in 0..<count { _ = finishStep() }
  }

  /// Adds an argument to the step being recorded; constants have a negative index and no edge.
  @inline(__always)
  mutating func addArgument(_ index: Int32, slope: Double) {
    guard index >= 0 else { return }
    if edgeCount == edgeCapacity { growEdges() }
    edges[edgeCount] = Edge(argument: index, slope: slope)
    edgeCount += 1
  }

  /// Ends the step being recorded and returns its index.
  @inline(__always)
  mutating func finishStep() -> Int32 {
    if stepCount == stepCapacity { growSteps() }
    ends[stepCount] = Int32(truncatingIfNeeded: edgeCount)
    stepCount += 1
    return Int32(truncatingIfNeeded: stepCount - 1)
  }

  /// Writes the derivatives of step `result` with respect to the first `gradient.count` steps.
  mutating func differentiate(_ result: Int32, into gradient: inout [Double]) {
    if adjointCapacity < stepCapacity { growAdjoints() }
    adjoints.initialize(repeating: 0, count: stepCount)
    if result >= 0 { adjoints[Int(result)] = 1 }
    let inputs = gradient.count
    var step = Int(result)
    while step >= inputs {
      let adjoint = adjoints[step]
      if adjoint != 0 {
        var edge = step == 0 ? 0 : Int(ends[step - 1])
        while edge < Int(ends[step]) {
          adjoints[Int(edges[edge].argument)] += adjoint * edges[edge].slope
          edge += 1
        }
      }
      step -= 1
    }
    for index in 0..<inputs { gradient[index] = adjoints[index] }
  }

  func deallocate() {
    ends.deallocate()
    edges.deallocate()
    adjoints.deallocate()
  }

  @inline(never)
  private mutating func growAdjoints() {
    adjoints.deallocate()
    adjoints = .allocate(capacity: stepCapacity)
    adjointCapacity = stepCapacity
  }

  @inline(never)
  private mutating func growSteps() {
    ends = Self.doubled(ends, count: stepCapacity)
    stepCapacity *= 2
  }

  @inline(never)
  private mutating func growEdges() {
    edges = Self.doubled(edges, count: edgeCapacity)
    edgeCapacity *= 2
  }

  private static func doubled<Element>(
    _ memory: UnsafeMutablePointer<Element>, count: Int
  ) -> UnsafeMutablePointer<Element> {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * count)
    larger.moveInitialize(from: memory, count: count)
    memory.deallocate()
    return larger
  }
}
