import ArgumentParser

/// Continual HyperTransformer on the command line.
struct ContinualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "continual",
    abstract: "A Transformer that teaches a small CNN one task after another without forgetting.",
    discussion: """
      train teaches a generator on sequences of tasks; evaluate tests it on sequences of classes it \
      has never seen. learn adds one task, a folder of class folders, to a learner's state: a file of \
      weights and prototypes without any image; classify uses such a state alone.
      """,
    subcommands: [
      ContinualTrain.self, ContinualEvaluate.self, ContinualReport.self, ContinualLearn.self,
      ContinualClassify.self,
    ])
}
