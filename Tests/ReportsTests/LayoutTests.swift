import Foundation
import Testing

@testable import Reports

@Suite struct LayoutTests {
  private func ticks(
    _ values: [Double], _ scale: Axis.Scale = .linear, isTight: Bool = false, count: Int = 5
  ) -> Ticks {
    Ticks(showing: values, axis: Axis(scale: scale), isTight: isTight, count: count)
  }

  @Test func `linear marks are round and enclose the data`() {
    #expect(ticks([3, 97]).marks.map(\.label) == ["0", "20", "40", "60", "80", "100"])
    #expect(ticks([-0.3, 0.4]).marks.map(\.label) == ["−0.4", "−0.2", "0", "0.2", "0.4"])
    #expect(ticks([0, 20_000]).marks.map(\.label).last == "20,000")
    #expect(
      ticks([0, 0.00009]).marks.map(\.label) == [
        "0", "0.2×10⁻⁴", "0.4×10⁻⁴", "0.6×10⁻⁴", "0.8×10⁻⁴", "1.0×10⁻⁴",
      ])
    let tight = ticks([3, 97], isTight: true)
    #expect(tight.range == 3...97 && tight.marks.map(\.label) == ["20", "40", "60", "80"])
  }

  @Test func `logarithmic marks are decades, or finer over a short range`() {
    #expect(
      ticks([1, 9000], .logarithmic).marks.map(\.label) == ["1", "10", "100", "1,000", "10,000"])
    #expect(ticks([0.5, 4], .logarithmic).marks.map(\.label) == ["0.5", "1", "2", "5"])
    #expect(ticks([1e-6, 1e-3], .logarithmic).marks.map(\.label).first == "10⁻⁶")
    let axis = ticks([1, 10_000], .logarithmic)
    #expect(abs(axis.fraction(of: 100) - 0.5) < 1e-12)
  }

  @Test(arguments: [
    [0, 0], [7, 7], [-1e-12, 1e-12], [1e15, 1e15 + 4], [-1e308, 1e308], [.nan, .infinity], [],
    [123_456, 123_460], [1e-300, 1e-299],
  ])
  func `marks lie in order inside any range and their labels differ`(values: [Double]) {
    for scale in [Axis.Scale.linear, .logarithmic] {
      let axis = ticks(values, scale)
      #expect(axis.range.lowerBound < axis.range.upperBound)
      #expect((1...40).contains(axis.marks.count))
      #expect(axis.marks.map(\.position) == axis.marks.map(\.position).sorted())
      #expect(Set(axis.marks.map(\.label)).count == axis.marks.count, "\(axis.marks.map(\.label))")
    }
  }

  @Test func `long names are cut, and the plot keeps its room`() throws {
    let name = String(repeating: "very long ", count: 40)
    let plots: [any Plot] = [
      BarChart(categories: [name, "b"], series: [.init(name, [nil, Estimate(1)])]),
      BarChart(categories: [name, "b"], series: [.init(name, [nil, nil])], direction: .upward),
      HeatMap([[1, 2]], rows: [name], columns: [name, "b"], rowTitle: name, columnTitle: name),
      LinePlot(
        [.init(name, x: [0, 1], y: [0, 1]), .init("b", x: [0, 1], y: [1, 0])], x: Axis(name),
        verticalReferences: [ReferenceLine(name, at: 1)]),
    ]
    for plot in plots {
      let drawing = plot.drawing()
      #expect(drawing.area.right - drawing.area.left > 50)
      #expect(drawing.area.bottom - drawing.area.top > 20)
      for text in drawing.texts { #expect(estimatedWidth(text.text) <= drawing.size.width) }
      #expect(drawing.x.marks.allSatisfy { estimatedWidth($0.label) <= drawing.size.width / 2 })
    }
    #expect(shortened("abc", to: 100) == "abc")
    #expect(shortened(name, to: 60).hasSuffix("…"))
  }

  @Test func `a long line keeps its ends and extremes, and its page stays small`() throws {
    let x = (0..<200_000).map(Double.init)
    var y = x.map { sin($0 / 5000) }
    (y[77_777], y[123_456]) = (40, -40)
    let plot = LinePlot([.init("a", x: x, y: y, margin: y.map { abs($0) })])
    for layer in plot.drawing().layers {
      switch layer {
      case .lines(let pieces, _, _):
        let points = try #require(pieces.first)
        #expect(pieces.count == 1 && points.count < 4 * 721)
        #expect(points.contains(.init(x: 77_777, y: 40)))
        #expect(points.contains(.init(x: 123_456, y: -40)))
        #expect(points.first?.x == 0 && points.last?.x == 199_999)
        #expect(points.map(\.x) == points.map(\.x).sorted())
      case .band(let pieces, _):
        #expect(pieces[0].count <= 721)
        #expect(pieces[0].map(\.high).max() == 80 && pieces[0].map(\.low).min() == -80)
      default: break
      }
    }
    let short = Array(x.prefix(2000))
    let whole = LinePlot([.init("a", x: short, y: short)]).drawing().layers[0]
    guard case .lines(let pieces, _, _) = whole else {
      Issue.record("got \(whole)")
      return
    }
    #expect(pieces[0].count == 2000)
  }

  @Test func `labels move apart as little as needed`() {
    #expect(spreadApart([10, 50], spacing: 10, in: 0...100) == [10, 50])
    #expect(spreadApart([50, 48], spacing: 10, in: 0...100) == [58, 48])
    #expect(spreadApart([99, 100], spacing: 10, in: 0...100) == [90, 100])
    #expect(spreadApart([-5], spacing: 10, in: 0...100) == [0])
  }

  @Test func `lines that end apart are named there, others in a legend`() {
    let line = { (name: String, end: Double) in
      LinePlot.Series(name, x: [0, 1], y: [0, end])
    }
    #expect(LinePlot([line("a", 1), line("b", 2)]).drawing().swatches.isEmpty)
    let crowded = (0..<6).map { line("\($0)", 1 + Double($0) * 0.001) }
    #expect(LinePlot(crowded).drawing().swatches.count == 6)
    #expect(LinePlot([line("a", 1)]).drawing().swatches.isEmpty)
  }

  @Test func `a histogram counts every finite value once`() {
    let values = (0..<1000).map { Double(($0 * 7919) % 1000) / 10 } + [.nan, .infinity]
    for count in [nil, 1, 7, 50] {
      let histogram = Histogram(values, binCount: count)
      #expect(histogram.bins.map(\.count).reduce(0, +) == 1000)
      #expect(histogram.omittedCount == 2)
      for (index, bin) in histogram.bins.enumerated() {
        let isLast = index == histogram.bins.count - 1
        let expected = values.filter {
          $0 >= bin.lower && ($0 < bin.upper || (isLast && $0 == bin.upper))
        }.count
        #expect(bin.count == expected)
      }
    }
    #expect(Histogram([0, 1, 2, 3, 4], binCount: 2).bins.map(\.count) == [2, 3])
  }

  @Test func `a cell without a number stays empty in a heat map`() {
    let boxes = HeatMap([[1, .nan], [0, 2]]).drawing().layers.compactMap { layer in
      if case .boxes(let boxes) = layer { boxes } else { nil }
    }.joined()
    #expect(boxes.count == 3)
    #expect(boxes.map(\.opacity).max() == 1)
  }

  // Web Content Accessibility Guidelines 2.1: 4.5 for text, 3 for what a plot is made of.
  @Test func `colors stand out enough on light and on dark ground`() {
    for index in 0..<Ink.seriesCount {
      #expect(leastContrast(.label(index)) >= 4.5, "label \(index)")
    }
    #expect(leastContrast(.text) >= 7 && leastContrast(.muted) >= 4.5)
    for index in [0, 1, 2, 6] { #expect(leastContrast(.series(index)) >= 3, "series \(index)") }
    #expect(contrast(Ink.heat.tones.light, Ink.onHeat.tones.light) >= 4.5)
  }

  private func leastContrast(_ ink: Ink) -> Double {
    let ground = Ink.ground.tones
    return min(
      contrast(ink.tones.light, ground.light), contrast(ink.tones.dark, ground.dark))
  }

  private func contrast(_ first: String, _ second: String) -> Double {
    let (a, b) = (luminance(first), luminance(second))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  private func luminance(_ color: String) -> Double {
    let value = Int(color.dropFirst(), radix: 16) ?? 0
    let parts = [16, 8, 0].map { shift -> Double in
      let part = Double((value >> shift) & 0xFF) / 255
      return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
