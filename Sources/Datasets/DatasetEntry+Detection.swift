extension DatasetEntry {
  /// Pictures with boxes around the things in them.
  static var detection: [DatasetEntry] {
    [
      boxes("bccd", "Blood cells of 3 kinds, 364 images of 640 x 480", (3, 364, 4886), "MIT license"),
      boxes("cards", "Playing cards of 6 ranks, 140 images", (6, 140, 273), "Apache 2.0 license"),
      boxes("indoor", "Household objects of 30 kinds, 85 images", (30, 85, 686), "Apache 2.0 license"),
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

  /// The digests of the excerpts that were measured.
  static let digests: [String: String] = [:]
}
