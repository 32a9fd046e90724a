import Files
import Foundation

/// A report as one self-contained HTML file: style and pictures inside, no network, no scripts.
///
/// It reads well on a phone and on paper, in light and in dark, and by ear. All text is escaped;
/// in running text `` `code` `` and `**strong**` are understood. The same page gives the same bytes.
///
/// ```swift
/// let page = Page(
///   title: "HyperTransformer", lead: "A Transformer writes a CNN's weights.",
///   keyFigures: [
///     KeyFigure("5-way 1-shot", Estimate(93.1, margin: 0.6), unit: "%",
///       explanation: "mean of 600 episodes, 95 % interval")
///   ],
///   sections: [Section("Training", [.figure(Figure(plot, caption: "The loss falls."))])],
///   origin: Origin(command: "swiftlet hypertransformer evaluate --seed 1", seed: 1))
/// try page.write(to: "run/report.html")
/// ```
public struct Page: Sendable, Equatable {
  /// The language of the text, as in `en` or `de-AT`.
  public var language: String
  /// The name of the report.
  public var title: String
  /// A line below the title, such as the paper; may be empty.
  public var subtitle: String
  /// The result in a few sentences; may be empty.
  public var lead: String
  /// The numbers a reader should remember.
  public var keyFigures: [KeyFigure]
  /// The body.
  public var sections: [Section]
  /// How the numbers came about.
  public var origin: Origin

  /// Creates a page.
  public init(
    language: String = "en", title: String, subtitle: String = "", lead: String = "",
    keyFigures: [KeyFigure] = [], sections: [Section] = [], origin: Origin
  ) {
    self.language = language
    self.title = title
    self.subtitle = subtitle
    self.lead = lead
    self.keyFigures = keyFigures
    self.sections = sections
    self.origin = origin
  }

  /// Writes the page durably.
  ///
  /// - Throws: `FileFailure` of kind `unwritable`.
  public func write(to path: String) throws {
    try writeDurably(html, to: path)
  }
}

/// A number to remember, large on the page.
public struct KeyFigure: Sendable, Equatable {
  /// What the number is, in a few words.
  public var title: String
  /// The number as shown.
  public var value: String
  /// Its interval as shown, such as `± 0.6`; may be empty.
  public var interval: String
  /// Its unit as shown, such as `%`; may be empty.
  public var unit: String
  /// One line saying how to read it; may be empty.
  public var explanation: String

  /// Creates a key figure from words.
  public init(
    _ title: String, _ value: String, interval: String = "", unit: String = "",
    explanation: String = ""
  ) {
    self.title = title
    self.value = value
    self.interval = interval
    self.unit = unit
    self.explanation = explanation
  }

  /// Creates a key figure from a number with its interval.
  public init(_ title: String, _ value: Estimate, unit: String = "", explanation: String = "") {
    self.init(
      title, value.valueText, interval: value.marginText ?? "", unit: unit,
      explanation: explanation)
  }
}

/// A part of a page with a heading.
public struct Section: Sendable, Equatable {
  /// The heading.
  public var title: String
  /// What stands below it.
  public var blocks: [Block]

  /// Creates a section.
  public init(_ title: String, _ blocks: [Block]) {
    self.title = title
    self.blocks = blocks
  }
}

/// One piece of a section.
public indirect enum Block: Sendable, Equatable {
  /// Running text.
  case paragraph(String)
  /// A list of short texts.
  case list([String])
  /// Numbers in rows and columns.
  case table(Table)
  /// A plot or picture.
  case figure(Figure)
  /// Rows of small pictures.
  case pictures(PictureGrid)
  /// Commands or code, shown letter by letter.
  case code(String)
  /// Something to know beside the text.
  case note(String)
  /// Something to know before trusting the numbers.
  case warning(String)
  /// Pieces the reader opens by a click on their title.
  case details(String, [Block])
}

/// How the numbers of a page came about.
public struct Origin: Sendable, Equatable {
  /// One more thing to state, with its name.
  public struct Fact: Sendable, Equatable {
    /// What is stated.
    public var name: String
    /// Its value.
    public var value: String

    /// Creates a fact.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The exact command.
  public var command: String
  /// The seed of every random choice.
  public var seed: UInt64?
  /// The version of the program.
  public var version: String
  /// When the numbers were computed; shown in UTC.
  public var date: Date?
  /// The size of the machine, such as `4 cores, 16 GiB`.
  public var machine: String
  /// Anything else, such as the data.
  public var facts: [Fact]

  /// Creates an origin; what is empty or `nil` is not shown.
  public init(
    command: String, seed: UInt64? = nil, version: String = "", date: Date? = nil,
    machine: String = "", facts: [Fact] = []
  ) {
    self.command = command
    self.seed = seed
    self.version = version
    self.date = date
    self.machine = machine
    self.facts = facts
  }

  /// Everything but the command, in the order shown.
  var statements: [Fact] {
    var result: [Fact] = []
    if let seed { result.append(Fact("Seed", "\(seed)")) }
    if !version.isEmpty { result.append(Fact("Version", version)) }
    if let date {
      let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        .dateTimeSeparator(.space).time(includingFractionalSeconds: false)
      result.append(Fact("Date", date.formatted(style) + " UTC"))
    }
    if !machine.isEmpty { result.append(Fact("Machine", machine)) }
    return result + facts
  }
}
