import Foundation

/// What a command says: notes to people on standard error, the result on standard output.
///
/// With `--json` standard output carries exactly one JSON object, the result or
/// `{"error":{"code":65,"message":"..."}}`; without it the result is text.
public final class Console {
  /// Whether the result is a JSON object.
  public let isJSON: Bool
  private let terminal: Terminal
  private let output: (String) -> Void
  private var hasResult = false

  /// Creates the console of a command; tests pass their own `terminal` and `output`.
  public init(json: Bool, terminal: Terminal = .standardError()) {
    isJSON = json
    self.terminal = terminal
    output = { put($0, to: STDOUT_FILENO) }
  }

  /// Creates a console that hands standard output's text to `output`.
  public init(json: Bool, terminal: Terminal, output: @escaping (String) -> Void) {
    isJSON = json
    self.terminal = terminal
    self.output = output
  }

  /// Tells people something, on standard error.
  public func note(_ text: String) { terminal.write(text + "\n") }

  /// Puts out the command's result. Numbers that are not finite become `"nan"`, `"inf"`, `"-inf"`.
  ///
  /// - Parameters:
  ///   - value: The result for programs; it encodes as a JSON object, keys sorted.
  ///   - text: The same for people.
  /// - Precondition: a command has one result.
  public func result(_ value: some Encodable, text: @autoclosure () -> String) {
    precondition(!hasResult, "a command has one result; this is the second")
    hasResult = true
    output(isJSON ? Self.json(value) : text() + "\n")
  }

  /// Tells why the command failed, on standard error, and with `--json` also as the result.
  ///
  /// - Returns: The code to exit with.
  public func failure(_ error: any Error) -> ExitCode {
    let code = ExitCode(for: error)
    let message = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
    note("error: \(message)")
    if isJSON, !hasResult {
      hasResult = true
      output(Self.json(["error": Failure(code: code.rawValue, message: message)]))
    }
    return code
  }

  private struct Failure: Encodable {
    var code: Int32
    var message: String
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value), data.first == UInt8(ascii: "{") else {
      preconditionFailure("the result \(type(of: value)) does not encode as a JSON object")
    }
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
