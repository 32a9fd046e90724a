import Foundation

/// Whether draws may be used, and in words why not.
///
/// The limits are those of Vehtari et al. (2021) and Stan: R-hat below 1.01, at least 100 effective
/// draws per chain in bulk and tail, no divergences, no trajectories cut at the deepest tree, E-BFMI
/// of at least 0.3. Constants among the values are left out.
public struct Diagnosis: Sendable, Hashable, Codable {
  /// The largest R-hat and whose it is.
  public var worstRHat: NamedNumber?
  /// The smallest bulk effective sample size and whose it is.
  public var leastBulkESS: NamedNumber?
  /// The smallest tail effective sample size and whose it is.
  public var leastTailESS: NamedNumber?
  /// The divergent draws of all chains.
  public var divergences: Int
  /// The share of draws whose trajectory was cut at the deepest tree.
  public var saturation: Double
  /// E-BFMI of every chain.
  public var energyFractions: [Double]
  /// The draws of all chains.
  public var drawCount: Int
  /// The number of chains.
  public var chainCount: Int

  /// A number and the value of a draw that it belongs to.
  public struct NamedNumber: Sendable, Hashable, Codable {
    /// The name, such as `theta[1]`.
    public var name: String
    /// The number.
    public var value: Double
  }

  /// Judges draws by their summary and statistics.
  public init(_ draws: Draws, summary: [ElementSummary]) {
    let varying = summary.filter { !$0.rHat.isNaN }
    func extreme(_ key: KeyPath<ElementSummary, Double>, _ sign: Double) -> NamedNumber? {
      varying.max { sign * $0[keyPath: key] < sign * $1[keyPath: key] }
        .map { NamedNumber(name: $0.name, value: $0[keyPath: key]) }
    }
    worstRHat = extreme(\.rHat, 1)
    leastBulkESS = extreme(\.bulkESS, -1)
    leastTailESS = extreme(\.tailESS, -1)
    let all = draws.statistics.flatMap { $0 }
    divergences = draws.divergences
    drawCount = all.count
    chainCount = draws.chainCount
    if case .noUTurn(let depth) = draws.configuration.trajectory, !all.isEmpty {
      saturation = Double(all.count { $0.treeDepth >= depth }) / Double(all.count)
    } else {
      saturation = 0
    }
    energyFractions = draws.statistics.map { energyFraction($0.map(\.energy)) }
  }

  /// One sentence for everything that is wrong; empty when the draws may be used.
  public var complaints: [String] {
    var sentences: [String] = []
    if let worst = worstRHat, !(worst.value < 1.01) {
      sentences.append(
        "The chains do not agree: R-hat of \(worst.name) is \(number(worst.value, 3)), it must be "
          + "below 1.01; run longer, or start the chains elsewhere.")
    }
    if chainCount < 2 {
      sentences.append("One chain cannot show that it found the whole posterior; run four.")
    }
    for (least, part) in [(leastBulkESS, "bulk"), (leastTailESS, "tail")] {
      guard let least, !(least.value >= 100 * Double(chainCount)) else { continue }
      sentences.append(
        "The \(part) of \(least.name) is known from \(number(least.value, 0)) effective draws, "
          + "\(100 * chainCount) are needed; run longer.")
    }
    if divergences > 0 {
      sentences.append(
        "\(divergences) of \(drawCount) draws diverged, so parts of the posterior may be missing; "
          + "raise the target acceptance or reparametrize.")
    }
    if saturation > 0.01 {
      sentences.append(
        "\(number(100 * saturation, 1)) % of the trajectories were cut at the deepest tree; allow "
          + "deeper trees, try the dense metric or reparametrize.")
    }
    if let worst = energyFractions.min(), worst < 0.3 {
      sentences.append(
        "The energy moves slowly (E-BFMI \(number(worst, 2)), at least 0.3 is needed), so the tails "
          + "are explored badly; reparametrize.")
    }
    return sentences
  }

  /// Whether nothing is wrong.
  public var isTrustworthy: Bool { complaints.isEmpty }

  /// The verdict in words.
  public var verdict: String {
    guard isTrustworthy else {
      return "Do not use these draws. " + complaints.joined(separator: " ")
    }
    let rHat = worstRHat.map { number($0.value, 3) } ?? "undefined"
    let ess = min(leastBulkESS?.value ?? .nan, leastTailESS?.value ?? .nan)
    return "The draws may be used: no divergences, R-hat at most \(rHat), at least "
      + "\(number(ess, 0)) effective draws of every value."
  }

  private func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
