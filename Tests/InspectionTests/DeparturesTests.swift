import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// A bench with pictures in quarantine, and the work of commands on them.
struct QuarantineBench {
  let bench: RecorderBench
  let records: [InspectionRecord]
  var state: FilePath { bench.spool.appending("state") }

  /// Quarantines pictures `0.png`, `1.png` …
  init(count: Int = 1, quarantine: FilePath? = nil) throws {
    bench = try RecorderBench(quarantine: quarantine)
    let (recorder, ledger, _) = try bench.recorder()
    for number in 0..<count {
      try bench.put("\(number).png", "content \(number)")
      try recorder.record([try bench.inspected("\(number).png")])
    }
    records = try ledger.quarantined(limit: 99)
    #expect(records.count == count)
  }

  /// A desk as a command opens it.
  func desk(_ faults: Faults = .none, purpose: QuarantineDesk.Purpose = .change) throws -> QuarantineDesk {
    // The bench's quarantine may lie elsewhere: then it is the spool's by its path.
    let spool = bench.folders.quarantine.path.removingLastComponent()
    return try QuarantineDesk(
      state: state, spool: spool, purpose: purpose, user: User(number: 7, name: "anna"), faults: faults
    ) {
      Issue.record("\($0)")
    }
  }

  func entry(_ record: InspectionRecord) throws -> LedgerEntry {
    try #require(try LedgerReader(state: state).find(Array(record.id.utf8)).first)
  }

  /// Bytes of all that lies in quarantine of some pictures.
  func bytes(_ indices: Int...) throws -> Int64 {
    try indices.reduce(0) { sum, index in
      let prefix = try #require(records[index].destination).description
      return try names().filter { $0.hasPrefix(prefix) }.reduce(sum) {
        $0 + (try #require(try bench.folders.quarantine.status(of: FileName($1)!)).size)
      }
    }
  }

  /// All names in quarantine.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bench.folders.quarantine.path.string)
      .filter { !$0.hasSuffix(".lock") }.sorted()
  }
}

extension FaultPoint {
  /// Ends the work at a point as a crash would.
  var crash: Faults {
    Faults { reached throws(Faults.SimulatedCrash) in if reached == self { throw Faults.SimulatedCrash() } }
  }
}

@Suite("release") struct ReleaseTests {
  private static let points: [FaultPoint?] = [
    nil, .releaseIntended, .afterRename, .releaseMoved, .releaseSidecarRemoved, .releaseDone,
  ]

  @Test(arguments: points)
  func `a picture is back in its place once, whenever the command was ended`(point: FaultPoint?) throws {
    try check(QuarantineBench(), point)
  }

  @Test(
    .enabled(if: OtherFileSystem.path != nil),
    arguments: points + [.temporaryCreated, .copied, .copySynchronized, .copyFolderSynchronized])
  func `the same between file systems`(point: FaultPoint?) throws {
    let root = (OtherFileSystem.path ?? "") + "/ganomaly-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    try check(QuarantineBench(quarantine: FilePath(root + "/quarantine")), point)
  }

  private func check(_ bench: QuarantineBench, _ point: FaultPoint?) throws {
    let record = bench.records[0]
    let entry = try bench.entry(record)
    if let point {
      do {
        let desk = try bench.desk(point.crash)
        #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: nil) }
      }
      // The next command, whatever it is, finishes the work, and can tell so.
      let settlements = try bench.desk().settlements
      #expect(settlements.map(\.end) == (point == .releaseDone ? [] : [.finished]))
      #expect(
        settlements.allSatisfy { $0.entry.fields.contains(JournalField("MESSAGE_ID", MessageID.released.rawValue)) })
    } else {
      #expect(try bench.desk().release(entry, to: nil).place.description.hasSuffix("/incoming/0.png"))
    }
    #expect(try bench.names() == [])
    #expect(try bench.bench.names("incoming") == ["0.png"])
    // Nothing hidden but the folder of sources that are to be removed, which the daemon keeps.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: bench.bench.path + "/incoming")
        .filter { $0 != "\(SourceRemoval.folder)" } == ["0.png"])
    #expect(try bench.bench.content("incoming/0.png") == "content 0")
    let status = try #require(try bench.bench.incoming.status(of: FileName("0.png")!))
    #expect(status.modified == record.arrival.modified && status.mode & 0o777 == record.mode & 0o777)
    let after = try bench.entry(record)
    #expect(after.departure?.kind == .released && after.departure?.state == .done)
    #expect(after.review?.label == .normal && after.review?.user?.name == "anna")
    #expect(!after.isInQuarantine)
    #expect(try Ledger(in: bench.bench.state).isAllowed(record.digest))
    #expect(try LedgerReader(state: bench.state).inspections().count == 1)
  }

  @Test(
    .enabled(if: OtherFileSystem.path != nil),
    arguments: [
      FaultPoint.temporaryCreated, .copied, .copySynchronized, .afterRename, .copyFolderSynchronized, .releaseMoved,
      .releaseSidecarRemoved,
    ], [Errno.noSpace, Errno(rawValue: EDQUOT)])
  func `a release between file systems that fails leaves the picture in one of the two places, and is finished later`(
    point: FaultPoint, code: Errno
  ) throws {
    let root = (OtherFileSystem.path ?? "") + "/ganomaly-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let bench = try QuarantineBench(quarantine: FilePath(root + "/quarantine"))
    let entry = try bench.entry(bench.records[0])
    let failing = Faults(failure: { $0 == point ? code : nil })
    let isMoved = ![FaultPoint.temporaryCreated, .copied, .copySynchronized].contains(point)
    if isMoved {
      // What has arrived is released, and not called a failure.
      #expect(try bench.desk(failing).release(entry, to: nil).remainder != nil)
    } else {
      #expect(throws: InspectionError.self) { _ = try bench.desk(failing).release(entry, to: nil) }
    }
    #expect(try bench.bench.names("incoming") == (isMoved ? ["0.png"] : []))
    #expect(try Ledger(in: bench.bench.state).isAllowed(bench.records[0].digest) == isMoved)
    // No half copy, hidden or not.
    #expect(try bench.bench.incoming.status(of: CheckedCopy.temporary(id: entry.record.id)) == nil)
    if isMoved { _ = try bench.desk() } else { _ = try bench.desk().release(bench.entry(bench.records[0]), to: nil) }
    #expect(try bench.names() == [])
    #expect(try bench.bench.content("incoming/0.png") == "content 0")
    #expect(try bench.entry(bench.records[0]).departure?.state == .done)
  }

  @Test func `what a command tells the journal names picture, place and person`() throws {
    let bench = try QuarantineBench()
    let record = bench.records[0]
    let entry = CommandJournal.entry(
      .released, "'0.png' was released", record, place: BytePath("/spool/incoming/0.png"),
      user: User(number: 7, name: "anna"))
    func field(_ name: String) -> String? {
      entry.fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
    #expect(field("MESSAGE") == "'0.png' was released by user anna")
    #expect(field("MESSAGE_ID") == MessageID.released.rawValue)
    #expect(field("PRIORITY") == "5")
    #expect(field("SYSLOG_IDENTIFIER") == "ganomalyd")
    #expect(field("GANOMALY_EVENT_ID") == record.id)
    #expect(field("GANOMALY_FILE") == bench.bench.path + "/incoming/0.png")
    #expect(field("GANOMALY_DESTINATION") == "/spool/incoming/0.png")
    #expect(field("GANOMALY_SHA256") == record.digestText)
    #expect(field("GANOMALY_SCORE") == "2" && field("GANOMALY_THRESHOLD") == "1")
    let purged = CommandJournal.entry(.purged, "3 pictures", nil, user: nil)
    #expect(purged.fields.contains(JournalField("MESSAGE", "3 pictures")))
    #expect(!purged.fields.contains { $0.name == "GANOMALY_FILE" })
  }

  @Test func `the daemon's start finishes what no command came to finish`() throws {
    let bench = try QuarantineBench(count: 2)
    let entry = try bench.entry(bench.records[0])
    do {
      let desk = try bench.desk(FaultPoint.releaseMoved.crash)
      #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: nil) }
      // Held by the living: a start leaves it to them.
      #expect(throws: InspectionError.self) {
        _ = try QuarantineLock.take(bench.bench.folders.quarantine, waitingAtMost: .zero)
      }
    }
    let ledger = try Ledger(in: bench.bench.state)
    #expect(try ledger.intendedDepartures().count == 1)
    let notes = Tidying.run(
      ledger, bench.bench.folders, state: bench.bench.state, incoming: bench.bench.incoming, faults: .none)
    #expect(
      notes.map(\.text) == [
        "'0.png' of event \(entry.record.id) is released: the release that was interrupted is "
          + "finished by user anna"
      ])
    #expect(notes.allSatisfy { !$0.isFailure })
    #expect(try ledger.intendedDepartures().isEmpty)
    #expect(try bench.names().count == 2)
    #expect(try bench.bench.names("incoming") == ["0.png"])
  }

  @Test func `a place that is taken is named with the remedy, and nothing has changed`() throws {
    let bench = try QuarantineBench()
    try bench.bench.put("0.png", "another")
    let before = try bench.names()
    do {
      _ = try bench.desk().release(bench.entry(bench.records[0]), to: nil)
      Issue.record("the place is taken")
    } catch let error as InspectionError {
      #expect(error.description.contains("incoming/0.png' is there already"))
      #expect(error.description.contains("'--to'"))
    }
    #expect(try bench.names() == before)
    #expect(try bench.bench.content("incoming/0.png") == "another")
    let entry = try bench.entry(bench.records[0])
    #expect(entry.departure == nil && entry.review == nil)
    #expect(try !Ledger(in: bench.bench.state).isAllowed(bench.records[0].digest))
    // To another folder it goes.
    let other = try Directory.creating(path: bench.bench.spool.appending("good"))
    #expect(try bench.desk().release(entry, to: other.path).place.description.hasSuffix("good/0.png"))
    #expect(try bench.bench.content("good/0.png") == "content 0")
  }

  @Test func `a place that is taken between intent and move leaves the picture in quarantine`() throws {
    let bench = try QuarantineBench()
    let racing = Faults { [path = bench.bench.path] reached throws(Faults.SimulatedCrash) in
      guard reached == .releaseIntended else { return }
      _ = FileManager.default.createFile(atPath: path + "/incoming/0.png", contents: Data("another".utf8))
    }
    #expect(throws: InspectionError.self) { _ = try bench.desk(racing).release(bench.entry(bench.records[0]), to: nil) }
    #expect(try bench.names().count == 2)
    #expect(try bench.entry(bench.records[0]).isInQuarantine)
    #expect(try !Ledger(in: bench.bench.state).isAllowed(bench.records[0].digest))
    #expect(try Ledger(in: bench.bench.state).intendedDepartures().isEmpty)
  }

  @Test func `a picture that was changed in quarantine is not released`() throws {
    let bench = try QuarantineBench()
    let path = bench.bench.folders.quarantine.path.string + "/\(bench.records[0].destination!)"
    try Data("content X".utf8).write(to: URL(filePath: path))
    do {
      _ = try bench.desk().release(bench.entry(bench.records[0]), to: nil)
      Issue.record("it is another file")
    } catch let error as InspectionError {
      #expect(error.description.contains("no longer the file that was scored"))
    }
    #expect(try bench.names().count == 2)
  }

  @Test func `what is not in quarantine is not released, and the reason is told`() throws {
    let bench = try QuarantineBench()
    let entry = try bench.entry(bench.records[0])
    _ = try bench.desk().release(entry, to: nil)
    do {
      _ = try bench.desk().release(bench.entry(bench.records[0]), to: nil)
      Issue.record("it was released before")
    } catch let error as InspectionError {
      #expect(error.description.contains("not in quarantine: it was released at"))
    }
  }
}

@Suite("confirm") struct ConfirmTests {
  @Test(arguments: [nil, FaultPoint.confirmRecorded, .confirmWritten])
  func `the label is in the ledger and, after a repetition at the latest, in the sidecar`(point: FaultPoint?) throws {
    let bench = try QuarantineBench()
    let entry = try bench.entry(bench.records[0])
    if let point {
      #expect(throws: Faults.SimulatedCrash.self) { try bench.desk(point.crash).confirm(entry) }
      #expect(try bench.entry(bench.records[0]).review?.label == .anomaly)
    }
    try bench.desk().confirm(entry)
    #expect(try bench.entry(bench.records[0]).review?.label == .anomaly)
    let sidecar = try #require(try QuarantineFolder(directory: bench.bench.folders.quarantine).entries().first)
    #expect(sidecar.review?.label == .anomaly && sidecar.review?.user == User(number: 7, name: "anna"))
    #expect(try bench.names().count == 2)
    #expect(try bench.entry(bench.records[0]).isInQuarantine)
  }

  @Test func `a label, a release and a new ledger: what people decided survives`() throws {
    let bench = try QuarantineBench(count: 3)
    try bench.desk().confirm(bench.entry(bench.records[0]))
    _ = try bench.desk().release(bench.entry(bench.records[1]), to: nil)
    let damaged = try Ledger(in: bench.bench.state)
    let (new, note) = try LedgerRepair.beginAnew(
      bench.bench.state, bench.bench.folders, damaged: damaged, reason: "test", readerCount: 2)
    #expect(note.contains("2 pictures from quarantine and 2 reviews and 1 releases"), "\(note)")
    #expect(try bench.entry(bench.records[0]).review?.label == .anomaly)
    #expect(try new.isAllowed(bench.records[1].digest))
    #expect(try !new.isAllowed(bench.records[2].digest))
    try new.close()
    // Nothing of the old one can be read: the sidecars still have the confirmation.
    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
      let path = bench.bench.path + "/state/" + name
      if FileManager.default.fileExists(atPath: path) { try Data("rubbish".utf8).write(to: URL(filePath: path)) }
    }
    let (newest, words) = try LedgerRepair.beginAnew(
      bench.bench.state, bench.bench.folders, damaged: nil, reason: "test", readerCount: 2)
    #expect(words.contains("others may be lost"), "\(words)")
    #expect(try bench.entry(bench.records[0]).review?.label == .anomaly)
    #expect(try newest.quarantined(limit: 99).count == 2)
  }

  @Test(arguments: [FaultPoint.repairFilled, .repairRenamed, .repairSetAside])
  func `a repair that is ended anywhere is done by the next start`(point: FaultPoint) throws {
    let bench = try QuarantineBench(count: 2)
    let path = bench.bench.path + "/state/ledger.sqlite"
    for name in ["-wal", "-shm"] { unlink(path + name) }
    try Data("rubbish".utf8).write(to: URL(filePath: path))
    #expect(throws: Faults.SimulatedCrash.self) {
      _ = try LedgerRepair.beginAnew(
        bench.bench.state, bench.bench.folders, damaged: nil, reason: "test", readerCount: 2, faults: point.crash)
    }
    var settings = Settings()
    settings.spool = bench.bench.spool
    settings.statePath = bench.state
    let daemon = try Daemon(settings: settings, environment: Daemon.Environment(readSettings: { Settings() }))
    #expect(try daemon.ledger.value.quarantined(limit: 99).map(\.id) == bench.records.map(\.id))
    #expect(try bench.bench.names("state").count { $0.contains(".damaged-") } == 1)
  }
}
