import ArgumentParser

/// HyperTransformer on the command line.
struct FewShotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "few-shot",
    abstract: "A Transformer that writes a small CNN from a few labelled images.",
    discussion: """
      train teaches a generator on many classes; evaluate tests it on classes it has never seen; \
      generate writes a CNN for your own folder of class folders; classify uses that CNN alone.
      """,
    subcommands: [
      FewShotTrain.self, FewShotEvaluate.self, FewShotGenerate.self, FewShotClassify.self,
      FewShotReport.self,
    ])
}
