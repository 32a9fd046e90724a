// swift-tools-version: 6.2

import PackageDescription

// Scripts/setup makes .libtorch, and links the libraries into the product folders, where SwiftPM
// lets the linker and the loader look. A CUDA build's libtorch_cuda is loaded when a program starts.
let libtorchHeaders: [CXXSetting] = [
  .headerSearchPath("../../.libtorch/include"),
  .headerSearchPath("../../.libtorch/include/torch/csrc/api/include"),
]
let libtorchLibraries: [LinkerSetting] = [
  .linkedLibrary("torch_cpu"), .linkedLibrary("c10"), .linkedLibrary("torch"),
]

let package = Package(
  name: "swiftlet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Learning", targets: ["Learning"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Randomness", targets: ["Randomness"]),
    .library(name: "Runs", targets: ["Runs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")
  ],
  targets: [
    // Base.
    .target(name: "Learning", dependencies: ["Torch", "Randomness", "Files", "Formats", "Runs"]),

    // Engine.
    .target(name: "Torch", dependencies: ["CTorch", "Files", "Randomness"]),

    // Boundary.
    .target(name: "CTorch", dependencies: ["LibTorch"]),
    .systemLibrary(name: "LibTorch", pkgConfig: "libtorch"),

    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Formats", dependencies: ["Files"]),
    .target(name: "Randomness"),
    .target(name: "Runs", dependencies: ["Files", .product(name: "Yams", package: "Yams")]),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Files", "Formats"], resources: [.copy("Fixtures")]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "RunsTests", dependencies: ["Runs", "Files"]),
    .testTarget(
      name: "LearningTests",
      dependencies: ["Learning", "Torch", "Randomness", "Runs", "SwiftletTestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "Randomness", "Files", "SwiftletTestSupport"],
      resources: [.copy("Fixtures")]),

    // Aside: closeness, gradient checks and hidden copies for the tests of every floor.
    .target(
      name: "SwiftletTestSupport", dependencies: ["Torch", "Randomness"],
      path: "Tests/SwiftletTestSupport"),
  ],
  cxxLanguageStandard: .cxx20
)
