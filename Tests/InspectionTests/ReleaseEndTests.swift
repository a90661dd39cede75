import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("release: what may go wrong") struct ReleaseEndTests {
  @Test func `a release that lost its picture is taken back, unless the daemon has met it`() throws {
    for isMet in [false, true] {
      let bench = try QuarantineBench()
      let record = bench.records[0]
      do {
        let desk = try bench.desk(FaultPoint.afterRename.crash)
        let entry = try bench.entry(record)
        #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: nil) }
      }
      if isMet {
        let (recorder, _, _) = try bench.bench.recorder()
        try recorder.record([try bench.bench.inspected("0.png", action: .left)])
      }
      #expect(unlink(bench.bench.path + "/incoming/0.png") == 0)
      let settlements = try bench.desk().settlements
      #expect(settlements.count == 1)
      let entry = try bench.entry(record)
      let ledger = try Ledger(in: bench.bench.state)
      if isMet {
        #expect(settlements[0].end == .finished && entry.review?.label == .normal)
      } else {
        #expect(settlements[0].text.contains("neither in quarantine nor where it was to go"))
        #expect(settlements[0].entry.fields.contains(JournalField("PRIORITY", "4")))
        #expect(entry.review == nil && entry.departure == nil)
      }
      #expect(try ledger.isAllowed(record.digest) == isMet)
    }
  }

  @Test func `a release that is taken back leaves another's permission for the same bytes`() throws {
    for isFirstWithdrawn in [true, false] {
      let bench = try RecorderBench()
      let (recorder, ledger, _) = try bench.recorder()
      for name in ["a.png", "b.png"] {
        try bench.put(name, "the same")
        try recorder.record([try bench.inspected(name)])
      }
      let records = try ledger.quarantined(limit: 9)
      let departure = Departure(.released, time: .now, user: nil, folder: Array("/x".utf8), name: FileName("a.png")!)
      #expect(try ledger.beginDepartures([records[0]], departure).count == 1)
      #expect(try ledger.beginDepartures([records[1]], departure).count == 1)
      let (lost, kept) = isFirstWithdrawn ? (records[0], records[1]) : (records[1], records[0])
      try ledger.withdrawDepartures(of: [lost])
      #expect(try ledger.isAllowed(kept.digest))
      try ledger.finishDepartures([kept], departure)
      #expect(try ledger.isAllowed(kept.digest))
      try ledger.withdrawDepartures(of: [lost, kept])
      #expect(try ledger.isAllowed(kept.digest))
    }
  }

  @Test(.enabled(if: OtherFileSystem.path != nil))
  func `a copy that arrived is not made again, though what it left behind is still there`() throws {
    let root = (OtherFileSystem.path ?? "") + "/ganomaly-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let bench = try QuarantineBench(quarantine: FilePath(root + "/quarantine"))
    let failing = Faults(failure: { $0 == .releaseMoved ? Errno.notPermitted : nil })
    let release = try bench.desk(failing).release(bench.entry(bench.records[0]), to: nil)
    #expect(release.remainder != nil)
    #expect(try bench.names().count == 2)
    // Somebody takes it from there.
    #expect(unlink(bench.bench.path + "/incoming/0.png") == 0)
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.bench.names("incoming") == [])
    #expect(try bench.names() == [])
    #expect(try bench.entry(bench.records[0]).review?.label == .normal)
  }

  @Test func `quarantine itself is no place to release to, and a link to a folder is one`() throws {
    let bench = try QuarantineBench()
    let entry = try bench.entry(bench.records[0])
    let quarantine = bench.bench.folders.quarantine.path
    #expect(mkdir(quarantine.string + "/below", 0o700) == 0)
    for path in [quarantine, quarantine.appending("below")] {
      do {
        _ = try bench.desk().release(entry, to: path)
        Issue.record("that is the quarantine")
      } catch let error as InspectionError {
        #expect(error.description.contains("the quarantine itself"))
      }
    }
    #expect(try bench.entry(bench.records[0]).departure == nil)
    _ = try Directory.creating(path: bench.bench.spool.appending("good"))
    let link = bench.bench.path + "/link"
    #expect(symlink("good", link) == 0)
    #expect(try bench.desk().release(entry, to: FilePath(link)).remainder == nil)
    #expect(try bench.bench.content("good/0.png") == "content 0")
  }

  @Test func `pictures of a folder that is gone keep nobody from the others`() throws {
    let bench = try QuarantineBench(count: 2)
    let ledger = try Ledger(in: bench.bench.state)
    try ledger.writing {
      try $0.execute(
        sql: "UPDATE inspection SET folder = CAST('/former/incoming' AS BLOB) WHERE id = ?",
        arguments: [bench.records[0].id])
    }
    let told = Shared<[String]>([])
    func desk() throws -> QuarantineDesk {
      try QuarantineDesk(state: bench.state, spool: nil, purpose: .free) { text in told.change { $0.append(text) } }
    }
    try desk().confirm(bench.entry(bench.records[1]))
    try desk().confirm(bench.entry(bench.records[0]))
    told.change { $0 = [] }
    var removed: [String] = []
    try desk().purge(Retention(maximumAge: nil, maximumBytes: 0)) { removed.append($0.id) }
    #expect(removed == [bench.records[1].id])
    #expect(told.value.count == 1 && told.value[0].contains("'/former/quarantine'"), "\(told.value)")
    #expect(try bench.entry(bench.records[0]).departure == nil)
  }

  @Test func `of many inspections of one name those are found that a command can do something with`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    for number in 0..<27 {
      try bench.put("cam.png", "picture \(number)")
      let isAnomalous = number == 0 || number == 26
      try recorder.record([try bench.inspected("cam.png", action: isAnomalous ? .quarantined : .left)])
      if !isAnomalous { #expect(unlink(bench.path + "/incoming/cam.png") == 0) }
    }
    #expect(try ledger.quarantined(limit: 9).count == 2)
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    let name = Array("cam.png".utf8)
    #expect(try reader.find(name).count == 20)
    #expect(try reader.find(name, preferring: .inQuarantine).count == 2)
    #expect(try reader.find(name, preferring: .confirmable).count == 2)
  }

  @Test func `a picture that a person released is neither removed nor passed on as normal`() {
    var settings = Settings()
    for (way, action) in [(Settings.OnNormal.delete, FileAction.deleted), (.move, .passed), (.leave, .left)] {
      settings.onNormal = way
      #expect(Disposition.action(for: .normal, isFinished: true, settings: settings) == action)
      #expect(Disposition.action(for: .normal, reason: Reason.allowed, isFinished: true, settings: settings) == .left)
    }
  }
}
