import ArgumentParser
import Datasets
import HyperTransformer
import Images

/// What is done with pictures of another size than a learner was trained with.
struct PictureSizeOptions: ParsableArguments {
  @Flag(help: "Bring images of another size to the one the run was trained with.")
  var resize = false

  /// How a folder is read.
  func loading(for preparation: ClassifierFile.Preparation) -> LoadOptions {
    LoadOptions(side: resize ? preparation.imageSize : nil)
  }

  /// Refuses a picture of another size, since one that was drawn much larger or smaller is judged
  /// badly and nothing else would say so.
  ///
  /// - Throws: `ContinualError/imageSize(found:expected:path:)`.
  func check(
    _ image: Image, at path: String, _ preparation: ClassifierFile.Preparation
  ) throws(ContinualError) {
    let side = preparation.imageSize
    guard !resize, image.height != side || image.width != side else { return }
    throw .imageSize(
      found: [image.channels, image.height, image.width],
      expected: [preparation.channels, side, side], path: path)
  }
}
