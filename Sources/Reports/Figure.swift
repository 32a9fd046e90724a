import Foundation

/// A plot or picture with its caption.
public struct Figure: Sendable, Equatable {
  /// What the figure shows.
  public enum Content: Sendable, Equatable {
    /// An `svg` element as ``Gnuplot/svg(of:alternative:)`` makes it; it goes on the page as it is.
    case plot(svg: String)
    /// A picture.
    case picture(Picture)
    /// The numbers of a plot that could not be drawn, and why.
    case numbers(Table, reason: String)
  }

  /// What the figure shows.
  public var content: Content
  /// What to see in it, in a sentence or two; `` `code` `` and `**strong**` are understood.
  public var caption: String

  /// Draws a plot; where that fails, the figure holds the plot's numbers as a table and says why.
  ///
  /// - Parameters:
  ///   - plot: What to draw.
  ///   - caption: What to see in it.
  ///   - alternative: What a reader who cannot see it is told; `nil` takes the caption.
  ///   - gnuplot: The program that draws.
  public init(
    _ plot: some Plot, caption: String, alternative: String? = nil, gnuplot: Gnuplot = Gnuplot()
  ) {
    self.caption = caption
    do {
      content = .plot(
        svg: try gnuplot.svg(of: plot, alternative: alternative ?? withoutMarks(caption)))
    } catch {
      content = .numbers(plot.table(), reason: error.description)
    }
  }

  /// Shows a picture; its own caption is the figure's.
  public init(_ picture: Picture) {
    content = .picture(picture)
    caption = picture.caption
  }
}
