// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "swiftlet-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swiftlet", path: "..")],
  targets: [
    .executableTarget(
      name: "OperatorBenchmark",
      dependencies: [
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "EpidemicBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "Epidemics", package: "swiftlet"),
        .product(name: "Sampling", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "PosteriorBenchmark",
      dependencies: [
        .product(name: "Sampling", package: "swiftlet"),
        .product(name: "ReferencePosteriors", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "FewShotBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "HyperTransformer", package: "swiftlet"),
        .product(name: "Learning", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "ContinualBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "HyperTransformer", package: "swiftlet"),
        .product(name: "Learning", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .target(name: "BenchmarkSupport"),
    .target(name: "MachinePeak"),
    .executableTarget(
      name: "VisionBenchmark",
      dependencies: [
        "BenchmarkSupport", "MachinePeak",
        .product(name: "Vision", package: "swiftlet"),
        .product(name: "Learning", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "LoaderBenchmark",
      dependencies: [
        .product(name: "Vision", package: "swiftlet"),
        .product(name: "Datasets", package: "swiftlet"),
        .product(name: "Images", package: "swiftlet"),
        .product(name: "Learning", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "EvolutionBenchmark",
      dependencies: [
        .product(name: "Evolution", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "MultiHashingBenchmark",
      dependencies: [
        "BenchmarkSupport", "MachinePeak",
        .product(name: "MultiHashing", package: "swiftlet"),
        .product(name: "Vision", package: "swiftlet"),
        .product(name: "Learning", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
    .executableTarget(
      name: "UpdateRulesBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "UpdateRules", package: "swiftlet"),
        .product(name: "Torch", package: "swiftlet"),
        .product(name: "Randomness", package: "swiftlet"),
      ]),
  ],
  cxxLanguageStandard: .cxx20
)
