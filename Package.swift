// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Images", targets: ["Images"]),
    .library(name: "Randomness", targets: ["Randomness"]),
  ],
  dependencies: [],
  targets: [
    // System libraries.
    .systemLibrary(
      name: "LibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "LibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    // Ground: no tensors.
    .target(name: "Files", dependencies: ["LibArchive"]),
    .target(name: "Formats", dependencies: ["Files"]),
    .target(name: "Images", dependencies: ["Files", "LibPNG"]),
    .target(name: "Randomness"),

    // Shared: what several systems use.
    .target(name: "Datasets", dependencies: ["Files", "Formats", "Images", "Randomness"]),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "FormatsTests", dependencies: ["Files", "Formats"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
  ]
)
