// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Randomness", targets: ["Randomness"]),
    .library(name: "Reports", targets: ["Reports"]),
  ],
  dependencies: [],
  targets: [
    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Randomness"),

    // Face: plots, pages and tables.
    .target(name: "Reports", dependencies: ["Files"]),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports"]),
  ]
)
