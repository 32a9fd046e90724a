// What the benchmark programs share: options, clocks, memory, and how results are printed.
import Foundation

/// The whole number after a flag of the command line, if it is there.
public func number(_ flag: String) -> Int? {
  let arguments = CommandLine.arguments
  guard let index = arguments.firstIndex(of: flag), index + 1 < arguments.count else { return nil }
  return Int(arguments[index + 1])
}

/// The whole number after a flag, or a default; flag and number are taken out of the list.
public func takeNumber(
  _ flag: String, _ standard: Int, from arguments: inout [String]
) -> Int {
  guard let index = arguments.firstIndex(of: flag), index + 1 < arguments.count else {
    return standard
  }
  let value = Int(arguments[index + 1]) ?? standard
  arguments.removeSubrange(index...index + 1)
  return value
}

/// Prints one JSON object with its keys in order.
public func show(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

#if os(Linux)
  private let rusageSelf = __rusage_who_t(RUSAGE_SELF.rawValue)
#else
  private let rusageSelf = RUSAGE_SELF
#endif

/// The most memory this process has had.
public func peakMegabytes() -> Double {
  var usage = rusage()
  getrusage(rusageSelf, &usage)
  return Double(usage.ru_maxrss) / 1024
}

/// This thread's processor time if all work is done on it, which other work on the machine does not
/// count in; otherwise the wall clock.
public func nanoseconds(onOneThread: Bool) -> Int {
  var time = timespec()
  clock_gettime(onOneThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Processor seconds of this process, which other programs hardly change.
public func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
