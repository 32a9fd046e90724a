import Foundation

/// The data sets published as IDX files, in MNIST's layout or EMNIST's.
extension DatasetEntry {
  static var idxSets: [DatasetEntry] {
    [false, true].map(digits) + [false, true].map(clothing) + [clothingExcerpt]
      + [false, true].map(kuzushiji) + [characters(.byClass), characters(.balanced)]
  }

  private static func digits(isTest: Bool) -> DatasetEntry {
    mnistLike(
      isTest ? "mnist-test" : "mnist", isTest: isTest,
      summary: "Handwritten digits, \(size(isTest)) images of 28 x 28, 255 is ink (LeCun, Cortes, "
        + "Burges 1998)",
      folder: "mnist", place: "https://ossci-datasets.s3.amazonaws.com/mnist/",
      byteCounts: isTest ? (1_648_877, 4_542) : (9_912_422, 28_881),
      sha256: isTest
        ? (
          "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
          "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        )
        : (
          "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
          "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
      digest: isTest
        ? "35ea3deaeb52321233ed5dd248399964be6dc3cdd496cb6f7970ace178212634"
        : "f051aa1d608d62b3bca344d821f8feb5f315e3cf0050f4aff27b28a3510ffabe")
  }

  private static func clothing(isTest: Bool) -> DatasetEntry {
    mnistLike(
      isTest ? "fashion-mnist-test" : "fashion-mnist", isTest: isTest,
      summary: "Clothing in 10 classes, \(size(isTest)) images of 28 x 28, 0 is the background "
        + "(Xiao, Rasul, Vollgraf 2017; MIT license)",
      folder: "fashion-mnist",
      place: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      byteCounts: isTest ? (4_422_102, 5_148) : (26_421_880, 29_515), classNames: clothes)
  }

  private static func kuzushiji(isTest: Bool) -> DatasetEntry {
    mnistLike(
      isTest ? "kmnist-test" : "kmnist", isTest: isTest,
      summary: "Cursive Japanese characters in 10 classes, \(size(isTest)) images of 28 x 28, 255 "
        + "is ink (Clanuwat et al. 2018; CC BY-SA 4.0)",
      folder: "kmnist", place: "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      byteCounts: isTest ? (3_041_136, 5_120) : (18_165_135, 29_497),
      classNames: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"])
  }

  private static let clothes = [
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
    "ankle boot",
  ]

  private static var clothingExcerpt: DatasetEntry {
    let images = "fashion600-images-idx3-ubyte.gz"
    return DatasetEntry(
      name: "fashion-600",
      summary: "Clothing in 10 classes, 60 images of 28 x 28 each, an excerpt of Fashion-MNIST "
        + "(Xiao, Rasul, Vollgraf 2017; MIT license)",
      folder: "fashion_mnist_900", marks: [images], origins: [],
      contents: [Contents(classes: 10, images: 600, digest: nil)],
      read: { folder, options in
        try ImageSet.idx(
          images: "\(folder)/\(images)", labels: "\(folder)/fashion600-labels-idx1-ubyte.gz",
          name: "fashion-600",
          classNames: clothes, options: options)
      })
  }

  private static func characters(_ split: EMNIST.Split) -> DatasetEntry {
    let isAll = split == .byClass
    return DatasetEntry(
      name: isAll ? "emnist" : "emnist-balanced",
      summary: isAll
        ? "Handwritten digits and letters in 62 classes, the first 1,500 training images of each, "
          + "28 x 28, 255 is ink (Cohen et al. 2017)"
        : "The same with 47 classes, alike letters merged, 2,400 training images of each",
      folder: "emnist", marks: EMNIST.marks(split),
      origins: [
        origin("https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip", 561_753_746, nil)
      ].compactMap { $0 },
      contents: [Contents(classes: isAll ? 62 : 47, images: isAll ? 93_000 : 112_800, digest: nil)],
      read: { folder, options in
        try EMNIST.load(
          from: folder, split, name: isAll ? "emnist" : "emnist-balanced",
          mostPerClass: isAll ? 1500 : nil, options: options)
      })
  }

  private static func size(_ isTest: Bool) -> String {
    isTest ? "10,000 test" : "60,000 training"
  }

  /// A data set of ten classes in files named like MNIST's.
  private static func mnistLike(
    _ name: String, isTest: Bool, summary: String, folder: String, place: String,
    byteCounts: (images: Int, labels: Int), sha256: (images: String?, labels: String?) = (nil, nil),
    classNames: [String] = [], digest: String? = nil
  ) -> DatasetEntry {
    let stem = isTest ? "t10k" : "train"
    let (images, labels) = ("\(stem)-images-idx3-ubyte", "\(stem)-labels-idx1-ubyte")
    return DatasetEntry(
      name: name, summary: summary, folder: folder, marks: [images, images + ".gz"],
      origins: [
        origin("\(place)\(images).gz", byteCounts.images, sha256.images),
        origin("\(place)\(labels).gz", byteCounts.labels, sha256.labels),
      ].compactMap { $0 },
      contents: [Contents(classes: 10, images: isTest ? 10_000 : 60_000, digest: digest)],
      read: {
        try ImageSet.mnist(
          from: $0, isTest: isTest, name: name, classNames: classNames, options: $1)
      })
  }
}
