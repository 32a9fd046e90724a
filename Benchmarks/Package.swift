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
      ])
  ],
  cxxLanguageStandard: .cxx20
)
