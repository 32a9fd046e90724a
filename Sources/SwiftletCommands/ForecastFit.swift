import ArgumentParser
import Epidemics
import Foundation
import Runs
import Sampling
import Synchronization

/// Finds the posterior.
struct ForecastFit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Find the posterior of the model given deaths and mobility.",
    discussion: """
      The method nuts draws from the posterior itself. meanField, fullRank, pathfinder and laplace \
      are normal approximations that take seconds; their verdict says how far k-hat, the shape of \
      the importance weights, lets them be trusted.
      """)

  @OptionGroup var options: ForecastRecipeOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("output"), help: "Folder for the run: recipe, chains, report.")
  var folder: String

  @Flag(help: "Go on with the run in the output folder from its last saved draws.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "How: \(InferenceMethod.allCases.map(\.rawValue).joined(separator: ", ")) (default: "
        + "sampler.method of the recipe)."))
  var method: InferenceMethod?

  @Option(help: "Chains that run at the same time (default: all cores).")
  var threads: Int?

  mutating func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1, got \(threads)")
    }
  }

  func run() throws {
    let console = Console(json: output.json)
    try perform(console) {
      let recorded = resume ? RunPaths(folder).recipe : nil
      var recipe = try options.resolved(default: recorded)
      if let method { recipe.sampler.method = method }
      guard !resume || recipe.sampler.method == .nuts else {
        throw UsageError(
          "--resume: an approximation (\(recipe.sampler.method.rawValue)) takes seconds and has "
            + "nothing to go on from; make it anew in another folder")
      }
      let problem = try EpidemicProblem(recipe)
      recipe = problem.recipe
      let run =
        try resume
        ? RunFolder.resume(at: folder, recipe: recipe)
        : RunFolder.create(at: folder, recipe: recipe)
      guard recipe.sampler.method == .nuts else {
        let approximation = try ApproximateFit(problem, threads: threads)
        try EpidemicRun.save(approximation, run.paths)
        return try finish(problem.fit(of: approximation), problem, run, console)
      }
      let saved = try EpidemicRun.checkpoints(run.paths, chains: recipe.sampler.chains)
      if resume, !saved.isEmpty {
        let counts = saved.sorted { $0.key < $1.key }
          .map { "chain \($0.key + 1) from iteration \($0.value.state.iteration)" }
        console.note("going on: \(counts.joined(separator: ", "))")
      }
      let draws = try sample(problem, run, saved)
      try finish(EpidemicFit(draws: draws), problem, run, console)
    }
  }

  private func finish(
    _ fit: EpidemicFit, _ problem: EpidemicProblem, _ run: RunFolder, _ console: Console
  ) throws {
    try export(fit.draws, problem, run)
    let result = Result(fit, problem, folder: folder)
    console.result(result, text: result.text)
  }

  /// Runs the chains with progress, saving each now and then.
  private func sample(
    _ problem: EpidemicProblem, _ run: RunFolder, _ saved: [Int: ChainCheckpoint]
  ) throws -> Draws {
    let recipe = problem.recipe
    let display = Mutex(
      ChainDisplay(
        chains: recipe.sampler.chains,
        iterations: recipe.sampler.warmup + recipe.sampler.draws, saved: saved,
        log: try MetricsLog(path: run.paths.metrics, continuingAfter: Int.max)))
    let interruption = Interruption()
    do {
      let target = problem.sampledModel()
      let draws = try problem.sampler.sample(
        target, chains: recipe.sampler.chains, seed: recipe.seed,
        starts: saved.isEmpty ? try problem.starts(of: target, threads: threads) : [target.start],
        threads: threads, resuming: saved, shouldStop: { interruption.isRequested },
        progress: { report in display.withLock { $0.update(report) } },
        checkpoint: { chain, checkpoint in
          try EpidemicRun.save(checkpoint, run.paths, chain: chain)
          try display.withLock { try $0.log(chain, checkpoint) }
        })
      display.withLock { $0.finish() }
      return draws
    } catch SamplingError.stopped {
      display.withLock { $0.finish() }
      throw ArgumentParser.ExitCode(Runs.ExitCode.interrupted.rawValue)
    }
  }

  /// Writes the draws as CmdStan does, one file per chain, and as a folder that ArviZ opens.
  private func export(_ draws: Draws, _ problem: EpidemicProblem, _ run: RunFolder) throws {
    _ = try draws.writeCSV(to: "\(run.paths.folder)/draws", model: "swiftlet_forecast")
    let byPlace = ["contact", "seed", "fatality", "dispersion", "reproduction"]
    var names = Dictionary(uniqueKeysWithValues: byPlace.map { ($0, ["place"]) })
    names["mobility"] = ["place", "feature"]
    names["mobility_mean"] = ["feature"]
    names["mobility_spread"] = ["feature"]
    let used = names.filter { name, _ in draws.variables.contains { $0.name == name } }
    let data = InferenceData(
      draws, dimensionNames: used,
      coordinates: [
        "place": problem.model.places.map(\.name), "feature": problem.featureNames,
      ])
    try data.write(to: "\(run.paths.folder)/draws.zarr")
  }

  private struct Result: Encodable {
    var folder: String
    var method: InferenceMethod
    var chains: Int
    var draws: Int
    var divergences: Int
    /// Of draws of chains.
    var largestRHat: Double?
    var smallestESS: Double?
    /// Of an approximation.
    var kHat: Double?
    var isTrustworthy: Bool
    var verdict: String
    var mobility: [CommonEffect]
    var caution: String?

    init(_ fit: EpidemicFit, _ problem: EpidemicProblem, folder: String) {
      self.folder = folder
      method = problem.recipe.sampler.method
      chains = fit.draws.chainCount
      draws = fit.draws.drawCount
      divergences = fit.draws.divergences
      if let approximation = fit.approximation {
        kHat = approximation.shape
      } else {
        let diagnosis = fit.draws.diagnosis()
        largestRHat = diagnosis.worstRHat?.value
        smallestESS = min(
          diagnosis.leastBulkESS?.value ?? .nan, diagnosis.leastTailESS?.value ?? .nan)
      }
      isTrustworthy = fit.verdict.isTrustworthy
      verdict = fit.verdict.text
      mobility = CommonEffect.all(fit.draws, problem)
      caution = mobility.isEmpty ? nil : MobilityEffect.caution
    }

    var text: String {
      let effects = mobility.map { effect in
        String(
          format: "%@ %.2f (sd %.2f, 90 %% %.2f to %.2f)", effect.feature, effect.mean,
          effect.standardDeviation, effect.interval[0], effect.interval[1])
      }
      let lines = [
        "\(chains) \(chains == 1 ? "chain" : "chains") of \(draws) draws in \(folder). \(verdict)",
        effects.isEmpty ? "" : "mobility weights: \(effects.joined(separator: "; "))",
        caution ?? "",
      ]
      return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }
  }
}

extension InferenceMethod: ExpressibleByArgument {}

/// Shows chains on one progress line, and says when each passes a quarter.
private struct ChainDisplay {
  private let progress: Runs.Progress
  private let metrics: MetricsLog
  private let watch = Stopwatch()
  private let iterations: Int
  private var done: [Int]
  private var divergences: [Int]
  private var quarters: [Int]

  init(chains: Int, iterations: Int, saved: [Int: ChainCheckpoint], log: MetricsLog) {
    self.iterations = iterations
    metrics = log
    done = (0..<chains).map { saved[$0]?.state.iteration ?? 0 }
    divergences = (0..<chains).map { saved[$0]?.state.divergences ?? 0 }
    quarters = done.map { 4 * $0 / max(iterations, 1) }
    progress = Runs.Progress(
      "sampling", steps: chains * iterations, from: done.reduce(0, +))
  }

  mutating func update(_ report: ChainProgress) {
    done[report.chain] = report.iteration
    divergences[report.chain] = report.divergences
    let quarter = 4 * report.iteration / max(iterations, 1)
    if quarter > quarters[report.chain] {
      quarters[report.chain] = quarter
      progress.message(
        "chain \(report.chain + 1): \(report.iteration) of \(iterations) iterations"
          + (report.isWarmup ? ", warming up" : ", \(report.divergences) divergent"))
    }
    progress.update(
      step: done.reduce(0, +),
      [
        "slowest": Double(done.min() ?? 0), "divergent": Double(divergences.reduce(0, +)),
      ])
  }

  mutating func log(_ chain: Int, _ checkpoint: ChainCheckpoint) throws {
    try metrics.append(
      MetricRecord(
        step: checkpoint.state.iteration, time: watch.seconds, split: "chain-\(chain + 1)",
        values: [
          "divergences": Double(checkpoint.state.divergences),
          "stepSize": checkpoint.state.stepSize, "logDensity": checkpoint.state.logDensity,
          "leapfrogs": Double(checkpoint.state.leapfrogs),
        ]))
  }

  func finish() { progress.finish() }
}
