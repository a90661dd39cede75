// swift-tools-version: 6.2
import PackageDescription

// C that must run at full speed even in debug builds: the kernel and the decoder are measured and tested there too.
let optimizedC: [CSetting] = [.unsafeFlags(["-O3"])]

let package = Package(
  name: "ganomalyd",
  products: [
    .executable(name: "ganomalyd", targets: ["ganomalyd"]),
    .executable(name: "ganomaly", targets: ["ganomaly"]),
    // For the package in Benchmarks.
    .library(
      name: "Engine",
      targets: ["CMatrixKernel", "CPNG", "Tensors", "Layers", "GANomalyModel", "Imaging", "Linux", "Training"]),
    .library(name: "Zlib", targets: ["CZlib"]),
    .library(name: "Evaluation", targets: ["Evaluation", "GANomalyModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // Messages of ONNX and TensorBoard files; never in the daemon. Without its traits it needs FoundationEssentials only.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // swift-configuration's own YAML parser, named for one thing that it does not offer: the keys of a file.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The template of the reports; never in the daemon.
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // C as it is.
    .target(name: "CMatrixKernel", cSettings: optimizedC),
    .target(name: "CPNG", cSettings: optimizedC, linkerSettings: [.linkedLibrary("png")]),
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CLinux"),

    // Owners of memory and of C resources: the only modules with pointers.
    .target(name: "Tensors", dependencies: ["CMatrixKernel"]),
    .target(name: "Imaging", dependencies: ["CPNG", "CZlib", "Tensors"]),
    .target(
      name: "Linux", dependencies: ["CLinux", "CSystemd", .product(name: "SystemPackage", package: "swift-system")]),

    // The network.
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(
      name: "GANomalyModel",
      dependencies: ["Imaging", "Layers", "Linux", "Tensors", .product(name: "Crypto", package: "swift-crypto")]),
    .target(
      name: "Training",
      dependencies: [
        "GANomalyModel", "Imaging", "Layers", "Linux", "Tensors", .product(name: "Crypto", package: "swift-crypto"),
      ]),

    // Pictures that show why: command line and daemon.
    .target(name: "Explanation", dependencies: ["Imaging"]),

    // The command line's own.
    .target(name: "Charts", dependencies: ["Imaging"]),
    .target(name: "Evaluation", dependencies: ["GANomalyModel", "Imaging", "Linux"]),
    .target(
      name: "Reports",
      dependencies: [
        "Charts", "Evaluation", "Explanation", "GANomalyModel", "Imaging", "Linux",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [.embedInCode("Templates/report.mustache"), .embedInCode("Templates/report.css")]),
    .target(
      name: "Exchange",
      dependencies: [
        "GANomalyModel", "Imaging", "Layers", "Linux", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Protocol/onnx.proto"]),
    .target(name: "Datasets", dependencies: ["Imaging", "Linux"]),
    .target(name: "Synthesis", dependencies: ["Imaging", "Tensors"]),
    .target(
      name: "TrainingLog",
      dependencies: ["Imaging", "Linux", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["Protocol/event.proto"]),

    // The daemon.
    .target(
      name: "Inspection",
      dependencies: [
        "Explanation", "GANomalyModel", "Imaging", "Linux",
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ]),

    // Programs: parsing and wiring only.
    .executableTarget(
      name: "ganomalyd",
      dependencies: [
        "GANomalyModel", "Imaging", "Inspection", "Linux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .executableTarget(
      name: "ganomaly",
      dependencies: [
        "Charts", "Datasets", "Evaluation", "Exchange", "Explanation", "GANomalyModel", "Imaging", "Inspection",
        "Linux", "Reports", "Synthesis", "Training", "TrainingLog",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),

    // Models and pictures that several test targets make.
    .target(name: "TestSupport", dependencies: ["GANomalyModel", "Imaging", "Linux"], path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["CMatrixKernel", "Tensors"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "Tensors"]),
    .testTarget(name: "ImagingTests", dependencies: ["CPNG", "Imaging", "Synthesis", "TestSupport"]),
    .testTarget(
      name: "LinuxTests",
      dependencies: ["Linux", "TestSupport", .product(name: "SystemPackage", package: "swift-system")]),
    .testTarget(
      name: "GANomalyModelTests",
      dependencies: ["GANomalyModel", "Imaging", "Layers", "Linux", "Tensors", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["GANomalyModel", "Imaging", "Layers", "Linux", "Tensors", "TestSupport", "Training"],
      resources: [.copy("Goldens")]),
    .testTarget(name: "ChartsTests", dependencies: ["Charts", "Imaging"]),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "GANomalyModel", "Imaging", "Linux", "TestSupport"],
      resources: [.copy("Goldens")]),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Charts", "Evaluation", "GANomalyModel", "Imaging", "Linux", "Reports", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(
      name: "ExchangeTests",
      dependencies: [
        "Exchange", "GANomalyModel", "Imaging", "Linux", "TestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    .testTarget(name: "ExplanationTests", dependencies: ["Explanation", "Imaging"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Imaging", "Linux", "TestSupport"]),
    .testTarget(
      name: "TrainingLogTests",
      dependencies: [
        "Imaging", "Linux", "TestSupport", "TrainingLog", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    .testTarget(
      name: "InspectionTests",
      dependencies: [
        "GANomalyModel", "Imaging", "Inspection", "Linux", "Synthesis", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "ProgramTests",
      dependencies: [
        "GANomalyModel", "Imaging", "Inspection", "Linux", "Synthesis", "TestSupport", "Training", "ganomaly",
        "ganomalyd",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// Modules that own raw memory or C resources; all others are checked to contain no unsafe code.
let modulesWithPointers: Set = ["Tensors", "Imaging", "Linux", "TestSupport"]

for target in package.targets
where [.regular, .executable, .test].contains(target.type) && !target.name.hasPrefix("C") {
  var settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ]
  if target.type != .test && !modulesWithPointers.contains(target.name) {
    settings.append(.strictMemorySafety())
  }
  target.swiftSettings = (target.swiftSettings ?? []) + settings
}
