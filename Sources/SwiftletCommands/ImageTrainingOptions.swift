import ArgumentParser
import Vision

/// What commands take that train an image classifier.
struct ImageTrainingOptions: ParsableArguments {
  @Option(help: "Images to learn from: a data set's name, a folder of class folders, or a tar.")
  var data: String?

  @Option(help: "Images to judge by; without it a part of the training images is held back.")
  var validation: String?

  @Option(help: "The network, as `swiftlet model list` prints it.")
  var network: String?

  /// Replaces what a recipe says by what was given.
  func apply(
    to recipeData: inout ClassificationRecipe.Data,
    _ recipeNetwork: inout ClassificationRecipe.Network
  ) {
    if let data { recipeData.training = data }
    if let validation { recipeData.validation = validation }
    if let network { recipeNetwork.name = network }
  }
}
