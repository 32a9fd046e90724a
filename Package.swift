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
    .executable(name: "swiftlet", targets: ["swiftlet"]),
    .library(name: "HyperTransformer", targets: ["HyperTransformer"]),
    .library(name: "UpdateRules", targets: ["UpdateRules"]),
    .library(name: "Epidemics", targets: ["Epidemics"]),
    .library(name: "MultiHashing", targets: ["MultiHashing"]),
    .library(name: "Vision", targets: ["Vision"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Learning", targets: ["Learning"]),
    .library(name: "Evolution", targets: ["Evolution"]),
    .library(name: "Sampling", targets: ["Sampling"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "Runs", targets: ["Runs"]),
    .library(name: "Images", targets: ["Images"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Randomness", targets: ["Randomness"]),
    .library(name: "Reports", targets: ["Reports"]),
    .library(name: "ReferencePosteriors", targets: ["ReferencePosteriors"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // Face: the command, and plots, pages and tables.
    .executableTarget(name: "swiftlet", dependencies: ["SwiftletCommands"]),
    .target(
      name: "SwiftletCommands",
      dependencies: [
        "HyperTransformer", "UpdateRules", "Epidemics", "MultiHashing", "Vision", "Datasets",
        "Evolution", "Images", "Learning", "Sampling", "Torch", "Runs", "Files", "Randomness",
        "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "Reports", dependencies: ["Files"]),

    // Rooms: one published system each.
    .target(
      name: "HyperTransformer",
      dependencies: ["Datasets", "Learning", "Torch", "Images", "Files", "Runs", "Randomness"]),
    .target(
      name: "UpdateRules",
      dependencies: [
        "Learning", "Datasets", "Torch", "Evolution", "Runs", "Files", "Randomness",
      ]),
    .target(name: "Epidemics", dependencies: ["Sampling", "Runs", "Randomness", "Files"]),
    .target(
      name: "MultiHashing",
      dependencies: [
        "Vision", "Datasets", "Learning", "Torch", "Runs", "Files", "Formats", "Randomness",
      ]),

    // Shared: what several systems use.
    .target(
      name: "Vision",
      dependencies: [
        "Datasets", "Learning", "Torch", "Images", "Runs", "Files", "Formats", "Randomness",
      ]),
    .target(name: "Datasets", dependencies: ["Files", "Formats", "Images", "Randomness"]),

    // Base.
    .target(name: "Learning", dependencies: ["Torch", "Runs", "Randomness"]),
    .target(name: "Evolution", dependencies: ["CVectors", "Files", "Randomness"]),
    .target(name: "Sampling", dependencies: ["Randomness", "Files"]),

    // Engine.
    .target(name: "Torch", dependencies: ["CTorch", "Files", "Formats", "Randomness"]),

    // Ground: no tensors.
    .target(name: "Runs", dependencies: ["Files", .product(name: "Yams", package: "Yams")]),
    .target(name: "Images", dependencies: ["CImages", "Files", "LibPNG"]),
    .target(name: "Formats", dependencies: ["Files"]),
    .target(name: "Files", dependencies: ["LibArchive", "LibZ"]),
    .target(name: "Randomness"),

    // Boundary.
    .target(name: "CTorch", cxxSettings: libtorchHeaders, linkerSettings: libtorchLibraries),
    .systemLibrary(
      name: "LibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .target(name: "CImages", dependencies: ["LibJPEG"]),
    .target(name: "CVectors"),
    .systemLibrary(name: "LibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "LibZ", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "LibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    // Aside: closeness, gradient checks and hidden copies for the tests of every floor.
    .target(
      name: "SwiftletTestSupport", dependencies: ["Torch", "Randomness"],
      path: "Tests/SwiftletTestSupport"),
    // Aside: archives and pictures written byte by byte, for the tests of their readers.
    .target(name: "FileFixtures", path: "Tests/FileFixtures"),
    // Aside: published posteriors as models, for tests and benchmarks.
    .target(
      name: "ReferencePosteriors", dependencies: ["Sampling"], path: "Tests/ReferencePosteriors"),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "swiftlet", "Vision", "Images", "Learning", "Torch", "Formats", "Files", "Randomness",
      ]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports"]),
    .testTarget(
      name: "HyperTransformerTests",
      dependencies: [
        "HyperTransformer", "Datasets", "Learning", "Torch", "Runs", "Files", "Randomness",
        "SwiftletTestSupport", "FileFixtures",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "VisionTests",
      dependencies: [
        "Vision", "Datasets", "Learning", "Torch", "Images", "Runs", "Files", "Formats",
        "FileFixtures", "Randomness", "SwiftletTestSupport",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "EpidemicsTests",
      dependencies: ["Epidemics", "Sampling", "Runs", "Files", "Randomness"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MultiHashingTests",
      dependencies: [
        "MultiHashing", "Vision", "Datasets", "Learning", "Torch", "Runs", "Files", "Formats",
        "Randomness", "SwiftletTestSupport",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "UpdateRulesTests",
      dependencies: [
        "UpdateRules", "Datasets", "Evolution", "Learning", "Torch", "Runs", "Files",
        "Randomness", "SwiftletTestSupport", "FileFixtures",
      ]),
    .testTarget(
      name: "LearningTests",
      dependencies: [
        "Learning", "Torch", "Randomness", "Runs", "SwiftletTestSupport", "FileFixtures",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "SamplingTests",
      dependencies: ["Sampling", "ReferencePosteriors", "Randomness", "Files"]),
    .testTarget(
      name: "EvolutionTests",
      dependencies: ["CVectors", "Evolution", "Files", "Randomness", "FileFixtures"]),
    .testTarget(
      name: "TorchTests",
      dependencies: ["Torch", "Randomness", "Files", "Formats", "SwiftletTestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "RunsTests", dependencies: ["Runs", "Files", "FileFixtures"]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "Images", "Files", "FileFixtures", "Randomness"]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Files", "FileFixtures", "Randomness"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Files", "Formats"], resources: [.copy("Fixtures")]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "FileFixtures"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
  ],
  cxxLanguageStandard: .cxx20
)
