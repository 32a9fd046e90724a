import Foundation
import Testing

@testable import Reports

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What the XML parser of the platform objects to, or `nil` for well-formed text.
func xmlError(in text: String) -> String? {
  let parser = XMLParser(data: Data(text.utf8))
  return parser.parse() ? nil : "\(parser.lineNumber): \(parser.parserError.debugDescription)"
}

@Suite struct PageTests {
  @Test func `a page with every block is well-formed and loads nothing`() throws {
    let page = samplePage()
    let html = page.html
    #expect(xmlError(in: html) == nil)
    for word in ["<script", "<link", "src=\"http", "@import", "url(", " id="] {
      #expect(!html.contains(word), "the page contains \(word)")
    }
    #expect(html.contains("<html lang=\"en\""))
    // Where the page is wanted for looking at.
    if let path = ProcessInfo.processInfo.environment["REPORTS_SAMPLE_PAGE"] {
      try page.write(to: path)
    }
  }

  @Test func `a page is the same every time`() {
    #expect(samplePage().html == samplePage().html)
  }

  @Test func `markup typed by a user is shown, not obeyed`() {
    let attack = "</title><script>alert('x')</script> & \"quotes\" \u{1B}[31m \u{0}"
    let png = samplePNG(1)
    let page = Page(
      language: attack, title: attack, subtitle: attack, lead: attack,
      keyFigures: [KeyFigure(attack, attack, interval: attack, unit: attack, explanation: attack)],
      sections: [
        Section(
          attack,
          [
            .paragraph(attack), .list([attack]), .code(attack), .note(attack), .warning(attack),
            .details(attack, [.paragraph("`" + attack + "` **" + attack + "**")]),
            .table(
              Table(
                caption: attack, columns: [.init(attack)], rows: [[.init(attack)]])),
            .figure(Figure(Picture(png: png, alternative: attack, caption: attack))),
            .pictures(
              PictureGrid(
                [
                  .init(
                    attack,
                    [
                      Picture(
                        png: png, alternative: attack, caption: attack, badge: .wrong,
                        bars: [.init(attack, .nan)])
                    ])
                ], caption: attack)),
          ])
      ],
      origin: Origin(
        command: attack, version: attack, machine: attack, facts: [.init(attack, attack)]))
    #expect(xmlError(in: page.html) == nil)
    #expect(!page.html.contains("<script"))
    #expect(!page.html.contains("\u{1B}") && !page.html.contains("\u{0}"))
  }

  @Test func `quotes in a caption stay inside their attribute`() {
    let picture = Picture(png: samplePNG(0), alternative: #"a "b" onerror="x" 'c'"#)
    let html = Figure(picture).markup.source
    #expect(html.contains("alt=\"a &quot;b&quot; onerror=&quot;x&quot; &#39;c&#39;\""))
  }

  @Test(arguments: [
    ("a `b` **c**", "a <code>b</code> <strong>c</strong>"),
    ("`**`", "<code>**</code>"), ("one ` alone", "one ` alone"), ("2 ** 3", "2 ** 3"),
    ("****", "****"), ("`<`", "<code>&lt;</code>"),
  ])
  func `running text knows code and strong`(text: String, expected: String) {
    #expect(Markup(prose: text).source == expected)
  }

  @Test func `the origin states command, seed, version, date and machine`() {
    let origin = samplePage().origin
    #expect(
      origin.statements.map(\.name) == ["Seed", "Version", "Date", "Machine", "Data"])
    #expect(origin.statements[2].value == "2025-11-22 19:48:00 UTC")
  }

  @Test func `a page is written as one file`() throws {
    let folder = NSTemporaryDirectory() + "reports-page-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let page = Page(title: "é", origin: Origin(command: "swiftlet --help"))
    try page.write(to: folder + "/report.html")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.html"])
    #expect(try String(contentsOfFile: folder + "/report.html", encoding: .utf8) == page.html)
  }

  @Test func `a picture knows its size from its file`() throws {
    let size = try #require(Picture(png: samplePNG(0), alternative: "").size)
    #expect(size == (28, 28))
    #expect(Picture(png: Data([1, 2, 3]), alternative: "").size == nil)
    #expect(xmlError(in: Figure(Picture(png: Data(), alternative: "none")).markup.source) == nil)
  }
}
