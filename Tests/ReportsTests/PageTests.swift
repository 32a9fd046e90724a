import Foundation
import Testing

@testable import Reports

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The error of the XML parser, or `nil` for well-formed text.
func xmlError(in text: String) -> String? {
  let parser = XMLParser(data: Data(text.utf8))
  return parser.parse() ? nil : "\(parser.lineNumber): \(parser.parserError.debugDescription)"
}

@Suite struct PageTests {
  @Test func `a page with every block is well-formed and loads nothing`() throws {
    let html = samplePage().html
    #expect(xmlError(in: html) == nil)
    #expect(!html.contains("<script") && !html.contains("src=\"http") && !html.contains("@import"))
    if let path = ProcessInfo.processInfo.environment["REPORTS_SAMPLE_PAGE"] {
      try samplePage().write(to: path)
    }
  }
}
