// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// A package of its own, so that a bare machine builds the product without OpenBLAS.
let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "ganomalyd", path: "..")
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CAllocationCounter"),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "CAllocationCounter", "COpenBLAS", .product(name: "Engine", package: "ganomalyd"),
        .product(name: "Zlib", package: "ganomalyd"),
      ],
      swiftSettings: settings),
    // How often calibrations keep their promise: Documentation/Results/calibration.md.
    .executableTarget(
      name: "CalibrationPromise", dependencies: [.product(name: "Evaluation", package: "ganomalyd")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
