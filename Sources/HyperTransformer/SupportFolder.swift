import Datasets
import Images
import Randomness
import Torch

/// Somebody's own labelled images as a support set.
public struct SupportFolder: Sendable {
  /// The images, one folder per class.
  public var folder: ImageFolder

  /// Takes the images of a folder.
  public init(_ folder: ImageFolder) { self.folder = folder }

  /// Class names in the order of labels.
  public var classNames: [String] { folder.images.classNames }

  /// The same folder without its unlabelled images.
  public var labelledOnly: SupportFolder {
    var result = self
    result.folder.unlabelled = []
    result.folder.unlabelledFiles = []
    return result
  }

  /// The support set of one episode.
  ///
  /// - Parameters:
  ///   - preparation: How images become input.
  ///   - ways: Classes of the generator, whose number stands for "unlabelled".
  ///   - least: The least number of classes.
  /// - Returns: All images, the unlabelled ones last.
  /// - Throws: `EpisodeError` with more classes than the generator tells apart, or fewer than the
  ///   least.
  public func support(
    _ preparation: ClassifierFile.Preparation, ways: Int, least: Int = 2
  ) throws(EpisodeError) -> SupportSet {
    let set = folder.images
    guard set.classCount <= ways else {
      throw .impossible(
        reason: "the folder has \(set.classCount) classes, this generator tells \(ways) apart; "
          + "train one with --set episode.ways=\(set.classCount), or give fewer classes")
    }
    guard set.classCount >= least else {
      throw .impossible(reason: "the folder has one class, at least two are needed")
    }
    let images = (0..<set.count).map { set.image($0) } + folder.unlabelled
    let labels =
      (0..<set.count).map { set.label(ofSample: $0) }
      + folder.unlabelled.map { _ in ways }
    return SupportSet(
      images: preparation.tensor(of: images).expandingShape(at: 1),
      labels: Tensor(labels).expandingShape(at: 0))
  }
}

extension ConvClassifier {
  /// The same network with only its first classes.
  public func keepingClasses(_ count: Int) -> ConvClassifier {
    var architecture = architecture
    architecture.classCount = count
    var result = ConvClassifier(architecture)
    result.layers = layers
    result.head.weight = head.weight.narrowed(along: 0, from: 0, count: count)
    result.head.bias = head.bias?.narrowed(along: 0, from: 0, count: count)
    return result
  }
}
