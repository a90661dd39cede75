import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("pruning: pictures whose quarantine is away") struct PruningTests {
  private func prune(_ bench: QuarantineBench, _ bound: Int, over folders: SpoolFolders? = nil) throws -> [String] {
    var settings = Settings()
    settings.retainRecords = bound
    let sink = RecordSink(
      ways: RecordSink.Ways(.stderr, isPresent: false, isTerminal: false), makeID: { UUID().uuidString })
    let ledger = try Ledger(in: bench.bench.state)
    Upkeep(
      ledger: Shared(ledger), folders: try folders ?? SpoolFolders(spool: bench.bench.spool), state: bench.bench.state,
      settings: Shared(settings), sink: sink, isStopping: Shared(false), faults: .none
    ).run(now: .now, incoming: bench.bench.incoming)
    return try ledger.records("ORDER BY number").map(\.arrival.name.description)
  }

  /// Normal files that came and went.
  private func addNormal(_ count: Int, to bench: QuarantineBench) throws {
    let (recorder, _, _) = try bench.bench.recorder()
    for number in 0..<count {
      let name = "normal-\(number).png"
      try bench.bench.put(name, name)
      try recorder.record([try bench.bench.inspected(name, action: .left)])
      unlink(bench.bench.path + "/incoming/" + name)
    }
  }

  private func reviewCount(_ bench: QuarantineBench) throws -> Int {
    try Ledger(in: bench.bench.state).reading {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM review") ?? -1
    }
  }

  @Test func `rows and reviews of pictures stay while another folder is in the place of their quarantine`() throws {
    let bench = try QuarantineBench(count: 3)
    try addNormal(7, to: bench)
    try bench.desk().confirm(bench.entry(bench.records[0]))
    _ = try bench.desk().release(bench.entry(bench.records[2]), to: bench.bench.spool)
    let path = bench.bench.path + "/quarantine"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o700) == 0)
    // The released one is nowhere to come back to.
    #expect(try prune(bench, 4) == ["0.png", "1.png"] + (3..<7).map { "normal-\($0).png" })
    #expect(try reviewCount(bench) == 1)
    #expect(rmdir(path) == 0 || rename(path, path + ".other") == 0)
    #expect(rename(path + ".away", path) == 0)
    // All that lies there is somebody's: it can be purged and released.
    _ = try bench.desk().release(bench.entry(bench.records[0]), to: nil)
    try bench.desk(purpose: .free).purge(Retention(maximumAge: nil, maximumBytes: 0)) { _ in }
    #expect(try bench.names() == [])
  }

  @Test func `no more such rows are kept than the bound, the newest, and the reviews of those that go`() throws {
    let bench = try QuarantineBench(count: 9)
    for record in bench.records { try bench.desk().confirm(bench.entry(record)) }
    let path = bench.bench.path + "/quarantine"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o700) == 0)
    #expect(try prune(bench, 5).count == 9)
    #expect(try prune(bench, 4) == (1..<9).map { "\($0).png" })
    #expect(try reviewCount(bench) == 9)
    // A copy of some of them at the path: those are there, whatever the folder's number, and the bound is the others'.
    for record in bench.records[1...3] {
      let name = try #require(record.destination)
      try FileManager.default.copyItem(atPath: path + ".away/\(name)", toPath: path + "/\(name)")
    }
    #expect(try prune(bench, 2) == (1...3).map { "\($0).png" } + ["7.png", "8.png"])
  }

  @Test func `a quarantine that is not in its place hides no row of a picture, whatever its number is`() throws {
    let bench = try QuarantineBench(count: 2)
    try addNormal(4, to: bench)
    let folders = try SpoolFolders(spool: bench.bench.spool)
    let path = bench.bench.path + "/quarantine"
    // Nothing can be opened there: the former folder stays open, and was emptied by somebody.
    #expect(rename(path, path + ".away") == 0 && symlink("nowhere", path) == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: path + ".away") { unlink(path + ".away/" + name) }
    #expect(try prune(bench, 2, over: folders) == ["0.png", "1.png", "normal-2.png", "normal-3.png"])
    #expect(unlink(path) == 0 && rename(path + ".away", path) == 0)
    #expect(try prune(bench, 2) == ["normal-2.png", "normal-3.png"])
  }

  @Test func `rows of a ledger that was begun anew from its pictures know the folder of these`() throws {
    let bench = try QuarantineBench(count: 2)
    unlink(bench.bench.path + "/quarantine/\(try #require(bench.records[1].destination)).json")
    let damaged = try Ledger(in: bench.bench.state)
    let (new, _) = try LedgerRepair.beginAnew(
      bench.bench.state, bench.bench.folders, damaged: damaged, reason: "test", readerCount: 2)
    let inode = try bench.bench.folders.quarantine.status().inode
    #expect(try new.quarantined(limit: 9).map(\.targetInode) == [inode, inode])
  }

  @Test func `a release that waits for its place is not pruned, and done when that is back`() throws {
    let bench = try QuarantineBench(count: 1)
    try addNormal(4, to: bench)
    let place = try Directory.creating(path: bench.bench.spool.appending("good")).path
    do {
      let desk = try bench.desk(FaultPoint.afterRename.crash)
      let entry = try bench.entry(bench.records[0])
      #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: place) }
    }
    #expect(rename(place.string, place.string + ".away") == 0 && mkdir(place.string, 0o700) == 0)
    #expect(try prune(bench, 2) == ["0.png", "normal-3.png"])
    // By no way to the ledger, either.
    #expect(try Ledger(in: bench.bench.state).prune([bench.records[0].row]) == 0)
    #expect(rmdir(place.string) == 0 && rename(place.string + ".away", place.string) == 0)
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.entry(bench.records[0]).review?.label == .normal)
    #expect(try prune(bench, 1) == ["normal-3.png"])
  }

  @Test(arguments: [FaultPoint.purgeIntended, .purgeRemoved])
  func `a purge that waits for its quarantine is not pruned`(point: FaultPoint) throws {
    let bench = try QuarantineBench(count: 1)
    try addNormal(4, to: bench)
    do {
      let desk = try bench.desk(point.crash, purpose: .free)
      #expect(throws: Faults.SimulatedCrash.self) {
        try desk.purge(Retention(maximumAge: nil, maximumBytes: 0)) { _ in }
      }
    }
    let path = bench.bench.path + "/quarantine"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o700) == 0)
    #expect(try prune(bench, 2).contains("0.png"))
    #expect(try Ledger(in: bench.bench.state).intendedDepartures().count == 1)
  }
}
