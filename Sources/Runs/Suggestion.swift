/// The candidate nearest to a misspelt word, or `nil` when none is near.
///
/// Case, `_` and `-` do not count, so `learning_rate` is at distance 0 from `learningRate`; up to a
/// third of the letters may be wrong.
public func nearest(to word: String, among candidates: [String]) -> String? {
  let wanted = plainLetters(word)
  let allowed = max(1, wanted.count / 3)
  let ranked = candidates.map { ($0, editDistance(wanted, plainLetters($0))) }
  guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= allowed else { return nil }
  return best.0
}

private func plainLetters(_ word: String) -> [Character] {
  word.lowercased().filter { $0 != "_" && $0 != "-" }.map(\.self)
}

/// Insertions, deletions, replacements and swaps of neighbors that turn one word into the other
/// (optimal string alignment, a swap counting as one).
func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
  var beforeLast = [Int](repeating: 0, count: second.count + 1)
  var last = Array(0...second.count)
  for row in 1...first.count {
    var current = [row] + last.dropFirst()
    for column in 1...second.count {
      let same = first[row - 1] == second[column - 1]
      current[column] = min(
        last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
      let swapped =
        row > 1 && column > 1 && first[row - 1] == second[column - 2]
        && first[row - 2] == second[column - 1]
      if swapped { current[column] = min(current[column], beforeLast[column - 2] + 1) }
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
