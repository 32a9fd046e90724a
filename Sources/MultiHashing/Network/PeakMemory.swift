import Foundation

/// The most memory this process has had since some moment, where the system tells.
public enum PeakMemory {
  /// Begins anew; Linux alone can.
  ///
  /// - Returns: Whether it could be done.
  @discardableResult
  public static func reset() -> Bool {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data("5".utf8))) != nil
  }

  /// The largest resident size since the last ``reset()``, in bytes.
  public static var resident: Int? { field("VmHWM:") }

  /// The resident size now, in bytes.
  public static var current: Int? { field("VmRSS:") }

  private static func field(_ name: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { 1024 * $0 }
  }
}
