import Files
import Foundation
import Runs
import Testing

@Suite struct BudgetTests {
  @Test func `steps or time end a run, whichever comes first`() throws {
    let budget = try Budget(steps: 100, minutes: 2)
    #expect(!budget.isSpent(step: 99, seconds: 119.9))
    #expect(budget.isSpent(step: 100, seconds: 0))
    #expect(budget.isSpent(step: 0, seconds: 120))
    #expect(try !Budget().isSpent(step: .max, seconds: .infinity))
  }

  @Test func `time used before a resume counts`() throws {
    final class Hand: @unchecked Sendable { var time = 50.0 }
    let hand = Hand()
    let watch = Stopwatch(used: 100, now: { hand.time })
    hand.time = 69
    #expect(watch.seconds == 119)
    let budget = try Budget(minutes: 2)
    #expect(!budget.isSpent(step: 0, seconds: watch.seconds))
    hand.time = 70
    #expect(budget.isSpent(step: 0, seconds: watch.seconds))
  }

  @Test(arguments: [-1, .nan, .infinity] as [Double])
  func `impossible limits are wrong usage`(minutes: Double) {
    #expect(throws: UsageError.self) { try Budget(minutes: minutes) }
    #expect(throws: UsageError.self) { try Budget(steps: -1) }
    #expect(ExitCode(for: UsageError("")) == .wrongUsage)
  }
}

/// Sends a signal to this process and waits until it has had its effect, at most ten seconds.
///
/// Not `raise`: the threads on which tests run block signals.
private func send(_ signal: Int32, until condition: () -> Bool = { false }) {
  kill(getpid(), signal)
  for _ in 0..<1000 where !condition() { usleep(10_000) }
}

@Suite struct InterruptionTests {
  @Test(arguments: [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")])
  func `the first signal is only noted`(signal: Int32, name: String) async {
    await #expect(processExitsWith: .exitCode(75)) { [signal, name] in
      let interruption = Interruption()
      let wasQuiet = !interruption.isRequested && interruption.signalName == nil
      send(signal) { interruption.isRequested }
      exit(wasQuiet && interruption.signalName == name ? 75 : 1)
    }
  }

  @Test func `the second Ctrl-C ends the process at once`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      let interruption = Interruption()
      send(SIGINT) { interruption.isRequested }
      send(SIGINT)
      exit(interruption.isRequested ? 75 : 1)
    }
  }

  @Test func `signals act as before once nobody listens`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      do {
        let interruption = Interruption()
        send(SIGTERM) { interruption.isRequested }
      }
      send(SIGINT)
    }
  }

  @Test func `a second listener is a mistake of the program`() async {
    await #expect(processExitsWith: .failure) {
      let first = Interruption()
      withExtendedLifetime((first, Interruption())) { exit(0) }
    }
  }
}

@Suite struct ConsoleTests {
  struct Score: Encodable { var accuracy: Double }

  private final class Streams {
    var error = ""
    var output = ""

    func console(json: Bool) -> Console {
      Console(json: json, terminal: Terminal(isInteractive: false) { self.error += $0 }) {
        self.output += $0
      }
    }
  }

  @Test func `people get text and programs one JSON object`() {
    let streams = Streams()
    streams.console(json: false).result(Score(accuracy: 0.5), text: "accuracy 50%")
    #expect(streams.output == "accuracy 50%\n")
    let json = Streams()
    json.console(json: true).result(Score(accuracy: .nan), text: "accuracy 50%")
    #expect(json.output == "{\"accuracy\":\"nan\"}\n" && json.error.isEmpty)
  }

  @Test func `a failure is told once on each stream`() {
    let streams = Streams()
    let console = streams.console(json: true)
    let failure = FileFailure(.malformed, path: "a.npz", reason: "is cut short")
    #expect(console.failure(failure) == .badInput)
    #expect(streams.error == "error: a.npz: is cut short\n")
    #expect(
      streams.output == "{\"error\":{\"code\":65,\"message\":\"a.npz: is cut short\"}}\n")
    _ = console.failure(failure)
    #expect(streams.output.split(separator: "\n").count == 1)
  }

  @Test func `exit codes follow the kind of failure`() {
    #expect(ExitCode(for: FileFailure(.missing, path: "", reason: "")) == .missingInput)
    #expect(ExitCode(for: FileFailure(.unreadable, path: "", reason: "")) == .missingInput)
    #expect(ExitCode(for: FileFailure(.unavailable, path: "", reason: "")) == .missingInput)
    #expect(ExitCode(for: FileFailure(.unwritable, path: "", reason: "")) == .internalError)
    #expect(ExitCode(for: CancellationError()) == .internalError)
    #expect(code { _ = try read("ways: x") } == .badInput)
    #expect(code { _ = try read("", "ways=x") } == .wrongUsage)
    #expect(code { _ = try RecipeReader.load(Sample.self, path: "/nowhere") } == .missingInput)
    #expect(ExitCode.allCases.map(\.rawValue) == [0, 64, 65, 66, 70, 75])
  }

  private func code(_ body: () throws -> Void) -> ExitCode {
    do {
      try body()
      return .success
    } catch {
      return ExitCode(for: error)
    }
  }
}
