// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Randomness", targets: ["Randomness"]),
  ],
  dependencies: [
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")
  ],
  targets: [
    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Randomness"),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
  ]
)
