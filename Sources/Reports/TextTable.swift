extension Table {
  /// Where an aligned plain-text table is read.
  public enum TextStyle: Sendable {
    /// A terminal: a rule below the heads, a star behind the best cell.
    case terminal
    /// Markdown with pipes, readable also as it is: the best cell is bold.
    case markdown
  }

  /// The table as lines of text, each ended by a newline.
  ///
  /// Columns line up also with wide characters. In a terminal, control characters inside cells
  /// become spaces; in Markdown its special characters are escaped.
  ///
  /// ```swift
  /// var table = Table(columns: [.init("method"), .init("accuracy", .trailing)])
  /// table.append(["prototypes", .init(Estimate(93.1, margin: 0.6))])
  /// print(table.text(.terminal), terminator: "")
  /// // method        accuracy
  /// // ──────────  ──────────
  /// // prototypes  93.1 ± 0.6
  /// ```
  public func text(_ style: TextStyle) -> String {
    let starred = columns.indices.map { column in rows.contains { $0[column].isHighlighted } }
    let heads = columns.map { style.plain($0.title) }
    let body = rows.map { row in
      row.indices.map { style.cell(row[$0], inStarredColumn: starred[$0]) }
    }
    let widths = columns.indices.map { column in
      max(3, ([heads] + body).map { $0[column].displayWidth }.max() ?? 0)
    }
    var lines = caption.isEmpty ? [] : [style.plain(caption), ""]
    lines.append(line(heads, widths, style))
    lines.append(rule(widths, style))
    lines += body.map { line($0, widths, style) }
    return lines.map { $0 + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int], _ style: TextStyle) -> String {
    let padded = columns.indices.map { column in
      columns[column].alignment.padding(cells[column], to: widths[column])
    }
    switch style {
    case .terminal: return padded.joined(separator: "  ").droppingTrailingSpaces
    case .markdown: return "| " + padded.joined(separator: " | ") + " |"
    }
  }

  private func rule(_ widths: [Int], _ style: TextStyle) -> String {
    guard style == .markdown else {
      return widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    }
    let marks = zip(columns, widths).map { column, width in
      let dashes = String(repeating: "-", count: width - 2)
      switch column.alignment {
      case .leading: return "--" + dashes
      case .trailing: return "-" + dashes + ":"
      case .center: return ":" + dashes + ":"
      }
    }
    return "| " + marks.joined(separator: " | ") + " |"
  }
}

extension Table.TextStyle {
  fileprivate func plain(_ text: String) -> String {
    guard self == .markdown else { return text.onOneLine }
    return text.onOneLine.reduce(into: "") { result, character in
      if "\\`*_|<>[]".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  fileprivate func cell(_ cell: Table.Cell, inStarredColumn: Bool) -> String {
    let text = plain(cell.text)
    switch self {
    case .markdown: return cell.isHighlighted ? "**\(text)**" : text
    // The space keeps the digits of the other cells below those of the best one.
    case .terminal: return text + (cell.isHighlighted ? "*" : inStarredColumn ? " " : "")
    }
  }
}

extension Table.Alignment {
  fileprivate func padding(_ text: String, to width: Int) -> String {
    let missing = max(0, width - text.displayWidth)
    let left =
      switch self {
      case .leading: 0
      case .trailing: missing
      case .center: missing / 2
      }
    return String(repeating: " ", count: left) + text
      + String(repeating: " ", count: missing - left)
  }
}

extension String {
  fileprivate var droppingTrailingSpaces: String {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }
}
