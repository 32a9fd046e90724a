import Foundation

/// Why a plot could not be drawn.
public enum PlotFailure: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// The program could not be started.
  case programMissing(program: String, reason: String)
  /// The program ran and failed; `message` is what it said.
  case programFailed(program: String, status: Int32, message: String)
  /// The program ran, but what it wrote is not the SVG expected of it.
  case unexpectedOutput(program: String, reason: String)

  /// One sentence: what went wrong and what to do.
  public var description: String {
    switch self {
    case .programMissing(let program, let reason):
      "plots are drawn by gnuplot, but \"\(program)\" could not be started (\(reason)); install it"
        + " with `apt-get install gnuplot-nox` or `brew install gnuplot`"
    case .programFailed(let program, let status, let message):
      "\"\(program)\" ended with status \(status) instead of drawing the plot: \(message)"
    case .unexpectedOutput(let program, let reason):
      "\"\(program)\" wrote SVG that is not understood (\(reason)); gnuplot 5.4 is known to work"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}

/// The program that draws plots.
public struct Gnuplot: Sendable {
  /// The name of the program, looked up in `PATH`, or its path.
  public var program: String

  /// Creates a handle; nothing runs yet.
  public init(program: String = "gnuplot") { self.program = program }

  /// Draws a plot as one `svg` element for a page.
  ///
  /// The element carries no `id`, style sheet or script, so any number of them can share a page;
  /// its colors follow the page's light or dark scheme and are light where there is no page. The
  /// same plot gives the same bytes.
  ///
  /// - Parameters:
  ///   - plot: What to draw.
  ///   - alternative: What a reader who cannot see the plot is told.
  /// - Returns: The element as text.
  /// - Throws: ``PlotFailure``.
  public func svg(of plot: some Plot, alternative: String) throws(PlotFailure) -> String {
    let drawing = plot.drawing()
    let output = try run(script: drawing.script)
    do {
      let shapes = try PlotShapes(gnuplotOutput: output, strings: drawing.strings)
      return shapes.markup(of: drawing, alternative: alternative).source
    } catch {
      throw .unexpectedOutput(program: program, reason: error.reason)
    }
  }

  /// Runs a script and gives back what the program wrote.
  func run(script: String) throws(PlotFailure) -> String {
    let result: ProgramResult
    do {
      // `-d` leaves the user's own settings unread, so that a plot looks the same everywhere.
      result = try runProgram(program, arguments: ["-d"], input: Data(script.utf8))
    } catch {
      throw .programMissing(program: program, reason: error.reason)
    }
    guard result.status == 0 else {
      let message = String(decoding: result.errors, as: UTF8.self)
      throw .programFailed(
        program: program, status: result.status,
        message: message.onOneLine.split(separator: " ").joined(separator: " "))
    }
    return String(decoding: result.output, as: UTF8.self)
  }
}
