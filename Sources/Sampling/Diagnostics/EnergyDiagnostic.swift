/// Returns the energy Bayesian fraction of missing information of one chain: how far one momentum
/// refreshment moves the energy, relative to how far the energy ranges. Below 0.3 the chain
/// explores the energies, and so the tails, slowly.
///
/// - Paper: Betancourt, *Diagnosing Suboptimal Cotangent Disintegrations in Hamiltonian Monte
///   Carlo* (2016).
/// - Parameter energies: The energy of every draw in order (`energy__`).
/// - Returns: Σ (E_n - E_{n-1})² / Σ (E_n - mean)²; NaN for fewer than two draws.
public func energyFraction(_ energies: [Double]) -> Double {
  guard energies.count > 1 else { return .nan }
  let center = mean(energies)
  let steps = zip(energies.dropFirst(), energies).reduce(0) {
    $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
  }
  return steps / energies.reduce(0) { $0 + ($1 - center) * ($1 - center) }
}
