// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Randomness", targets: ["Randomness"]),
  ],
  dependencies: [],
  targets: [
    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Formats", dependencies: ["Files"]),
    .target(name: "Randomness"),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Files", "Formats"], resources: [.copy("Fixtures")]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
  ]
)
