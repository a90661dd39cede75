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
  /// Memory in many blocks, as the weights of a model are.
  private let blocks: [[UInt8]]

  /// - Parameter places: told where the blocks lie, and given what lies between them and stays.
  init(number: Int, living: Shared<Set<Int>>, places: Shared<BlockPlaces>) {
    self.number = number
    self.living = living
    var (blocks, new): ([[UInt8]], BlockPlaces) = ([], BlockPlaces())
    for _ in 0..<BlockPlaces.count {
      let block = [UInt8](repeating: 1, count: BlockPlaces.byteCount)
      block.withUnsafeBytes { new.addresses.append(UInt(bitPattern: $0.baseAddress)) }
      blocks.append(block)
      new.between.append([UInt8](repeating: 1, count: 64))
    }
    self.blocks = blocks
    if number == 1 { places.change { [new] in $0 = new } }
    living.change { _ = $0.insert(number) }
  }

  deinit { living.change { _ = $0.remove(number) } }
}

/// Where the blocks of the first model lie, or have been.
private struct BlockPlaces: Sendable {
  static let count = 128
  /// Small enough for the C library to keep it when it is freed.
  static let byteCount = 64 << 10
  var addresses: [UInt] = []
  /// What keeps the blocks' neighbourhood in use.
  var between: [[UInt8]] = []

  /// The share of the blocks' whole pages that is in memory.
  ///
  /// Source: man page mincore(2).
  var residentShare: Double {
    let page: UInt = 4096
    var (resident, all) = (0, 0)
    for address in addresses {
      let start = (address + page - 1) / page * page
      for place in stride(from: start, to: (address + UInt(Self.byteCount)) / page * page, by: Int(page)) {
        var state: UInt8 = 0
        // What is not mapped any more is not in memory either.
        let isMapped = mincore(UnsafeMutableRawPointer(bitPattern: place), Int(page), &state) == 0
        all += 1
        if isMapped && state & 1 == 1 { resident += 1 }
      }
    }
    return Double(resident) / Double(all)
  }
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
  /// Where the first model's memory is, or has been.
  let places: Shared<BlockPlaces>

  /// - Parameter digest: what the identity of a load names as its file.
  init(digest: @escaping @Sendable (Int) -> String) throws {
    let (living, loads, most, taken) = (Shared<Set<Int>>([]), Shared(0), Shared(0), Shared<[Int]>([]))
    let places = Shared(BlockPlaces())
    bench = try DaemonBench(hasModelFile: true) { _ throws(InspectionError) in
      let number = loads.change { count in
        count += 1
        return count
      }
      let loaded = LoadedModel(number: number, living: living, places: places)
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
    (self.living, self.loads, self.most, self.taken, self.places) = (living, loads, most, taken, places)
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

  func eventually(_ what: @autoclosure () -> String, line: Int = #line, _ isTrue: () throws -> Bool) throws {
    try TestSupport.eventually(
      "\(what()), in memory \(living.value): \(bench.lines.value)", line: line, isTrue)
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

  @Test(.enabled(if: Sanitizer.current == nil, "a sanitizer has its own allocator"), arguments: [false, true])
  func `the memory of a replaced model goes back to the system, in small blocks too`(isInLane: Bool) throws {
    let models = try ModelBench { "\($0)" }
    if isInLane {
      models.work()
      try models.eventually("the first in the lane") { models.taken.value == [1] }
    }
    let places = models.places.value
    #expect(places.residentShare > 0.9)
    try models.install("model 2")
    try models.eventually("memory that is back, of \(places.residentShare)") {
      models.living.value == [2] && places.residentShare < 0.5
    }
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
