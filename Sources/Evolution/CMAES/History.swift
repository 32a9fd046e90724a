extension CMAES {
  /// The best and the median value of past generations.
  struct History: Codable, Sendable {
    private(set) var bests: [Double] = []
    private(set) var medians: [Double] = []

    /// Adds a sorted generation and forgets all but the last `limit`.
    mutating func append(_ sorted: [Double], limit: Int) {
      bests.append(sorted[0])
      medians.append(sorted[sorted.count / 2])
      // In large pieces, because removing from the front moves all the rest.
      if bests.count > limit + limit / 4 {
        bests.removeFirst(bests.count - limit)
        medians.removeFirst(medians.count - limit)
      }
    }

    /// Whether neither series is better in the newest 30 % of the last `window` generations than
    /// in the oldest 30 %.
    func isStagnant(window: Int) -> Bool {
      guard bests.count >= window else { return false }
      let part = window * 3 / 10
      return [bests, medians].allSatisfy { series in
        let recent = series.suffix(window)
        return median(recent.suffix(part)) >= median(recent.prefix(part))
      }
    }

    private func median(_ values: ArraySlice<Double>) -> Double {
      values.sorted()[values.count / 2]
    }
  }
}
