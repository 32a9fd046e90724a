import Epidemics
import Foundation
import Sampling

/// Samples the one-place example and its variants, and prints what the specification prints.
func comparePosteriors(draws: Int) throws {
  var withoutMobility = OneRegionExample.settings
  withoutMobility.usesMobility = false
  var withoutLatent = OneRegionExample.settings
  withoutLatent.latent = .none
  let cases: [(String, ModelSettings, DiseaseCourse)] = [
    ("full", OneRegionExample.settings, DiseaseCourse()),
    ("without mobility", withoutMobility, DiseaseCourse()),
    ("without latent", withoutLatent, DiseaseCourse()),
    ("exponential", OneRegionExample.settings, DiseaseCourse().exponential),
  ]
  for (name, settings, course) in cases {
    let model = EpidemicModel(
      places: [OneRegionExample.series], course: course, settings: settings,
      priors: OneRegionExample.priors)
    try comparePosterior(name, model, draws: draws)
  }
}

private func comparePosterior(_ name: String, _ model: EpidemicModel, draws count: Int) throws {
  let sampler = HamiltonianSampler(
    configuration: SamplerConfiguration(
      warmup: 1000, draws: count, targetAcceptance: 0.95))
  let start = Date()
  let target = PreconditionedModel(model, isWanted: false, spread: 0.1)
  let draws = try sampler.sample(target, chains: 4, seed: 1, starts: [target.start], threads: 1)
  let seconds = Date().timeIntervalSince(start)
  print(
    "== \(name): 4 x \(count) draws, \(draws.divergences) divergent, "
      + String(format: "%.1f s", seconds))
  if let effect = effect(draws) { print([ElementSummary("effect", chains: effect)].table) }
  print(draws.summary().filter { !$0.name.hasPrefix("latent[") }.table)
  let future = (84..<112).map { OneRegionExample.features(day: $0) }
  let prediction = Predictor(model, values: draws.values.flatMap { $0 }, seed: 1)
    .predict(days: 28, futures: [.known(future)])[0]
  for week in 1...4 {
    let sorted = prediction.weeklyDeaths(week).sorted()
    let quantiles = WeightedIntervalScore.hubLevels.map { quantile(ofSorted: sorted, $0) }
    let score = WeightedIntervalScore(
      observation: OneRegionExample.nextWeeks[week - 1], quantiles: quantiles)
    print(
      String(
        format: "week %d: 5/50/95 %% %.0f %.0f %.0f, WIS %.2f", week,
        quantile(ofSorted: sorted, 0.05), quantile(ofSorted: sorted, 0.5),
        quantile(ofSorted: sorted, 0.95), score.total))
  }
}

/// The summed effect of both columns at the bottom of the lockdown.
private func effect(_ draws: Draws) -> [[Double]]? {
  guard let first = draws["mobility[1,1]"], let second = draws["mobility[1,2]"] else { return nil }
  let (visits, home) = (OneRegionExample.lockdown[0], OneRegionExample.lockdown[1])
  return zip(first, second).map { zip($0, $1).map { visits * $0 + home * $1 } }
}
