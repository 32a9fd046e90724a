import Foundation

/// The one progress display: a rewritten line on a terminal, plain lines at growing intervals
/// elsewhere.
///
/// ```swift
/// let progress = Progress("training", steps: budget.steps, seconds: budget.seconds)
/// for step in 1...1000 {
///   progress.update(step: step, ["loss": loss])
/// }
/// progress.finish()
/// ```
public final class Progress {
  /// Seconds between two drawings on a terminal, and between two measurements of the rate.
  static let drawingInterval = 0.1
  /// Seconds between the first two plain lines; each pause is half as long again, up to a minute.
  static let firstPause = 5.0
  static let longestPause = 60.0

  private let terminal: Terminal
  private let now: () -> Double
  private let start: Double
  private let used: Double
  private var state: ProgressState
  private var rate: MovingRate
  private var lastDrawing: Double?
  private var pause = firstPause
  private var isShown = false
  private var isCurrent = false

  /// Starts the display; nothing is shown before the first update.
  ///
  /// - Parameters:
  ///   - label: What is being done, one word.
  ///   - steps: The step at which it ends, if known.
  ///   - seconds: The working time after which it ends, if limited, `used` included.
  ///   - step: Steps finished before, in a resumed run.
  ///   - used: Seconds worked before, in a resumed run.
  ///   - terminal: Where to show it.
  ///   - now: A clock in seconds that never goes back; tests pass their own.
  public init(
    _ label: String, steps: Int? = nil, seconds: Double? = nil, from step: Int = 0,
    used: Double = 0, on terminal: Terminal = .standardError(),
    now: @escaping () -> Double = { monotonicSeconds() }
  ) {
    self.terminal = terminal
    self.now = now
    self.used = used
    start = now()
    state = ProgressState(label: label, step: step, steps: steps, seconds: seconds, elapsed: used)
    rate = MovingRate(step: step, time: start)
  }

  /// Takes the state after a finished step; cheap enough for every step.
  ///
  /// - Parameters:
  ///   - step: Steps finished since the beginning of the run.
  ///   - values: What to show beside it, such as `["loss": 0.25]`, in this order.
  public func update(step: Int, _ values: KeyValuePairs<String, Double> = [:]) {
    let time = now()
    state.step = step
    state.values = values
    state.elapsed = used + time - start
    isCurrent = false
    if rate.observe(step: step, time: time, atLeast: Self.drawingInterval) {
      state.rate = rate.perSecond
    }
    let wait = terminal.isInteractive ? Self.drawingInterval : pause
    guard lastDrawing.map({ time - $0 >= wait }) ?? true else { return }
    if lastDrawing != nil { pause = min(pause * 1.5, Self.longestPause) }
    lastDrawing = time
    draw()
  }

  /// Shows a message above the display.
  public func message(_ text: String) {
    guard terminal.isInteractive, isShown else { return terminal.write(text + "\n") }
    terminal.write("\r\u{1B}[K\(text)\n")
    draw()
  }

  /// Shows the last state and leaves the line to whatever comes next.
  public func finish() {
    guard lastDrawing != nil else { return }
    if !isCurrent { draw() }
    if terminal.isInteractive, isShown { terminal.write("\n") }
    isShown = false
  }

  private func draw() {
    if terminal.isInteractive {
      let line = state.barLine(columns: terminal.width() - 1, color: terminal.usesColor)
      terminal.write("\r\(line)\u{1B}[K")
    } else {
      terminal.write(state.plainLine + "\n")
    }
    isShown = true
    isCurrent = true
  }
}

/// Steps per second as an exponential moving average over about ten seconds.
struct MovingRate {
  static let memory = 10.0

  private(set) var perSecond: Double?
  private var step: Int
  private var time: Double

  init(step: Int, time: Double) {
    self.step = step
    self.time = time
  }

  /// Takes a measurement if enough time has passed since the last; returns whether it did.
  mutating func observe(step: Int, time: Double, atLeast interval: Double) -> Bool {
    let passed = time - self.time
    guard passed >= interval else { return false }
    let current = Double(step - self.step) / passed
    let weight = -expm1(-passed / Self.memory)
    perSecond = perSecond.map { $0 + weight * (current - $0) } ?? current
    self.step = step
    self.time = time
    return true
  }
}
