import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import GANomalyModel
@testable import Inspection

@Suite("side pictures beside quarantined ones") struct SideViewTests {
  private static let png = PNG.encode(Image(width: 2, height: 2, channelCount: 1, level: 3))

  /// An anomaly as a lane hands it on, with its side picture.
  private func anomaly(_ name: String, _ bench: RecorderBench, view: [UInt8]? = png) throws -> Inspected {
    try bench.put(name, "picture \(name)")
    var result = try bench.inspected(name)
    result.view = view.flatMap { SideViewRoom().view($0, waitingAtMost: .zero) }
    return result
  }

  @Test func `a side picture lies beside its picture, with the sidecar's mode, and is counted`() throws {
    let bench = try RecorderBench()
    let (recorder, _, around) = try bench.recorder()
    try recorder.record([anomaly("a.png", bench), anomaly("b.view.png", bench), anomaly("c.png", bench, view: nil)])
    let names = try bench.names("quarantine")
    #expect(names.count == 8, "\(names)")
    for (name, hasView) in [("-a.png", true), ("-b.view.png", true), ("-c.png", false)] {
      let picture = try #require(names.first { $0.hasSuffix(name) && names.contains($0 + ".json") })
      #expect(names.contains(picture + ".view.png") == hasView)
      guard hasView else { continue }
      let path = bench.path + "/quarantine/" + picture + ".view.png"
      #expect(try Array(Data(contentsOf: URL(filePath: path))) == Self.png)
      #expect(FileStatus(path: FilePath(path))?.mode == 0o640)
    }
    #expect(around.metrics.values.views == SidecarWriter.ViewCounts(written: 2, missing: 1))
    // They are no pictures: neither counted nor listed.
    #expect(try QuarantineMeter.content(of: bench.folders.quarantine).fileCount == 3)
    #expect(try QuarantineFolder(directory: bench.folders.quarantine).entries().count == 3)
    let listed = try DirectoryTree.pictures(below: BytePath(bytes: Array((bench.path + "/quarantine").utf8)))
    #expect(listed.count == 3)
  }

  @Test func `a side picture that cannot be written holds up nothing, and is told of once`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder()
    for round in 0..<2 {
      let result = try anomaly("a\(round).png", bench)
      // A folder has its name.
      let destination = DestinationName.make(
        for: result.record.arrival.name, id: result.record.id, time: result.record.recorded)
      let place = bench.path + "/quarantine/\(destination).view.png"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try recorder.record([result])
    }
    #expect(try ledger.intended().isEmpty && recorder.retries.entries.isEmpty)
    let records = try ledger.records("")
    #expect(records.map(\.state) == [.done, .done] && records.map(\.action) == [.quarantined, .quarantined])
    #expect(around.metrics.values.views == SidecarWriter.ViewCounts(written: 0, missing: 2))
    let told = around.sink.queue.pop(atMost: 100, waitingAtMost: .zero) ?? []
    #expect(told.count { $0.text.contains("without one that shows why") } == 1)
  }

  @Test func `after a crash a picture has its side picture, or is counted as lacking it`() throws {
    for point in [FaultPoint.afterMoves, .afterSidecars, .afterDone] {
      let bench = try RecorderBench()
      let crash = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == point { throw Faults.SimulatedCrash() }
      }
      var (recorder, ledger, around) = try bench.recorder(crash)
      let result = try anomaly("a.png", bench)
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
      try ledger.close()
      (recorder, ledger, around) = try bench.recorder()
      _ = try recorder.recover(incoming: bench.incoming)
      let hasView = try bench.names("quarantine").contains { $0.hasSuffix("-a.png.view.png") }
      #expect(hasView == (point != .afterMoves))
      #expect(around.metrics.values.views.missing == (hasView ? 0 : 1))
    }
  }

  @Test func `side pictures that are off are neither made nor missed`() throws {
    let bench = try RecorderBench()
    var settings = Settings()
    settings.sidePictures = .off
    let (recorder, _, around) = try bench.recorder(settings: settings)
    try recorder.record([anomaly("a.png", bench, view: nil)])
    #expect(around.metrics.values.views == SidecarWriter.ViewCounts())
  }

  @Test(arguments: [0, 1 << 30])
  func `side pictures are written only while their disk keeps the room that pictures need`(minimum: Int) throws {
    var settings = Settings()
    settings.minimumFreeBytes = minimum
    let floor = max(SideViewAllowance.leastFloor, UInt64(minimum))
    let need = UInt64(Self.png.count) + 4096
    // Room for none, for one, and for all of three.
    for (freeBytes, count) in [(0, 0), (floor, 0), (floor + need, 0), (floor + need + 1, 1), (floor + 3 * need + 1, 3)]
    {
      let bench = try RecorderBench()
      let (recorder, ledger, around) = try bench.recorder(settings: settings, freeBytes: freeBytes)
      try recorder.record([anomaly("a.png", bench), anomaly("b.png", bench), anomaly("c.png", bench)])
      #expect(try ledger.records("").allSatisfy { $0.state == .done && $0.action == .quarantined })
      #expect(try bench.names("quarantine").count { $0.hasSuffix(".view.png") } == count)
      #expect(around.metrics.values.views == SidecarWriter.ViewCounts(written: count, missing: 3 - count))
      let told = around.sink.queue.count == 0 ? [] : around.sink.queue.pop(atMost: 9, waitingAtMost: .zero) ?? []
      #expect(told.count { $0.text.contains("has no room for side pictures") } == (count == 3 ? 0 : 1))
    }
  }

  @Test func `what waits to be moved has its room before side pictures`() throws {
    let floor = SideViewAllowance.leastFloor
    var allowance = SideViewAllowance(minimumFreeBytes: 0, waiting: [1_000_000]) { _ throws(LinuxError) in
      floor + 1_000_000 + 8192 + 4096 + 10
    }
    let bench = try RecorderBench()
    #expect(try !allowance.take(10, in: bench.state))
    #expect(try allowance.take(9, in: bench.state))
    #expect(try !allowance.take(0, in: bench.state), "what was taken is gone")
    // Sizes of files with holes may be anything.
    var none = SideViewAllowance(minimumFreeBytes: .max, waiting: [.max, .max, -1]) { _ throws(LinuxError) in .max }
    #expect(try !none.take(.max, in: bench.state))

    // A picture whose move has failed waits, and the recorder says so.
    var settings = Settings()
    settings.minimumFreeBytes = 0
    let (waiting, ledger, _) = try bench.recorder(
      Faults { point throws(Faults.SimulatedCrash) in
        if point == .afterIntent { throw Faults.SimulatedCrash() }
      })
    #expect(throws: Faults.SimulatedCrash.self) { try waiting.record([anomaly("w.png", bench)]) }
    var retries = Retries()
    let record = try #require(try ledger.intended().first)
    retries.add(record, incoming: bench.incoming)
    try ledger.close()
    let (recorder, _, around) = try bench.recorder(
      retries: retries, settings: settings, freeBytes: floor + UInt64(Self.png.count) + 4097)
    try recorder.record([anomaly("a.png", bench)])
    #expect(around.metrics.values.views == SidecarWriter.ViewCounts(written: 0, missing: 1))
  }

  @Test func `room for side pictures is bounded, one always fits, and comes back`() throws {
    let room = SideViewRoom(capacity: 10)
    var first = room.view([UInt8](repeating: 0, count: 6), waitingAtMost: .zero)
    #expect(first != nil)
    #expect(room.view([UInt8](repeating: 0, count: 5), waitingAtMost: .zero) == nil)
    let second = room.view([UInt8](repeating: 0, count: 4), waitingAtMost: .zero)
    #expect(second?.bytes.count == 4)
    first = nil
    #expect(room.view([UInt8](repeating: 0, count: 11), waitingAtMost: .milliseconds(1)) == nil)
    #expect(room.view([UInt8](repeating: 0, count: 6), waitingAtMost: .seconds(60)) != nil)
    let large = SideViewRoom(capacity: 10).view([UInt8](repeating: 0, count: 11), waitingAtMost: .zero)
    #expect(large?.bytes.count == 11)
  }

  @Test func `who waits for room gets it when it comes back`() throws {
    let room = SideViewRoom(capacity: 10)
    let held = Shared<SideView?>(room.view([UInt8](repeating: 0, count: 10), waitingAtMost: .zero))
    let found = Shared(0)
    let waiters = ThreadGroup(name: "test", count: 3) { _ in
      guard let view = room.view([1, 2, 3], waitingAtMost: .seconds(60)) else { return }
      found.change { $0 += view.bytes.count }
    }
    held.change { $0 = nil }
    waiters.wait(atMost: .seconds(60))
    #expect(found.value == 9)
  }

  /// A lane over one file whose judge gives a score and a reconstruction.
  private func concluded(score: Float, change: (inout Settings) -> Void = { _ in }) throws -> Inspected? {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let picture = Image(width: 8, height: 8, channelCount: 1, level: 50)
    let judge = PictureJudge(
      identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
      decode: { _, _ in .picture(picture, width: 8, height: 8) },
      scoring: { _ in
        PictureJudge.Scoring { pictures, isWanted in
          pictures.map { picture in
            PictureLane.Explained(
              score: score,
              reconstruction: isWanted(score) ? Image(width: 8, height: 8, channelCount: 1, level: 90) : nil)
          }
        }
      }, pValue: { _ in nil })
    var settings = Settings()
    change(&settings)
    let around = Lane.Surroundings(
      jobs: BoundedQueue(capacity: 1), results: BoundedQueue(capacity: 1), mailbox: Mailbox(wake: try WakeUp()),
      model: Shared(CurrentModel(generation: 1, judge: judge)), settings: Shared(settings), ledger: Shared(ledger),
      damage: Shared(nil), isStopping: Shared(false), makeID: { UUID().uuidString.lowercased() })
    try bench.put("a.png", "bytes")
    let name = FileName("a.png")!
    let request = InspectionRequest(
      name: name, status: try bench.incoming.status(of: name)!, readiness: .settled, isFinal: true, isFinished: true,
      isAbandoned: false, attempt: 1, noticed: .now)
    #expect(around.jobs.push(LaneJob(request: request, incoming: bench.incoming)) == .added)
    around.jobs.close()
    Lane(around, heartbeat: Heartbeat(name: "test")).run()
    return around.results.pop(atMost: 1, waitingAtMost: .zero)?.first
  }

  @Test func `a lane makes side pictures of anomalies that are quarantined, and of no others`() throws {
    let anomaly = try #require(try concluded(score: 2))
    #expect(anomaly.record.verdict == .anomaly)
    let side = try PNG.decode(try #require(anomaly.view).bytes).image
    // Eight pixels, 21 times as large, thrice, below a line of text.
    #expect(side.width == 3 * 168 + 32)
    #expect(side[8 + 84, 52 + 84, 0] == 50 && side[8 + 176 + 84, 52 + 84, 0] == 90)
    #expect(try concluded(score: 1)?.view == nil, "at the threshold")
    #expect(try concluded(score: 2) { $0.sidePictures = .off }?.view == nil)
    #expect(try concluded(score: 2) { $0.onAnomaly = .leave }?.view == nil)
    let failed = try #require(try concluded(score: .nan))
    #expect(failed.record.verdict == .error && failed.view == nil)
  }
}
