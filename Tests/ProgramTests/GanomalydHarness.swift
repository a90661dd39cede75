import Foundation
import GANomalyModel
import Imaging
import Inspection
import Linux
import SystemPackage
import TestSupport
import Testing

/// A temporary folder that goes with the value.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ganomalyd-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Pictures with known scores, and the model that gives them.
struct SamplePictures {
  /// A small calibrated model with random weights, as a file, and what it says of pictures by their bytes.
  static let shared = SamplePictures(Hyperparameters(size: 16, latentCount: 4, featureCount: 2))

  /// The same for a network of each variant.
  static func of(_ variant: Variant) -> SamplePictures {
    switch variant {
    case .paper: shared
    case .keras: SamplePictures(.keras(size: 16, channelCount: 1, featureCount: 2))
    }
  }

  let model: Model
  private let scorer: Scorer

  init(_ parameters: Hyperparameters) {
    var state: StateDictionary = [:]
    var seed: UInt64 = 7
    for (name, shape) in parameters.parameterShapes {
      let values: [Float] = (0..<shape.reduce(1, *)).map { _ in
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return name.hasSuffix("running_var") || name.hasSuffix("moving_variance")
          ? 1 : Float(seed >> 40) / 16_777_216 - 0.5
      }
      state[name] = StateTensor(shape: shape, values: values)
    }
    var model = Model(
      hyperparameters: parameters, preparation: Preparation(size: 16, channelCount: 1), state: state)
    scorer = Scorer(model: model)
    let lane = scorer.makeLane(maximumBatch: 1)
    let scores = (0..<40).map { lane.scores(of: [Self.picture($0)])[0] }.sorted()
    // Between two pictures' scores, so that a quarter of them is anomalous.
    let threshold = (scores[29] + scores[30]) / 2
    do {
      model.calibration = try Calibration.manual(threshold: threshold, scores: Array(scores[..<30]))
    } catch {
      preconditionFailure("a sample is calibrated: \(error)")
    }
    self.model = model
  }

  /// A picture of 16x16 pixels that no other number gives.
  static func picture(_ number: Int) -> Image {
    var seed = UInt64(number) &+ 99
    let samples = (0..<256).map { index -> UInt8 in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: Int(seed >> 60) * (number % 17) + index / 2)
    }
    return Image(width: 16, height: 16, channelCount: 1, samples: samples)
  }

  /// The picture as a file.
  static func file(_ number: Int) -> [UInt8] { PNG.encode(picture(number)) }

  /// A picture of three channels and any size, as a file.
  static func coloured(width: Int, height: Int) -> [UInt8] {
    let samples = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: $0 * 37) }
    return PNG.encode(Image(width: width, height: height, channelCount: 3, samples: samples))
  }

  /// The score that the daemon must give, to the last bit.
  func score(_ number: Int) -> Float { scorer.makeLane(maximumBatch: 1).scores(of: [Self.picture(number)])[0] }

  /// Whether the daemon must call it an anomaly.
  func isAnomalous(_ number: Int) -> Bool { model.calibration!.isAnomalous(score(number)) }
}

/// A running `ganomalyd` on a spool of its own, or the end of one.
final class GanomalydProcess {
  let process = Process()
  let lines: String

  /// Starts the built program.
  ///
  /// - Parameter launcher: a program that becomes the built one, with its arguments; none starts it as it is.
  init(
    folder: ScratchFolder, arguments: [String], environment: [String: String] = [:], launcher: [String] = []
  ) throws {
    lines = folder.path + "/stderr-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: lines, contents: nil)
    let command = launcher + [BuiltProgram.path(of: "ganomalyd")] + arguments
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ProgramEnvironment.plain(and: environment)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: lines))
    process.standardError = process.standardOutput
    try process.run()
  }

  /// What it wrote so far.
  var output: String {
    // Foundation's reading of a file that is empty leaks its buffer of four kilobytes.
    String(decoding: (try? FileContents.read(BytePath(lines), limit: 64 << 20)) ?? [], as: UTF8.self)
  }

  /// Ends it as a loss of power would.
  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks it to end, and waits for that.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { kill() } }
}

/// A spool with a model beside it.
struct TestSpool {
  let folder: ScratchFolder
  var spool: String { folder.path + "/spool" }
  var incoming: String { spool + "/incoming" }
  var quarantine: String { spool + "/quarantine" }
  var modelPath: String { folder.path + "/model.safetensors" }

  init(withModel: Bool = true, samples: SamplePictures = .shared) throws {
    folder = try ScratchFolder()
    if withModel { try samples.model.write(to: modelPath) }
    try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
  }

  /// Starts the daemon on it, with times that suit a test, and waits until it watches.
  func start(
    _ extra: [String] = [], environment: [String: String] = [:], isWaiting: Bool = true, launcher: [String] = []
  ) throws -> GanomalydProcess {
    let daemon = try GanomalydProcess(
      folder: folder,
      arguments: [
        "--spool", spool, "--model", modelPath, "--records", "stderr", "--settle", "50 ms", "--grace", "400 ms",
        "--lanes", "2", "--minimum-free-bytes", "0",
      ] + extra, environment: environment, launcher: launcher)
    if isWaiting { try eventually("ready: \(daemon.output)") { daemon.output.contains("is ready") } }
    return daemon
  }

  /// What the ledger has; nothing before the daemon has made one.
  func records() -> [InspectionRecord] {
    (try? LedgerReader(state: FilePath(spool + "/state")).inspections()) ?? []
  }

  /// Names in a folder of the spool; hidden ones, and side pictures whose pictures are there, left out.
  func names(_ folder: String) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: spool + "/" + folder)) ?? []
    return Self.withoutViews(all).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// Names without those of side pictures whose pictures are there.
  static func withoutViews(_ names: [String]) -> [String] {
    names.filter { !($0.hasSuffix(".view.png") && names.contains(String($0.dropLast(9)))) }
  }

  /// Writes a picture as `cp` does: create, write, close.
  func copyIn(_ number: Int, as name: String) throws {
    try Data(SamplePictures.file(number)).write(to: URL(filePath: incoming + "/" + name))
  }
}

extension TestSpool {
  /// Numbers of pictures that are normal.
  static let normal = (0..<40).filter { !SamplePictures.shared.isAnomalous($0) }

  /// What the ledger has of one name, oldest first.
  func records(of name: String) -> [InspectionRecord] { records().filter { $0.arrival.name.description == name } }

  /// Lets the daemon go on for some time: pictures are dropped one after the other, and their records waited for.
  func keepBusy(for duration: Duration) throws {
    let end = ContinuousClock.now + duration
    repeat {
      let name = "marker-\(UUID().uuidString).png"
      try copyIn(Self.normal[0], as: name)
      try eventually("the record of a marker") { !records(of: name).isEmpty }
    } while ContinuousClock.now < end
  }
}

/// Waits until a condition holds, with a deadline; where it passes, the test fails at the line that waits.
func eventually(
  within seconds: Double = 60, _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  do {
    try TestSupport.eventually(within: seconds, what(), condition)
  } catch let failure as TestFailure {
    Issue.record("\(failure)", sourceLocation: sourceLocation)
    throw failure
  }
}
