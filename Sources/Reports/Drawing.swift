import Foundation

/// A plot as shapes and texts with their places, ready for gnuplot.
///
/// Shapes are in the units of the axes; texts, whose size the axes do not know, are in pixels from
/// the top left corner.
public struct Drawing: Sendable, Equatable {
  /// Width and height in pixels.
  var size: Size
  /// The edges of the plotting area, in pixels from the top left corner.
  var area: Edges
  var x: Ticks
  var y: Ticks
  var hasVerticalGrid = false
  var hasHorizontalGrid = true
  var layers: [Layer] = []
  var texts: [PlacedText] = []
  /// The samples of color in legends, in pixels.
  var swatches: [Swatch] = []

  struct Size: Sendable, Equatable {
    var width: Double
    var height: Double
  }

  struct Edges: Sendable, Equatable {
    var left: Double
    var right: Double
    var top: Double
    var bottom: Double
  }

  struct Point: Sendable, Equatable {
    var x: Double
    var y: Double
  }

  struct Box: Sendable, Equatable {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
    var ink: Ink
    /// From 0, unseen, to 1.
    var opacity = 1.0
  }

  enum Stroke: Sendable, Equatable {
    case solid(Double)
    case dashed(Double)
  }

  enum Layer: Sendable, Equatable {
    /// A band; each piece holds x, low and high.
    case band(pieces: [[BandPoint]], Ink)
    case lines(pieces: [[Point]], Ink, Stroke)
    case points([Point], Ink, size: Double)
    case boxes([Box])
  }

  struct BandPoint: Sendable, Equatable {
    var x: Double
    var low: Double
    var high: Double
  }

  enum Anchor: String, Sendable {
    case left
    case center
    case right
  }

  struct PlacedText: Sendable, Equatable {
    var text: String
    var x: Double
    /// The middle of the letters.
    var y: Double
    var anchor = Anchor.left
    var ink = Ink.muted
    var size = fontSize
  }

  enum Swatch: Sendable, Equatable {
    /// A level stroke between two places.
    case stroke(x: ClosedRange<Double>, y: Double, Ink)
    case box(x: ClosedRange<Double>, y: ClosedRange<Double>, Ink, opacity: Double)
  }

  /// Where a value of the horizontal axis stands, in pixels.
  func pixelX(_ value: Double) -> Double {
    area.left + x.fraction(of: value) * (area.right - area.left)
  }

  /// Where a value of the vertical axis stands, in pixels from the top.
  func pixelY(_ value: Double) -> Double {
    area.bottom - y.fraction(of: value) * (area.bottom - area.top)
  }
}

/// The room above the plotting area that labels of vertical reference lines need, in pixels.
func labelRoom(for lines: [ReferenceLine]) -> Double {
  lines.allSatisfy(\.label.isEmpty) ? 0 : 18
}

/// The size of letters, in pixels.
let fontSize = 13.0

/// The width of all plots that fill their column, in pixels.
let plotWidth = 720.0

/// About how wide a text will be, in pixels; the reader's font decides in the end.
func estimatedWidth(_ text: String, size: Double = fontSize) -> Double {
  text.reduce(0) { width, character in
    let part =
      switch character {
      case _ where character.isASCII == false: Double(String(character).displayWidth) * 0.6
      case "m", "w", "M", "W", "%", "@": 0.87
      case "f", "i", "j", "l", "r", "t", "I", " ", ".", ",", ":", ";", "'", "(", ")", "/", "-": 0.32
      case _ where character.isUppercase: 0.69
      default: 0.56
      }
    return width + part * size
  }
}

/// The text, cut with an ellipsis where it would be wider than `width` pixels.
func shortened(_ text: String, to width: Double, size: Double = fontSize) -> String {
  guard estimatedWidth(text, size: size) > width else { return text }
  var result = text
  while !result.isEmpty, estimatedWidth(result, size: size) > width - size { result.removeLast() }
  return result.trimmingCharacters(in: .whitespaces) + "…"
}

/// The names of categories may take up to this much of the width, in pixels.
let nameWidth = 240.0

/// Splits a sequence of optional places into the runs without a gap.
func runs<Element>(_ places: [Element?]) -> [[Element]] {
  var result: [[Element]] = []
  var isOpen = false
  for place in places {
    if let place {
      if !isOpen { result.append([]) }
      result[result.count - 1].append(place)
    }
    isOpen = place != nil
  }
  return result
}
