import Foundation
import Testing

@testable import Reports

@Suite struct GnuplotTests {
  private let gnuplot = Gnuplot()

  private let plots: [any Plot] = [
    sampleBars, sampleGroups, sampleLines, sampleLoss, sampleHeat, sampleAttention, sampleHistogram,
  ]

  @Test func `every plot becomes well-formed SVG that can share a page`() throws {
    for plot in plots {
      let svg = try gnuplot.svg(of: plot, alternative: "a <plot> & \"more\"")
      #expect(xmlError(in: svg) == nil)
      #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>"))
      #expect(svg.contains("aria-label=\"a &lt;plot&gt; &amp; &quot;more&quot;\""))
      #expect(!svg.contains(" id=") && !svg.contains("href") && !svg.contains("<style"))
      // Every color comes from the page.
      #expect(!svg.contains("rgb("))
      #expect(try gnuplot.svg(of: plot, alternative: "a <plot> & \"more\"") == svg)
    }
  }

  @Test func `commands in labels are drawn, not run`() throws {
    let mark = "/tmp/rp\(UInt32.random(in: 0 ... .max))"
    let attacks = [
      "'; system('>\(mark)'); '", "`>\(mark)`", "x\n!>\(mark)", "\" . system(\">\(mark)\")",
      "\\ @a {/b_1} 50 %d %% #", "x' at 0,0; !>\(mark)",
    ]
    for attack in attacks {
      let line = LinePlot(
        [.init(attack, x: [0, 1], y: [0, 1]), .init("b", x: [0, 1], y: [1, 0.5])],
        x: Axis(attack), y: Axis(attack), horizontalReferences: [ReferenceLine(attack, at: 0.5)],
        verticalReferences: [ReferenceLine(attack, at: 0.5)])
      let bars = BarChart(categories: [attack], series: [.init(attack, [Estimate(1)])])
      let heat = HeatMap([[1]], rows: [attack], rowTitle: attack)
      for (plot, count) in [(line, 5), (bars, 1), (heat, 2)] as [(any Plot, Int)] {
        let svg = try gnuplot.svg(of: plot, alternative: "")
        #expect(xmlError(in: svg) == nil)
        #expect(
          svg.split(separator: ">" + escapedForXML(attack.onOneLine) + "<").count == count + 1)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: mark))
  }

  @Test func `an ampersand or entity in a label arrives as it is`() throws {
    let bars = BarChart(categories: ["a &lt; b & <i>"], series: [.init("s", [Estimate(1)])])
    let svg = try gnuplot.svg(of: bars, alternative: "")
    #expect(svg.contains(">a &amp;lt; b &amp; &lt;i&gt;</text>"))
  }

  @Test func `what is not finite leaves a gap in the line`() throws {
    let y = [0, 1, .nan, 3, 4, .infinity, 6]
    let plot = LinePlot([.init("a", x: [0, 1, 2, 3, 4, 5, 6], y: y)])
    let svg = try gnuplot.svg(of: plot, alternative: "")
    let color = "stroke=\"\(Ink.series(0).css)\""
    let line = try #require(svg.split(separator: "\n").first { $0.contains(color) })
    #expect(line.split(separator: "M").filter { $0.contains(" L") }.count == 2)
    // The last value has no neighbor, so it is seen as a point.
    #expect(svg.split(separator: "\n").filter { $0.hasPrefix("<circle") }.count == 1)
  }

  @Test func `a band leaves the same gaps`() {
    let plot = LinePlot(
      [.init("a", x: [0, 1, 2, 3, 4], y: [1, 1, 1, 1, 1], margin: [0, 1, .nan, 1, 0])])
    let bands = plot.drawing().layers.compactMap { layer -> [Int]? in
      guard case .band(let pieces, _) = layer else { return nil }
      return pieces.map(\.count)
    }
    #expect(bands == [[2, 2]])
  }

  @Test func `values that are not positive leave gaps on a logarithmic axis`() throws {
    let plot = LinePlot(
      [.init("a", x: [1, 10, 100, 1000], y: [1, 0, -1, 0.01])],
      x: Axis(scale: .logarithmic), y: Axis(scale: .logarithmic))
    let svg = try gnuplot.svg(of: plot, alternative: "")
    #expect(svg.split(separator: "\n").filter { $0.hasPrefix("<circle") }.count == 2)
  }

  @Test func `plots without a single usable value are drawn empty`() throws {
    let empty: [any Plot] = [
      LinePlot([]), LinePlot([.init("a", x: [.nan], y: [1])]),
      LinePlot([.init("a", x: [0], y: [-1])], y: Axis(scale: .logarithmic)),
      BarChart(categories: [], series: []),
      BarChart(categories: ["a"], series: [.init("s", [nil])]),
      HeatMap([]), HeatMap([[.nan, .infinity]]), Histogram([]), Histogram([.nan]),
      Histogram([3, 3]),
      LinePlot([.init("a", x: [0, 1], y: [-1e308, 1e308])]),
      LinePlot([.init("a", x: [5, 5], y: [7, 7])]),
    ]
    for plot in empty { #expect(xmlError(in: try gnuplot.svg(of: plot, alternative: "")) == nil) }
  }

  @Test func `numbers reach gnuplot without losing a digit`() {
    let values = [0.1, 1 / 3, 1e-17, 6.02214076e23, -2.5, .pi]
    let plot = LinePlot([.init("a", x: values.sorted(), y: values)])
    let lines = plot.drawing().script.split(separator: "\n")
    let rows = lines.drop { !$0.hasSuffix("<< END") }.dropFirst().prefix { $0 != "END" }
    let read = rows.map { $0.split(separator: " ").compactMap { Double($0) } }
    #expect(read.map { $0[1] } == values)
    #expect(read.map { $0[0] } == values.sorted())
  }

  // MARK: Failures

  @Test func `a missing program is named, with what to install`() {
    let absent = Gnuplot(program: "/nowhere/gnuplot")
    let error = #expect(throws: PlotFailure.self) {
      try absent.svg(of: sampleBars, alternative: "")
    }
    guard case .programMissing(program: "/nowhere/gnuplot", _) = error else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(error?.description.contains("apt-get install gnuplot-nox") == true)
  }

  @Test func `a failing program is reported with what it said`() {
    #expect(
      throws: PlotFailure.programFailed(program: "/bin/false", status: 1, message: "")
    ) { try Gnuplot(program: "/bin/false").svg(of: sampleBars, alternative: "") }
    let error = #expect(throws: PlotFailure.self) { try gnuplot.run(script: "plot $absent\n") }
    #expect(error?.description.contains("absent") == true)
  }

  @Test func `output that is no SVG is reported`() {
    let error = #expect(throws: PlotFailure.self) {
      try Gnuplot(program: "/bin/echo").svg(of: sampleBars, alternative: "")
    }
    guard case .unexpectedOutput = error else {
      Issue.record("got \(String(describing: error))")
      return
    }
  }

  @Test func `a figure without gnuplot carries its numbers and the reason`() {
    let figure = Figure(
      sampleBars, caption: "c", gnuplot: Gnuplot(program: "/nowhere/gnuplot"))
    guard case .numbers(let table, let reason) = figure.content else {
      Issue.record("got \(figure.content)")
      return
    }
    #expect(
      table.rows.map { $0[1].text } == ["41.2 ± 3.8", "88.7 ± 1.7", "90.9 ± 1.6", "93.1 ± 1.6"])
    #expect(reason.contains("install"))
  }

  @Test func `long input and output on both streams pass without blocking`() throws {
    let input = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) })
    let result = try runProgram(
      "/bin/sh", arguments: ["-c", "head -c 400000 /dev/zero >&2; cat; exit 3"], input: input)
    #expect(result.status == 3 && result.errors.count == 400_000 && result.output == input)
    let deaf = try runProgram("/bin/sh", arguments: ["-c", "kill -KILL $$"], input: input)
    #expect(deaf.status == 128 + 9)
  }
}
