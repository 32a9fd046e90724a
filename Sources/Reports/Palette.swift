/// The colors of the house, once for light and once for dark.
///
/// Series take the palette of Okabe and Ito (*Color Universal Design*, 2008), which readers with
/// the common kinds of color blindness can tell apart; text set in a series' color uses a darker
/// (or, on dark ground, lighter) tone of it so that it stays readable.
enum Ink: Sendable, Hashable {
  case text
  case muted
  case grid
  case axis
  case heat
  case onHeat
  case ground
  /// A bar that is there for comparison.
  case quiet
  /// A line or bar; indices beyond the palette start over.
  case series(Int)
  /// Text in the color of a series.
  case label(Int)

  static let seriesCount = seriesTones.count

  /// Every ink there is.
  static let all: [Ink] =
    [.text, .muted, .grid, .axis, .heat, .onHeat, .ground, .quiet]
    + (0..<seriesCount).map { .series($0) } + (0..<seriesCount).map { .label($0) }

  /// The name of the CSS property that holds the color.
  var property: String {
    switch self {
    case .text: "--text"
    case .muted: "--muted"
    case .grid: "--grid"
    case .axis: "--axis"
    case .heat: "--heat"
    case .onHeat: "--on-heat"
    case .ground: "--ground"
    case .quiet: "--quiet"
    case .series(let index): "--series-\(index % Ink.seriesCount + 1)"
    case .label(let index): "--label-\(index % Ink.seriesCount + 1)"
    }
  }

  /// The colors on light and on dark ground.
  var tones: (light: String, dark: String) {
    switch self {
    case .text: ("#1b1e23", "#e9eaec")
    case .muted: ("#5d646e", "#a3abb6")
    case .grid: ("#e8e9ec", "#2a2f37")
    case .axis: ("#a9afb8", "#59616d")
    case .heat: ("#1668a8", "#2f86cf")
    case .onHeat: ("#ffffff", "#ffffff")
    case .ground: ("#ffffff", "#14171b")
    case .quiet: ("#b9bfc8", "#4d5561")
    case .series(let index): seriesTones[index % Ink.seriesCount]
    case .label(let index): labelTones[index % Ink.seriesCount]
    }
  }

  /// A CSS color that follows the page and is the light tone where there is no page.
  var css: String { "var(\(property), \(tones.light))" }

  /// The color gnuplot is told, which the clean-up turns into ``css`` again.
  var marker: Int { 0x01_0000 + (Ink.all.firstIndex(of: wrapped) ?? 0) }

  private var wrapped: Ink {
    switch self {
    case .series(let index): .series(index % Ink.seriesCount)
    case .label(let index): .label(index % Ink.seriesCount)
    default: self
    }
  }

  /// The ink whose marker has this value.
  init?(marker: Int) {
    let index = marker - 0x01_0000
    guard Ink.all.indices.contains(index) else { return nil }
    self = Ink.all[index]
  }
}

private let seriesTones: [(light: String, dark: String)] = [
  ("#0072b2", "#3d9be0"), ("#d55e00", "#f0772b"), ("#009e73", "#1fbf92"),
  ("#cc79a7", "#dc8fb9"), ("#e69f00", "#f2b632"), ("#56b4e9", "#9ad7fb"), ("#7f8791", "#8d96a1"),
]

private let labelTones: [(light: String, dark: String)] = [
  ("#00639b", "#6ab4ec"), ("#b04e00", "#f6935a"), ("#007a59", "#3fd1a8"),
  ("#a34a7c", "#e6a6c8"), ("#8f6300", "#f2b632"), ("#1c74a8", "#9ad7fb"), ("#5d646e", "#a3abb6"),
]
