extension Page {
  /// The whole page: HTML that is well-formed XML at the same time.
  public var html: String {
    "<!DOCTYPE html>\n"
      + Markup(
        "html", ["lang": language, "xmlns": "http://www.w3.org/1999/xhtml"], [head, body]
      ).source + "\n"
  }

  private var head: Markup {
    Markup(
      "head", [:],
      [
        Markup(void: "meta", ["charset": "utf-8"]),
        Markup(
          void: "meta",
          ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        Markup(void: "meta", ["name": "color-scheme", "content": "light dark"]),
        Markup("title", text: title),
        // Nothing may be loaded or run, whatever a bug elsewhere might let through.
        Markup(
          void: "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
          ]),
        Markup("style", [:], [Markup(source: "\n" + pageStyle)]),
      ])
  }

  private var body: Markup {
    let parts: [Markup?] = [
      header, keyFigures.isEmpty ? nil : figures,
      Markup("main", [:], sections.map(\.markup)), origin.markup,
    ]
    return Markup("body", [:], parts.compactMap { $0 }.flatMap { [Markup(source: "\n"), $0] })
  }

  private var header: Markup {
    Markup(
      "header", [:],
      [Markup("h1", text: title)]
        + optional("p", "subtitle", subtitle) + optional("p", "lead", lead))
  }

  private var figures: Markup {
    Markup("dl", ["class": "key-figures"], keyFigures.map(\.markup))
  }
}

/// An element around running text, or nothing where the text is empty.
func optional(_ element: String, _ style: String?, _ text: String) -> [Markup] {
  text.isEmpty ? [] : [Markup(element, ["class": style], [Markup(prose: text)])]
}

extension KeyFigure {
  fileprivate var markup: Markup {
    var number = [Markup("span", ["class": "value"], text: value)]
    if !unit.isEmpty { number.append(Markup("span", ["class": "unit"], text: "\u{202F}" + unit)) }
    if !interval.isEmpty {
      number.append(Markup("span", ["class": "interval"], text: " " + interval))
    }
    return Markup(
      "div", [:],
      [Markup("dt", text: title), Markup("dd", ["class": "number"], number)]
        + optional("dd", "explanation", explanation))
  }
}

extension Section {
  fileprivate var markup: Markup {
    Markup(
      "section", [:],
      [Markup("h2", text: title)] + blocks.flatMap { [Markup(source: "\n"), $0.markup] })
  }
}

extension Block {
  fileprivate var markup: Markup {
    switch self {
    case .paragraph(let text): Markup("p", [:], [Markup(prose: text)])
    case .list(let items):
      Markup("ul", [:], items.map { Markup("li", [:], [Markup(prose: $0)]) })
    case .table(let table): table.markup
    case .figure(let figure): figure.markup
    case .pictures(let grid): grid.markup
    case .code(let text): Markup("pre", ["tabindex": "0"], [Markup("code", text: text)])
    case .note(let text): aside("note", "Note", text)
    case .warning(let text): aside("warning", "Warning", text)
    case .details(let title, let blocks):
      Markup("details", [:], [Markup("summary", text: title)] + blocks.map(\.markup))
    }
  }

  private func aside(_ style: String, _ name: String, _ text: String) -> Markup {
    Markup(
      "p", ["class": "aside \(style)", "role": "note"],
      [Markup("strong", text: name), Markup(source: " "), Markup(prose: text)])
  }
}

extension Origin {
  fileprivate var markup: Markup {
    let facts = statements.map { fact in
      Markup("div", [:], [Markup("dt", text: fact.name), Markup("dd", text: fact.value)])
    }
    return Markup(
      "footer", [:],
      [
        Markup("h2", text: "How to repeat this"),
        Markup("pre", ["tabindex": "0"], [Markup("code", text: command)]),
      ] + (facts.isEmpty ? [] : [Markup("dl", ["class": "facts"], facts)]))
  }
}
