/// A piece of HTML or SVG that is safe to place on a page.
///
/// The type keeps text and markup apart: plain text enters only through ``init(text:)``, which
/// escapes it, so nothing a user typed can become an element or an attribute.
struct Markup: Sendable, Equatable {
  /// The markup itself, well-formed as XML.
  private(set) var source: String

  /// Escapes `text`.
  init(text: String) { source = escapedForXML(text) }

  /// Takes markup that this module wrote itself.
  init(source: String) { self.source = source }

  /// An element with attributes in the order given; an attribute whose value is `nil` is left out.
  init(
    _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [Markup] = []
  ) {
    source = Markup.opening(name, attributes) + ">"
    for child in children { source += child.source }
    source += "</\(name)>"
  }

  /// An element around one text.
  init(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], text: String) {
    self.init(name, attributes, [Markup(text: text)])
  }

  /// An element that HTML never closes, such as `img` or `meta`.
  init(void name: String, _ attributes: KeyValuePairs<String, String?> = [:]) {
    source = Markup.opening(name, attributes) + "/>"
  }

  private static func opening(
    _ name: String, _ attributes: KeyValuePairs<String, String?>
  ) -> String {
    var result = "<\(name)"
    for case (let key, let value?) in attributes {
      result += " \(key)=\"\(escapedForXML(value))\""
    }
    return result
  }

  /// Running text: `` `spans` `` in backquotes become code, `**spans**` become strong.
  ///
  /// A mark without its partner stays as it is.
  init(prose text: String) {
    source = ""
    var rest = text[...]
    var plain = ""
    while !rest.isEmpty {
      if let (element, span, after) = Markup.span(at: rest) {
        source += escapedForXML(plain) + Markup(element, text: String(span)).source
        plain = ""
        rest = after
      } else {
        plain.append(rest.removeFirst())
      }
    }
    source += escapedForXML(plain)
  }

  private static func span(at text: Substring) -> (String, Substring, Substring)? {
    for (mark, element) in [("`", "code"), ("**", "strong")] where text.hasPrefix(mark) {
      let inside = text.dropFirst(mark.count)
      guard let end = inside.firstRange(of: mark), end.lowerBound > inside.startIndex else {
        continue
      }
      return (element, inside[..<end.lowerBound], inside[end.upperBound...])
    }
    return nil
  }
}

/// Running text without the marks that ``Markup/init(prose:)`` understands.
func withoutMarks(_ prose: String) -> String {
  prose.replacing("`", with: "").replacing("**", with: "")
}

/// `text` with the five special characters replaced, for element content and quoted attributes.
///
/// Characters that XML forbids altogether (control characters) become U+FFFD.
func escapedForXML(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
