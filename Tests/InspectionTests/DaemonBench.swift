import Foundation
import Imaging
import Linux
import SystemPackage
import TestSupport

@testable import Inspection

/// A daemon's parts on a spool of its own, without its watch thread; they end with the value.
final class DaemonBench {
  let path = NSTemporaryDirectory() + "ganomaly-life-\(UUID().uuidString)"
  let lines = Shared<[String]>([])
  let daemon: Daemon
  let pipeline: Pipeline
  let incoming: Directory
  var modelPath: String { path + "/model.safetensors" }

  /// - Parameters:
  ///   - hasModelFile: whether a file lies where the model belongs.
  ///   - loadJudge: what loading the model's file comes to.
  ///   - change: further settings.
  init(
    hasModelFile: Bool = false,
    loadJudge: @escaping @Sendable (FilePath) throws(InspectionError) -> PictureJudge = { _ throws(InspectionError) in
      DaemonBench.judge
    }, change: (inout Settings) -> Void = { _ in }
  ) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if hasModelFile { try Data("model".utf8).write(to: URL(filePath: path + "/model.safetensors")) }
    var settings = Settings()
    settings.spool = FilePath(path + "/spool")
    settings.modelPath = FilePath(path + "/model.safetensors")
    settings.records = .stderr
    settings.lanes = 1
    change(&settings)
    let fixed = settings
    var environment = Daemon.Environment(
      readSettings: { () throws(InspectionError) in fixed }, loadJudge: loadJudge)
    environment.printLine = { [lines] line in lines.change { $0.append(line) } }
    daemon = try Daemon(settings: settings, environment: environment)
    incoming = try daemon.folders.openIncoming()
    pipeline = try Pipeline(daemon, incoming: incoming)
  }

  deinit {
    daemon.stop()
    pipeline.finish()
    pipeline.finishRecords()
    pipeline.publisher.finish()
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A judge that finds everything normal.
  static let judge = PictureJudge(
    identity: PictureJudge.Identity(modelDigest: "ab", calibration: "c", threshold: 1, summary: "simulated"),
    decode: { _, _ in .failed(reason: "none", sentence: "simulated") },
    makeScoring: { _ in { images in images.map { _ in 0 } } }, pValue: { _ in nil })

  /// How many printed lines contain the words.
  func count(_ words: String) -> Int { lines.value.count { $0.contains(words) } }

  /// Waits until a condition holds, with a deadline; where it does not come, the lines are told.
  func eventually(_ what: String, file: String = #fileID, line: Int = #line, _ isTrue: () throws -> Bool) throws {
    try TestSupport.eventually("\(what): \(lines.value)", file: file, line: line, isTrue)
  }
}
