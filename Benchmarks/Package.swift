// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a bare machine builds the product without OpenBLAS.
let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "ganomalyd", path: "..")
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .executableTarget(
      name: "Benchmarks",
      dependencies: ["COpenBLAS", .product(name: "Engine", package: "ganomalyd")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
