import ArgumentParser

/// The command `swiftlet`: one subcommand per system.
public struct SwiftletCommand: AsyncParsableCommand {
  /// Name, summary and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "swiftlet",
    abstract: "Networks that are small, cheap to adapt, and honest about uncertainty.",
    version: "0.1.0",
    subcommands: [
      FewShotCommand.self, ContinualCommand.self, RuleCommand.self, ForecastCommand.self,
      ClassifyCommand.self, CompressCommand.self, ModelCommand.self, DataCommand.self,
    ])

  /// Creates the command; the argument parser needs it.
  public init() {}
}
