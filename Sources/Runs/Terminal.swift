import Foundation

/// Where text for people goes, and what may be done there.
public struct Terminal {
  /// Whether lines may be rewritten; false for files, pipes and `TERM=dumb`.
  public var isInteractive: Bool
  /// Whether colors are welcome.
  public var usesColor: Bool
  /// The number of columns now.
  public var width: () -> Int
  /// Puts text out as it is.
  public var write: (String) -> Void

  /// Creates a terminal; tests collect what is written.
  public init(
    isInteractive: Bool, usesColor: Bool = false, width: @escaping () -> Int = { 80 },
    write: @escaping (String) -> Void
  ) {
    self.isInteractive = isInteractive
    self.usesColor = usesColor
    self.width = width
    self.write = write
  }

  /// Standard error. A non-empty `NO_COLOR` turns colors off (no-color.org).
  public static func standardError(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Terminal {
    let isInteractive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    return Terminal(
      isInteractive: isInteractive,
      usesColor: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty,
      width: { columns(of: STDERR_FILENO) ?? 80 },
      write: { put($0, to: STDERR_FILENO) })
  }

  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

/// Puts text out at once; text that nobody takes any more (a closed pipe) is dropped.
func put(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 {
      if errno == EINTR || errno == EAGAIN { continue }
      return
    }
    rest = rest.dropFirst(written)
  }
}
