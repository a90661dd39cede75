import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("departures: what proves a release, what ends its permission, and a full disk") struct DepartureProofTests {
  private let all = Retention(maximumAge: nil, maximumBytes: 0)

  private func ledger(_ bench: QuarantineBench) throws -> Ledger { try Ledger(in: bench.bench.state) }

  private func place(_ bench: QuarantineBench) throws -> FilePath {
    try Directory.creating(path: bench.bench.spool.appending("out")).path
  }

  private func interruptRelease(_ bench: QuarantineBench, at point: FaultPoint, to place: FilePath? = nil) throws {
    let desk = try bench.desk(point.crash)
    let entry = try bench.entry(bench.records[0])
    #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: place) }
  }

  private func interruptPurge(_ bench: QuarantineBench, at point: FaultPoint) throws {
    let desk = try bench.desk(point.crash, purpose: .free)
    #expect(throws: Faults.SimulatedCrash.self) { try desk.purge(all) { _ in } }
  }

  /// Puts an empty folder in another's place.
  private func replace(_ path: String) throws {
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o755) == 0)
  }

  /// Puts a folder back that another one had the place of.
  private func putBack(_ path: String) throws {
    #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
  }

  /// Lets the daemon meet the released bytes in the watched folder.
  private func meet(_ name: String, in bench: QuarantineBench) throws {
    try bench.bench.put(name, "content 0")
    let (recorder, _, _) = try bench.bench.recorder()
    try recorder.record([try bench.bench.inspected(name, action: .left)])
  }

  private func expectGivenUp(_ bench: QuarantineBench, to place: FilePath?) throws {
    do {
      _ = try bench.desk().release(bench.entry(bench.records[0]), to: place)
      Issue.record("nobody knows where it is")
    } catch let error as InspectionError {
      #expect(error.description.contains("is given up, its bytes stay allowed until it is confirmed"), "\(error)")
    }
  }

  /// Leaves a release that was given up, with its permission, and the picture in quarantine.
  private func giveUp(_ bench: QuarantineBench) throws {
    let path = bench.bench.path + "/quarantine"
    let out = try place(bench)
    try interruptRelease(bench, at: .releaseIntended, to: out)
    try replace(path)
    try expectGivenUp(bench, to: out)
    try putBack(path)
    #expect(try ledger(bench).isAllowed(bench.records[0].digest))
  }

  // MARK: What proves a release

  @Test(arguments: [(true, "0.png"), (true, "same.png"), (false, "same.png")])
  func `the same bytes in another folder than the release's, or under another name, prove nothing`(
    isElsewhere: Bool, name: String
  ) throws {
    let bench = try QuarantineBench()
    let out = isElsewhere ? try place(bench) : nil
    try interruptRelease(bench, at: .releaseIntended, to: out)
    let path = bench.bench.path + "/quarantine"
    try replace(path)
    try meet(name, in: bench)
    try expectGivenUp(bench, to: out)
    #expect(try bench.entry(bench.records[0]).departure == nil)
    // The picture is back with its folder, and can be released.
    try putBack(path)
    let away = try Directory.creating(path: bench.bench.spool.appending("good")).path
    #expect(try !bench.desk().release(bench.entry(bench.records[0]), to: away).isEarlier)
    #expect(try bench.bench.content("good/0.png") == "content 0")
  }

  @Test func `a release that lost its picture is taken back, though the daemon met its bytes elsewhere`() throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: .afterRename, to: place(bench))
    #expect(unlink(bench.bench.path + "/out/0.png") == 0)
    try meet("0.png", in: bench)
    let settlements = try bench.desk().settlements
    #expect(settlements.allSatisfy { $0.text.contains("neither in quarantine nor where it was to go") })
    #expect(settlements.count == 1)
    #expect(try bench.entry(bench.records[0]).departure == nil)
  }

  @Test(arguments: [FaultPoint.releaseMoved, .releaseSidecarRemoved])
  func `a release by rename that arrived is known to have, without its folders`(point: FaultPoint) throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: point, to: place(bench))
    try replace(bench.bench.path + "/out")
    try replace(bench.bench.path + "/quarantine")
    #expect(try bench.entry(bench.records[0]).review?.label == .normal)
    let desk = try bench.desk()
    #expect(desk.settlements.map(\.isPending) == [true])
    let release = try desk.release(bench.entry(bench.records[0]), to: nil)
    #expect(release.isEarlier && release.place.description.hasSuffix("/out/0.png"))
    #expect(try bench.entry(bench.records[0]).departure?.state == .done)
    #expect(try ledger(bench).isAllowed(bench.records[0].digest))
  }

  // MARK: What ends a permission

  @Test func `the bytes of a release that was given up are allowed until their picture is confirmed`() throws {
    let bench = try QuarantineBench()
    try giveUp(bench)
    try bench.desk().confirm(bench.entry(bench.records[0]))
    #expect(try !ledger(bench).isAllowed(bench.records[0].digest))
  }

  @Test(arguments: [nil, FaultPoint.purgeIntended, .purgeRemoved])
  func `or until it is purged, and not by a purge that is taken back`(point: FaultPoint?) throws {
    let bench = try QuarantineBench()
    try giveUp(bench)
    if let point {
      try interruptPurge(bench, at: point)
      #expect(try bench.desk().settlements.map(\.isPending) == [false])
    } else {
      try bench.desk(purpose: .free).purge(all) { _ in }
    }
    #expect(try ledger(bench).isAllowed(bench.records[0].digest) == (point == .purgeIntended))
  }

  @Test(arguments: [true, false])
  func `another release of the same bytes keeps them allowed`(isConfirmed: Bool) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    for name in ["a.png", "b.png"] {
      try bench.put(name, "the same")
      try recorder.record([try bench.inspected(name)])
    }
    let records = try ledger.quarantined(limit: 9)
    let departure = Departure(.released, time: .now, user: nil, folder: Array("/x".utf8), name: FileName("a.png")!)
    for record in records { #expect(try ledger.beginDepartures([record], departure).count == 1) }
    try ledger.withdrawDepartures(of: [records[0]], isPermissionKept: true)
    func end(_ record: InspectionRecord) throws {
      if isConfirmed {
        try ledger.review(record.id, Review(label: .anomaly, time: .now, user: nil))
      } else {
        let purge = Departure(.purged, time: .now, user: nil)
        #expect(try ledger.beginDepartures([record], purge).count == 1)
        try ledger.finishDepartures([record], purge)
      }
    }
    try end(records[0])
    #expect(try ledger.isAllowed(records[0].digest))
    try ledger.withdrawDepartures(of: [records[1]], isPermissionKept: true)
    try end(records[1])
    #expect(try !ledger.isAllowed(records[0].digest))
  }

  // MARK: A full disk

  /// Lets a ledger have no room for departures while its reserve holds some.
  private func fill(_ ledger: Ledger, _ reserve: LedgerReserve) throws {
    let path = reserve.state.path.string + "/\(LedgerReserve.name)"
    try ledger.writing { database in
      database.add(
        function: DatabaseFunction("need_room", argumentCount: 0) { _ in
          if access(path, F_OK) == 0 {
            throw DatabaseError(resultCode: .SQLITE_FULL, message: "database or disk is full")
          }
          return nil
        })
      for change in ["UPDATE", "DELETE"] {
        try database.execute(
          sql: "CREATE TEMP TRIGGER room_\(change) BEFORE \(change) ON main.departure BEGIN SELECT need_room(); END")
      }
    }
  }

  @Test(arguments: [FaultPoint.purgeIntended, .purgeRemoved, .afterRename])
  func `who makes room on a full disk settles by the reserve what an interruption left`(point: FaultPoint) throws {
    let bench = try QuarantineBench()
    if point == .afterRename {
      try interruptRelease(bench, at: point)
    } else {
      try interruptPurge(bench, at: point)
    }
    let ledger = try ledger(bench)
    var reserve = LedgerReserve(state: bench.bench.state)
    reserve.freeBytes = { _ throws(LinuxError) in LedgerReserve.minimumFreeBytes }
    try reserve.renew()
    try fill(ledger, reserve)
    func settle(_ reserve: LedgerReserve?) throws -> [Settlement] {
      try Departures(ledger: ledger, faults: .none, reserve: reserve).settle { _ throws(InspectionError) in
        bench.bench.folders.quarantine
      }
    }
    let failed = try settle(nil)
    #expect(failed.map(\.isFailure) == [true] && failed.allSatisfy { $0.isPending && $0.text.contains("is full") })
    #expect(try bench.bench.state.status(of: LedgerReserve.name) != nil)
    let ends = try settle(reserve).map(\.end)
    #expect(ends == [point == .purgeIntended ? .withdrawn("the picture stays in quarantine") : .finished])
    #expect(try bench.bench.state.status(of: LedgerReserve.name) == nil)
    #expect(try ledger.intendedDepartures().isEmpty)
  }
}
