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

  private let strings: [String]

  /// Reads gnuplot's output.
  ///
  /// - Parameters:
  ///   - gnuplotOutput: What gnuplot wrote.
  ///   - strings: The texts whose numbers stand in it.
  /// - Throws: ``Failure`` for anything that is not a shape or text expected.
  init(gnuplotOutput: String, strings: [String]) throws(Failure) {
    self.strings = strings
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
      try close(name)
    } else {
      try open(name, attributes(of: tag), isEmpty: isEmpty)
    }
  }

  private mutating func close(_ name: Substring) throws(Failure) {
    if name == "g" { _ = groups.popLast() }
    if name == "text", let content = text {
      shapes += try textShapes(content)
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
    // The background, which is left to the page.
    case "rect" where attributes["fill"] == "none": break
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

  private func textShapes(_ content: String) throws(Failure) -> [Markup] {
    let number = content.trimmingCharacters(in: .whitespacesAndNewlines)
    guard number.hasPrefix("t"), let index = Int(number.dropFirst()),
      strings.indices.contains(index)
    else { throw Failure(reason: "it holds a text it was not given") }
    let (anchor, size) = (inherited("text-anchor"), inherited("font-size").flatMap(Double.init))
    let shape = Markup(
      "text",
      [
        "transform": inherited("transform"),
        "font-size": size == fontSize ? nil : size.map { "\($0)" },
        "text-anchor": anchor == "start" ? nil : anchor, "fill": paint(inherited("fill")),
      ],
      [Markup(text: strings[index].onOneLine)])
    return strings[index].isEmpty ? [] : [shape]
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
        "xmlns": "http://www.w3.org/2000/svg",
        "class": drawing.size.width < plotWidth ? "plot" : "plot wide", "role": "img",
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

/// The attributes of a tag; gnuplot writes some with spaces around the equals sign.
private func attributes(of tag: Substring) -> [String: String] {
  var result: [String: String] = [:]
  var rest = tag.utf8[...]
  while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
    let name = String(Substring(rest[..<equals])).split(whereSeparator: \.isWhitespace).last
    let value = rest[rest.index(after: equals)...].drop { $0 == UInt8(ascii: " ") }
    guard let name, let quote = value.first, let end = value.dropFirst().firstIndex(of: quote)
    else { break }
    result[String(name)] = String(Substring(value.dropFirst()[..<end]))
    rest = value[value.index(after: end)...]
  }
  return result
}

private func isUprightBox(_ points: String) -> Bool {
  let corners = points.split(separator: " ").map { $0.split(separator: ",") }
  return [4, 5].contains(corners.count) && Set(corners.map(\.first)).count == 2
    && Set(corners.map(\.last)).count == 2
}

extension Substring {
  /// Where the tag that starts here ends, quotes respected.
  fileprivate var endOfTag: Index? {
    var quote: UInt8?
    for index in utf8.indices {
      let byte = utf8[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return index
      }
    }
    return nil
  }
}
