import Foundation

extension Table {
  var markup: Markup {
    let head = Markup("thead", [:], [Markup("tr", [:], columns.map(\.markup))])
    let body = Markup("tbody", [:], rows.map(markup))
    let title = optional("caption", nil, caption)
    return Markup(
      "div", ["class": "scroll", "tabindex": "0"], [Markup("table", [:], title + [head, body])])
  }

  /// A row; its first cell is its head when it holds words.
  private func markup(of row: [Cell]) -> Markup {
    let cells = row.enumerated().map { index, cell in
      let isHead = index == 0 && columns[0].alignment == .leading
      let text = Markup(text: cell.text)
      return Markup(
        isHead ? "th" : "td",
        ["scope": isHead ? "row" : nil, "class": columns[index].alignment.style],
        [cell.isHighlighted ? Markup("strong", ["class": "best"], [text]) : text])
    }
    return Markup("tr", [:], cells)
  }
}

extension Table.Column {
  fileprivate var markup: Markup {
    Markup("th", ["scope": "col", "class": alignment.style], text: title)
  }
}

extension Table.Alignment {
  fileprivate var style: String? {
    switch self {
    case .leading: nil
    case .trailing: "trailing"
    case .center: "center"
    }
  }
}

extension Figure {
  var markup: Markup {
    let shown: [Markup]
    switch content {
    case .plot(let svg):
      shown = [Markup("div", ["class": "scroll", "tabindex": "0"], [Markup(source: svg)])]
    case .picture(let picture):
      shown = [picture.image(width: nil)]
    case .numbers(let table, let reason):
      let note = Markup(
        "p", ["class": "aside note", "role": "note"],
        [
          Markup("strong", text: "Numbers instead of a plot."), Markup(source: " "),
          Markup(prose: reason),
        ])
      shown = [note, table.markup]
    }
    return Markup("figure", [:], shown + optional("figcaption", nil, caption))
  }
}

extension PictureGrid {
  var markup: Markup {
    let rows = rows.map { row in
      Markup(
        "div", ["class": "row"],
        optional("p", "row-label", row.label) + [
          Markup(
            "ul", ["class": "pictures", "style": "--picture: \(pictureWidth)px"],
            row.pictures.map { Markup("li", [:], $0.parts(width: pictureWidth)) })
        ])
    }
    return Markup(
      "figure", ["class": "picture-grid"], rows + optional("figcaption", nil, caption))
  }
}

extension Picture {
  /// The picture, enlarged in whole squares when it is small.
  fileprivate func image(width: Int?) -> Markup {
    let size = size
    let isSmall = (size?.width ?? .max) <= 128
    let shownWidth = width ?? size?.width
    let shownHeight = size.flatMap { size in
      shownWidth.map { size.height * $0 / max(1, size.width) }
    }
    return Markup(
      void: "img",
      [
        "src": "data:image/png;base64," + png.base64EncodedString(), "alt": alternative,
        "width": shownWidth.map(String.init), "height": shownHeight.map(String.init),
        "class": isSmall ? "pixels" : nil,
      ])
  }

  fileprivate func parts(width: Int) -> [Markup] {
    var frame = [image(width: width)]
    if let badge { frame.append(badge.markup) }
    let list = bars.isEmpty ? [] : [Markup("ul", ["class": "bars"], bars.map(\.markup))]
    return [Markup("div", ["class": "frame"], frame)] + optional("p", "label", caption) + list
  }
}

extension Picture.Badge {
  fileprivate var markup: Markup {
    let (style, word, sign) =
      switch self {
      case .right: ("right", "right", "✓")
      case .wrong: ("wrong", "wrong", "✗")
      }
    return Markup(
      "span", ["class": "badge \(style)", "role": "img", "aria-label": word], text: sign)
  }
}

extension Picture.Bar {
  fileprivate var markup: Markup {
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    let percent = fraction.isFinite ? fixed(share * 100, decimals: 0) + "\u{202F}%" : "n/a"
    return Markup(
      "li", ["class": isHighlighted ? "highlighted" : nil],
      [
        Markup("span", ["class": "bar-label"], text: label),
        Markup("span", ["class": "bar-value"], text: percent),
        Markup(
          "span", ["class": "track", "aria-hidden": "true"],
          [Markup("span", ["style": "width: \(fixed(share * 100, decimals: 1))%"])]),
      ])
  }
}
