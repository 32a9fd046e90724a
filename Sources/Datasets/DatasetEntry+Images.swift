import Foundation

extension DatasetEntry {
  /// Pictures of the field that classifiers are trained on.
  static var pictures: [DatasetEntry] {
    [false, true].flatMap { isTest in
      [
        cifar(.ten, isTest: isTest), cifar(.hundred, isTest: isTest), svhn(isTest: isTest),
        usps(isTest: isTest),
      ]
    } + ["amazon", "dslr", "webcam"].map(office)
  }

  private static func name(_ name: String, isTest: Bool) -> String {
    name + (isTest ? "-test" : "")
  }

  private static func cifar(_ kind: CIFAR.Kind, isTest: Bool) -> DatasetEntry {
    let number = kind.rawValue
    let address = "https://www.cs.toronto.edu/~kriz/cifar-\(number)-binary.tar.gz"
    let published =
      kind == .ten
      ? origin(
        address, 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
      : origin(
        address, 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
    var contents = [Contents(classes: number, images: isTest ? 10000 : 50000, digest: nil)]
    // A copy as JPEG pictures, with half of the test images.
    if kind == .ten {
      contents.append(
        Contents(
          classes: 10, images: isTest ? 5000 : 50000,
          digest: digests[name("cifar10", isTest: isTest)]))
    }
    let folder = kind == .ten ? "cifar-10-batches-bin" : "cifar-100-binary"
    let copy = isTest ? "cifar10-test-5000.tar.gz" : "cifar10-train-50000.tar.gz"
    return DatasetEntry(
      name: name("cifar\(number)", isTest: isTest),
      summary: "Photographs in \(number) classes, \(isTest ? "10,000 test" : "50,000 training") "
        + "images of 32 x 32 in color (Krizhevsky 2009)",
      folder: "cifar\(number)",
      marks: ["cifar-\(number)-binary.tar.gz", folder, isTest ? "test" : "train"]
        + (kind == .ten ? [copy] : []),
      origins: [published].compactMap { $0 }, contents: contents,
      read: { try CIFAR.load(from: $0, kind: kind, isTest: isTest, options: $1) })
  }

  private static func svhn(isTest: Bool) -> DatasetEntry {
    let file = isTest ? "test_32x32.mat" : "train_32x32.mat"
    let address = "http://ufldl.stanford.edu/housenumbers/" + file
    return DatasetEntry(
      name: name("svhn", isTest: isTest),
      summary: "House numbers, \(isTest ? "26,032 test" : "73,257 training") digits of 32 x 32 in "
        + "color (Netzer et al. 2011)",
      folder: "svhn", marks: [file, isTest ? "test" : "train"],
      origins: [
        isTest
          ? origin(
            address, 64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b")
          : origin(
            address, 182_040_794,
            "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8")
      ].compactMap { $0 },
      contents: [Contents(classes: 10, images: isTest ? 26032 : 73257, digest: nil)],
      read: { try SVHN.load(from: $0, isTest: isTest, options: $1) })
  }

  private static func usps(isTest: Bool) -> DatasetEntry {
    let file = isTest ? "usps.t" : "usps"
    return DatasetEntry(
      name: name("usps", isTest: isTest),
      summary: "Digits from envelopes, \(isTest ? "2,007 test" : "7,291 training") images of "
        + "16 x 16, 255 is ink (Hull 1994)",
      folder: "usps", marks: [file, file + ".bz2"],
      origins: [
        origin(
          "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/\(file).bz2", nil,
          nil)
      ].compactMap { $0 },
      contents: [Contents(classes: 10, images: isTest ? 2007 : 7291, digest: nil)],
      read: { try USPS.load(from: $0, isTest: isTest, options: $1) })
  }

  private static func office(_ domain: String) -> DatasetEntry {
    let images = ["amazon": 766, "dslr": 126, "webcam": 237][domain, default: 0]
    return DatasetEntry(
      name: "office-\(domain)",
      summary: "Office objects in 10 classes from \(domain), \(images) photographs of various "
        + "sizes (Saenko et al. 2010, Gong et al. 2012)",
      folder: "office_awd", marks: ["\(domain).tar", domain], origins: [],
      contents: [Contents(classes: 10, images: images, digest: digests["office-\(domain)"])],
      read: { folder, options in
        try ImageFiles(domain, of: folder).decoded(options: options)
      },
      files: { try ImageFiles(domain, of: $0) })
  }
}

extension ImageFiles {
  /// One domain of several beside each other, a folder or an archive.
  fileprivate init(_ domain: String, of folder: String) throws {
    let unpacked = "\(folder)/\(domain)"
    try self.init(
      at: isFolder(unpacked) ? unpacked : unpacked + ".tar", name: "office-\(domain)")
  }
}
