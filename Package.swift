// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Randomness", targets: ["Randomness"]),
    .library(name: "Runs", targets: ["Runs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2")
  ],
  targets: [
    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Randomness"),
    .target(name: "Runs", dependencies: ["Files", .product(name: "Yams", package: "Yams")]),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "RunsTests", dependencies: ["Runs", "Files"]),
  ]
)
