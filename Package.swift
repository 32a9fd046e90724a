// swift-tools-version: 6.2

import PackageDescription

// Scripts/setup makes .libtorch, and links the libraries into the product folders, where SwiftPM
// lets the linker and the loader look. Nothing refers to `torch`: it is there because in a CUDA
// build it loads libtorch_cuda.
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
  ],
  dependencies: [
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")
  ],
  targets: [
    // Base.
    .target(name: "Learning", dependencies: ["Torch", "Randomness", "Files"]),

    // Engine.
    .target(name: "Torch", dependencies: ["CTorch", "Files", "Randomness"]),

    // Boundary.
    .target(name: "CTorch", dependencies: ["LibTorch"]),
    .systemLibrary(name: "LibTorch", pkgConfig: "libtorch"),

    // Ground: no tensors.
    .target(name: "Files"),
    .target(name: "Formats", dependencies: ["Files"]),
    .target(name: "Randomness"),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Files", "Formats"], resources: [.copy("Fixtures")]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "LearningTests", dependencies: ["Learning"]),
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
