import Foundation
import Synchronization

/// The last signal that asked to stop, 0 for none.
///
/// The one piece of global state: a signal handler can reach nothing else. It is written by the
/// handler and reset when an ``Interruption`` begins.
private let requestedSignal = Atomic<Int32>(0)
private let isListening = Atomic<Bool>(false)

/// Turns Ctrl-C and `kill` into a question that a loop asks between two steps.
///
/// The first SIGINT or SIGTERM only sets a flag, so that the run can write its checkpoint; the same
/// signal a second time has its default effect and ends the process at once. The earlier handlers
/// come back when the value goes away.
///
/// ```swift
/// let interruption = Interruption()
/// while !budget.isSpent(step: step, seconds: watch.seconds), !interruption.isRequested { ... }
/// ```
public final class Interruption: Sendable {
  private let earlier: [(signal: Int32, action: sigaction)]

  /// Starts to listen.
  ///
  /// - Precondition: no other `Interruption` is listening in this process.
  public init() {
    precondition(
      !isListening.exchange(true, ordering: .relaxed),
      "one Interruption listens at a time; pass the first one on")
    requestedSignal.store(0, ordering: .relaxed)
    earlier = [SIGINT, SIGTERM].map { signal in
      var action = sigaction()
      var old = sigaction()
      // The flag resets the handler on entry: the second signal finds the default action.
      action.sa_flags = Int32(truncatingIfNeeded: SA_RESETHAND) | Int32(SA_RESTART)
      let handler: @convention(c) (Int32) -> Void = { number in
        requestedSignal.store(number, ordering: .relaxed)
      }
      #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = handler
      #else
        action.__sigaction_u.__sa_handler = handler
      #endif
      sigaction(signal, &action, &old)
      return (signal, old)
    }
  }

  deinit {
    for (signal, action) in earlier {
      var action = action
      sigaction(signal, &action, nil)
    }
    isListening.store(false, ordering: .relaxed)
  }

  /// Whether a signal has asked to stop.
  public var isRequested: Bool { requestedSignal.load(ordering: .relaxed) != 0 }

  /// The name of that signal, for messages, such as `SIGINT`.
  public var signalName: String? {
    switch requestedSignal.load(ordering: .relaxed) {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    default: nil
    }
  }
}
