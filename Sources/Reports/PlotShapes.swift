import Foundation

/// The shapes of a plot, read back from what gnuplot wrote.
///
/// gnuplot's own SVG repeats its state around every stroke, names its groups with ids that would
/// clash on a page, and fixes colors. Only four kinds of shape matter; they are read here and
/// written again plainly, in the colors of the page.
struct PlotShapes {
  struct Failure: Error { var reason: String }

  private(set) var shapes: [Markup] = []
  private var groups: [[String: String]] = []
  private var text: String?
  private var skippedDepth = 0

  /// Reads gnuplot's output.
  init(gnuplotOutput: String) throws(Failure) {
    var rest = gnuplotOutput[...]
    guard rest.contains("<svg") else { throw Failure(reason: "it holds no svg element") }
    while let start = rest.firstIndex(of: "<") {
      text?.append(contentsOf: rest[..<start])
      let body = rest[rest.index(after: start)...]
      guard let end = body.endOfTag else { throw Failure(reason: "a tag is not closed") }
      try read(tag: body[..<end])
      rest = body[body.index(after: end)...]
    }
  }

  private mutating func read(tag: Substring) throws(Failure) {
    if tag.hasPrefix("?") || tag.hasPrefix("!") { return }
    let isEnd = tag.hasPrefix("/")
    let isEmpty = tag.hasSuffix("/")
    let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
    if skippedDepth > 0 || ["defs", "title", "desc"].contains(name) {
      skippedDepth += isEmpty ? 0 : isEnd ? -1 : 1
    } else if isEnd {
      close(name)
    } else {
      try open(name, attributes(of: tag), isEmpty: isEmpty)
    }
  }

  private mutating func close(_ name: Substring) {
    if name == "g" { _ = groups.popLast() }
    if name == "text", let content = text {
      shapes.append(textShape(content))
      text = nil
    }
  }

  private mutating func open(
    _ name: Substring, _ attributes: [String: String], isEmpty: Bool
  ) throws(Failure) {
    switch name {
    case "svg", "tspan": break
    case "g": if !isEmpty { groups.append(attributes) }
    case "text": text = ""
    case "path": shapes.append(pathShape(attributes))
    case "polygon": shapes.append(polygonShape(attributes))
    case "use": shapes.append(pointShape(attributes))
    default: throw Failure(reason: "it holds the element \(name)")
    }
  }

  private func inherited(_ key: String) -> String? {
    groups.last { $0[key] != nil }?[key]
  }

  private func pathShape(_ own: [String: String]) -> Markup {
    Markup(
      "path",
      [
        "fill": "none", "stroke": paint(own["stroke"] ?? inherited("stroke")),
        "stroke-width": inherited("stroke-width"), "stroke-dasharray": own["stroke-dasharray"],
        "stroke-linejoin": "round", "d": own["d"]?.trimmingCharacters(in: .whitespaces),
      ])
  }

  private func polygonShape(_ own: [String: String]) -> Markup {
    let opacity = own["fill-opacity"].flatMap(Double.init).flatMap { $0 < 1 ? "\($0)" : nil }
    let points = own["points"]?.trimmingCharacters(in: .whitespaces)
    return Markup(
      "polygon",
      [
        "fill": paint(own["fill"]), "fill-opacity": opacity, "points": points,
        // Upright boxes have sharp edges; bands keep their soft ones.
        "shape-rendering": points.map(isUprightBox) == true ? "crispEdges" : nil,
      ])
  }

  /// gnuplot's filled circle is a shared definition of radius 1, placed and scaled.
  private func pointShape(_ own: [String: String]) -> Markup {
    Markup(
      "circle", ["r": "1", "transform": own["transform"], "fill": paint(own["color"])])
  }

  private func textShape(_ content: String) -> Markup {
    let anchor = inherited("text-anchor")
    let size = inherited("font-size").flatMap(Double.init) ?? fontSize
    let trimmed = content.trimmingCharacters(in: .whitespacesAndNewlines)
    return Markup(
      "text",
      [
        "transform": inherited("transform"), "font-size": size == fontSize ? nil : "\(size)",
        "text-anchor": anchor == "start" ? nil : anchor, "fill": paint(inherited("fill")),
      ],
      [Markup(text: unescapedFromXML(trimmed))])
  }

  /// The color of the page that stands behind a marker; other colors stay.
  private func paint(_ color: String?) -> String? {
    guard let color, color.hasPrefix("rgb(") else { return color }
    let parts = color.dropFirst(4).dropLast().split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    guard parts.count == 3 else { return color }
    return Ink(marker: parts[0] << 16 | parts[1] << 8 | parts[2])?.css ?? color
  }

  /// The shapes as one element.
  func markup(of drawing: Drawing, alternative: String) -> Markup {
    let (width, height) = (Int(drawing.size.width), Int(drawing.size.height))
    return Markup(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": "plot", "role": "img",
        "aria-label": alternative, "viewBox": "0 0 \(width) \(height)", "width": "\(width)",
        "height": "\(height)", "font-family": sansFonts, "font-size": "\(fontSize)",
      ],
      shapes.flatMap { [Markup(source: "\n"), $0] } + [Markup(source: "\n")])
  }
}

/// The fonts of the house: whatever the reader's system sets its own text in.
let sansFonts =
  "-apple-system, 'Segoe UI', Roboto, Inter, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', "
  + "Arial, sans-serif"

private func attributes(of tag: Substring) -> [String: String] {
  let pattern = /([A-Za-z:-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/
  return tag.matches(of: pattern).reduce(into: [:]) { result, match in
    result[String(match.1)] = String(match.2 ?? match.3 ?? "")
  }
}

private func isUprightBox(_ points: String) -> Bool {
  let corners = points.split(separator: " ").map { $0.split(separator: ",") }
  return [4, 5].contains(corners.count) && Set(corners.map(\.first)).count == 2
    && Set(corners.map(\.last)).count == 2
}

private func unescapedFromXML(_ text: String) -> String {
  text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
    .replacing("&amp;", with: "&")
}

extension Substring {
  /// Where the tag that starts here ends, quotes respected.
  fileprivate var endOfTag: Index? {
    var quote: Character?
    for index in indices {
      let character = self[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == ">" {
        return index
      }
    }
    return nil
  }
}
