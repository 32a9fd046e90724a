import ArgumentParser

/// Networks on the command line.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "List, measure, convert and use published image networks.",
    discussion: """
      A network is named as torchvision or timm name it. Weights are read from .pth, .pt, .bin, \
      .safetensors and .npz files of torchvision, timm, Hugging Face and Google; `convert` makes of \
      them a file that says itself what it is and how images are prepared for it.
      """,
    subcommands: [
      ModelList.self, ModelShow.self, ModelConvert.self, ModelPredict.self,
      ModelLatency.self,
    ])
}
