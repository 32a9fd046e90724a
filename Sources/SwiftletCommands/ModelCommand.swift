import ArgumentParser

/// Networks on the command line.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Networks.", subcommands: [ModelLatency.self])
}
