import Testing

@testable import Reports

@Suite struct TableTests {
  private var table: Table {
    var table = Table(
      columns: [.init("method"), .init("精度", .trailing), .init("ok", .center)],
      rows: [
        ["原型網路", .init(Estimate(9.5, margin: 0.6)), "👍"],
        ["naïve e\u{301}", .init(Estimate(93.1, margin: 0.6)), "no"],
      ])
    table.highlightBest(inColumn: 1, .higher)
    return table
  }

  @Test func `columns line up in a terminal, wide characters included`() {
    #expect(
      table.text(.terminal)
        == """
        method           精度  ok
        ────────  ───────────  ───
        原型網路   9.5 ± 0.6   👍
        naïve é   93.1 ± 0.6*  no

        """.replacing("é", with: "e\u{301}"))
  }

  @Test func `columns line up in Markdown, with the best in bold`() {
    #expect(
      table.text(.markdown)
        == """
        | method   |           精度 | ok  |
        | -------- | -------------: | :-: |
        | 原型網路 |      9.5 ± 0.6 | 👍  |
        | naïve é  | **93.1 ± 0.6** | no  |

        """.replacing("é", with: "e\u{301}"))
  }

  @Test func `Markdown's own characters are escaped`() {
    let table = Table(caption: "a*b", columns: [.init("x|y")], rows: [["<b>\n[1]`"]])
    #expect(
      table.text(.markdown) == """
        a\\*b

        | x\\|y          |
        | ------------- |
        | \\<b\\> \\[1\\]\\` |

        """)
  }

  @Test func `a cell cannot command the terminal`() {
    let table = Table(columns: [.init("name")], rows: [["a\u{1B}[31mb\r\nc\u{9B}d"]])
    #expect(
      !table.text(.terminal).unicodeScalars.contains {
        $0 != "\n" && $0.properties.generalCategory == .control
      })
  }

  @Test func `the best is the highest or lowest number and words take no part`() {
    var table = Table(
      columns: [.init("loss")],
      rows: [
        [.init(0.5, decimals: 1)], ["diverged"], [.init(0.2, decimals: 1)],
        [.init(.nan, decimals: 1)],
      ])
    table.highlightBest(inColumn: 0, .lower)
    #expect(table.rows.map { $0[0].isHighlighted } == [false, false, true, false])
    table.highlightBest(inColumn: 0, .higher)
    #expect(table.rows.map { $0[0].isHighlighted } == [true, false, false, false])
  }

  @Test(arguments: [
    (Estimate(93.06, margin: 0.649), "93.1 ± 0.6"), (Estimate(-0.04), "0.0"),
    (Estimate(.nan, margin: 1), "n/a"), (Estimate(2, margin: .infinity), "2.0"),
    (Estimate(1234.5, margin: 10, decimals: 0), "1234 ± 10"),
    (Estimate(-3.25, decimals: 2), "-3.25"),
  ])
  func `an estimate prints with its interval`(estimate: Estimate, expected: String) {
    #expect(estimate.description == expected)
  }
}
