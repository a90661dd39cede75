import Foundation
import GANomalyModel
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// What `install` hears from a daemon; the daemon is played by a lock and a status.
@Suite("installation of a model") struct ModelInstallationTests {
  private final class Bench {
    let path = FilePath(NSTemporaryDirectory() + "ganomalyd-\(UUID().uuidString)")
    let state: Directory
    let source: FilePath
    var settings = Settings()
    var lock: FileLock?

    init() throws {
      state = try Directory.creating(path: path.appending("state"))
      source = path.appending("new.safetensors")
      settings.spool = path
      settings.statePath = path.appending("state")
      let shapes = Hyperparameters(size: 16, latentCount: 4, featureCount: 2)
      var model = Model(
        hyperparameters: shapes, preparation: Preparation(size: 16, channelCount: 1),
        state: Dictionary(
          uniqueKeysWithValues: shapes.parameterShapes.map { name, shape in
            (name, StateTensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0 % 7 + 1) / 50 }))
          }))
      model.calibration = try .manual(threshold: 1)
      try model.write(to: source.string)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    /// A daemon runs.
    func hold() throws {
      var holder = ""
      lock = try FileLock.take(FileName("lock")!, in: state, note: "process 7 on '/s'", holder: &holder)
    }

    /// The daemon says something.
    func say(model digest: String?, refusals: Int = 0, refused: String? = nil) throws {
      let status = DaemonStatus(
        isRunning: true, process: 7, version: "", started: "", time: "", renewalSeconds: 1, status: "",
        queue: .init(files: 0, oldestSeconds: nil, highMark: 1),
        watch: .init(folder: "", isUp: true, isPolling: false, ignoredNames: 0, overflows: 0, rescans: 0), paused: [],
        inspections: .init(total: 0, verdicts: [:], lastMinute: 0, lastTime: nil),
        model: .init(
          path: settings.resolvedModelPath.string, sha256: digest, calibration: nil, threshold: nil, summary: nil,
          since: nil, refusals: refusals, refused: refused.map { .init(time: "", text: $0) }),
        moves: .init(quarantineFiles: nil, quarantineBytes: nil, waiting: 0),
        journal: .init(isUsed: false, isFailing: false, waiting: 0, replayed: 0, lost: 0), lastError: nil)
      try state.write(status.encoded, to: DaemonStatus.fileName, mode: 0o644, durability: .none)
    }
  }

  @Test func `a daemon's refusal is told with its reason, and one of before is not taken for it`() throws {
    let bench = try Bench()
    try bench.hold()
    try bench.say(model: "other", refusals: 2, refused: "of before")
    let installation = try ModelInstallation(source: bench.source, settings: bench.settings)
    let before = installation.refusalCount()
    #expect(before == 2)
    try installation.carryOut()
    #expect(try installation.waitForDaemon(refusalsBefore: before, atMost: .zero) == .silent)
    try bench.say(model: "other", refusals: 3, refused: "no memory")
    #expect(try installation.waitForDaemon(refusalsBefore: before, atMost: .seconds(60)) == .refused("no memory"))
    try bench.say(model: installation.identity.modelDigest, refusals: 3)
    #expect(try installation.waitForDaemon(refusalsBefore: before, atMost: .seconds(60)) == .taken)
    bench.lock = nil
    #expect(try installation.waitForDaemon(refusalsBefore: before, atMost: .seconds(60)) == .noDaemon)
  }

  @Test func `a link in the model's place is not replaced`() throws {
    let bench = try Bench()
    let place = bench.settings.resolvedModelPath.string
    try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "/nonexistent")
    let error = try #require(throws: InspectionError.self) {
      try ModelInstallation(source: bench.source, settings: bench.settings)
    }
    #expect("\(error)".contains("is a symbolic link, expected a file or nothing"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place) == "/nonexistent")
  }
}
