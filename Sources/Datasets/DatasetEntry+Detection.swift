extension DatasetEntry {
  /// Pictures with boxes around the things in them.
  static var detection: [DatasetEntry] {
    [
      boxes("bccd", "Blood cells of 3 kinds, 364 images", (3, 364, 4886), "MIT license"),
      boxes("cards", "Playing cards of 6 ranks, 140 images", (6, 140, 273), "Apache 2.0 license"),
      boxes(
        "indoor", "Household objects of 30 kinds, 85 images", (30, 85, 686), "Apache 2.0 license"),
      boxes("kangaroo", "Kangaroos, 163 images", (1, 163, 263), nil),
      boxes("voc100", "Excerpt of Pascal VOC in 20 classes, 100 images", (20, 100, 273), nil),
    ]
  }

  private static func boxes(
    _ name: String, _ summary: String, _ counts: (classes: Int, images: Int, objects: Int),
    _ license: String?
  ) -> DatasetEntry {
    DatasetEntry(
      name: name,
      summary: "\(summary), \(counts.objects) boxes" + (license.map { " (\($0))" } ?? ""),
      folder: "detection/\(name)", marks: ["annotations.json"], origins: [],
      contents: [
        Contents(
          classes: counts.classes, images: counts.images, digest: digests[name],
          objects: counts.objects)
      ],
      read: { _, _ in throw DatasetError.isDetection(name: name) },
      boxes: { try DetectionSet(coco: "\($0)/annotations.json", name: name) })
  }

  /// The digests of the sets that were at hand.
  static let digests = [
    "cifar10": "e3db86ee9e0588fbc9fe09ec9c7c03f0c47ca81ca82181580f5bee119eb61a7f",
    "cifar10-test": "caed2cd67d8fc843ff70033621f5121dbf178483689dc23f61191d011eb08798",
    "office-amazon": "fbe1fcfc494639706d422eff4d826a78ef49e9f239b9ca3ab9e3f21e9c1a4748",
    "office-dslr": "05ae94b7bb9dcad925f1f226ab6baca6db89bd5f875e38cb856d2d185c350752",
    "office-webcam": "7eec00773349e4f72cd7f221b5323a2b9e5427260a4c5f4ba2bd685f7032a917",
    "bccd": "3acc735893cd4d8856a6f01f42826c8eaf59b48cbf75db010c155331ca6ab51d",
    "cards": "fa09009a7a77157285f668fac2cc0c501c4a3fb5405f75b2dfda33d244cacd1a",
    "indoor": "4b7b68f8b04452b78a6894f62cf0c729ed2918b3af6f10b0289020b45011fca7",
    "kangaroo": "36814fbb28487d0e3e628fcbecc04302afb902f487ec652a9cfca52184ee5c72",
    "voc100": "b02772caf9a5aad19ce4756caefcb8b8c3b1d9d9e31be79da2314e4fcba299b5",
  ]
}
