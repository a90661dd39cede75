import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Inspection

/// What a judge's memory stands for: it knows which loads of a model are in memory.
private final class LoadedModel: Sendable {
  let number: Int
  private let living: Shared<Set<Int>>

  init(number: Int, living: Shared<Set<Int>>) {
    self.number = number
    self.living = living
    living.change { _ = $0.insert(number) }
  }

  deinit { living.change { _ = $0.remove(number) } }
}

/// A daemon's parts that count what loading a model comes to.
private struct ModelBench {
  let bench: DaemonBench
  let reloader: Reloader
  /// The numbers of the loads that are in memory.
  let living: Shared<Set<Int>>
  /// How often a model was loaded.
  let loads: Shared<Int>
  /// Most models that were in memory at once.
  let most: Shared<Int>
  /// The models that lanes have taken, in order.
  let taken: Shared<[Int]>

  /// - Parameter digest: what the identity of a load names as its file.
  init(digest: @escaping @Sendable (Int) -> String) throws {
    let (living, loads, most, taken) = (Shared<Set<Int>>([]), Shared(0), Shared(0), Shared<[Int]>([]))
    bench = try DaemonBench(hasModelFile: true) { _ throws(InspectionError) in
      let number = loads.change { count in
        count += 1
        return count
      }
      let loaded = LoadedModel(number: number, living: living)
      most.change { $0 = max($0, living.value.count) }
      return PictureJudge(
        identity: .init(modelDigest: digest(number), calibration: "c", threshold: 1, summary: "simulated"),
        decode: { _, _ in .failed(reason: "none", sentence: "simulated \(loaded.number)") },
        makeScoring: { _ in
          taken.change { $0.append(loaded.number) }
          return { pictures in pictures.map { _ in Float(loaded.number) } }
        }, pValue: { _ in nil })
    }
    reloader = Reloader(bench.daemon, bench.pipeline)
    (self.living, self.loads, self.most, self.taken) = (living, loads, most, taken)
  }

  /// Replaces the model's file as `install` does, and has it looked at.
  func install(_ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: bench.modelPath), options: .atomic)
    #expect(!reloader.lookForModel(isComplete: true))
  }

  /// Gives the lane work, so that it takes the model in use.
  func work() {
    let status = FileStatus(inode: 1, size: 1, modified: 1, changed: 1)
    let request = InspectionRequest(
      name: FileName("missing.png")!, status: status, readiness: .settled, isFinal: true, isFinished: true,
      isAbandoned: false, attempt: 1, noticed: .now)
    _ = bench.pipeline.jobs.push(LaneJob(request: request, incoming: bench.incoming))
  }

  func eventually(_ what: String, line: Int = #line, _ isTrue: () throws -> Bool) throws {
    try bench.eventually("\(what), in memory \(living.value)", line: line, isTrue)
  }
}

@Suite("daemon: how long a model stays in memory") struct ModelLifeTests {
  /// SHA-256 of the file that a bench begins with.
  private static let firstDigest = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"

  @Test func `a replaced model is let go, the first one too, and never are there more than two`() throws {
    let models = try ModelBench { "\($0)" }
    #expect(models.living.value == [1])
    models.work()
    try models.eventually("the first in the lane") { models.taken.value == [1] }
    for number in 2...4 {
      try models.install("model \(number)")
      try models.eventually("only number \(number)") { models.living.value == [number] }
      models.work()
      try models.eventually("number \(number) in the lane") { models.taken.value == Array(1...number) }
      #expect(models.living.value == [number])
    }
    #expect(models.most.value == 2)
  }

  @Test func `a reload with the model in use reads the file, loads nothing, and counts as a reload`() throws {
    let models = try ModelBench { $0 == 1 ? Self.firstDigest : "\($0)" }
    let model = models.bench.pipeline.model
    models.reloader.start(includingSettings: true)
    try models.eventually("the reload") { model.value.loadCount == 1 }
    // The same bytes under another number, as a second installation leaves them; what was told of the file is over.
    models.bench.pipeline.metrics.noteModelMissing("gone")
    try models.install("model")
    try models.eventually("the installation") { model.value.loadCount == 2 }
    try models.eventually("no refusal") { models.bench.pipeline.metrics.values.modelRefusal == nil }
    #expect(models.loads.value == 1)
    #expect(model.value.generation == 1)
    #expect(models.living.value == [1])
    try models.install("another model")
    try models.eventually("the replacement") { model.value.generation == 2 && models.living.value == [2] }
    #expect(models.loads.value == 2)
  }
}
