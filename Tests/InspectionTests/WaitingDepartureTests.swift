import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// Puts a copy in a folder's place that has another number, as a changed disk or a restored backup has.
private func copyAnew(_ path: String) throws {
  #expect(rename(path, path + ".former") == 0)
  try FileManager.default.copyItem(atPath: path + ".former", toPath: path)
  #expect(
    try Directory(path: FilePath(path)).status().inode != Directory(path: FilePath(path + ".former")).status().inode)
  try FileManager.default.removeItem(atPath: path + ".former")
}

/// Puts an empty folder in another's place, which is kept beside it.
private func replace(_ path: String) throws {
  #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o755) == 0)
}

@Suite("departures whose folder has another number for good") struct WaitingDepartureTests {
  private let all = Retention(maximumAge: nil, maximumBytes: 0)

  private func interruptPurge(_ bench: QuarantineBench, at point: FaultPoint) throws {
    let desk = try bench.desk(point.crash, purpose: .free)
    #expect(throws: Faults.SimulatedCrash.self) { try desk.purge(all) { _ in } }
  }

  private func interruptRelease(_ bench: QuarantineBench, at point: FaultPoint, to place: FilePath? = nil) throws {
    let desk = try bench.desk(point.crash)
    let entry = try bench.entry(bench.records[0])
    #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: place) }
  }

  private func ledger(_ bench: QuarantineBench) throws -> Ledger { try Ledger(in: bench.bench.state) }

  // MARK: The pictures are in the folder that is there now

  @Test(arguments: [FaultPoint.purgeIntended, .purgeRemoved])
  func `a purge is settled in the folder that holds the pictures now`(point: FaultPoint) throws {
    let bench = try QuarantineBench(count: 2)
    try interruptPurge(bench, at: point)
    try copyAnew(bench.bench.path + "/quarantine")
    let stays = Settlement.End.withdrawn("the picture stays in quarantine")
    // The picture that is there proves the folder, also for the one that was removed from it.
    #expect(try bench.desk().settlements.map(\.end) == [point == .purgeIntended ? stays : .finished, stays])
    #expect(try ledger(bench).intendedDepartures().isEmpty)
    try bench.desk(purpose: .free).purge(all) { _ in }
    #expect(try bench.names() == [])
    #expect(try bench.records.map { try bench.entry($0).departure?.state } == [.done, .done])
  }

  @Test func `a picture that nobody purges proves the folder as well`() throws {
    let bench = try QuarantineBench(count: 2)
    let rule = Retention(maximumAge: nil, maximumBytes: try bench.bytes(1))
    do {
      let desk = try bench.desk(FaultPoint.purgeRemoved.crash, purpose: .free)
      #expect(throws: Faults.SimulatedCrash.self) { try desk.purge(rule) { _ in } }
    }
    try copyAnew(bench.bench.path + "/quarantine")
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
  }

  @Test func `other bytes under a picture's name prove nothing`() throws {
    let bench = try QuarantineBench()
    try interruptPurge(bench, at: .purgeIntended)
    try replace(bench.bench.path + "/quarantine")
    let name = try #require(bench.records[0].destination)
    try Data("content X".utf8).write(to: URL(filePath: bench.bench.path + "/quarantine/\(name)"))
    #expect(try bench.desk().settlements.map(\.isPending) == [true])
  }

  @Test func `a release goes on from the folder that holds the picture now`() throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: .releaseIntended)
    try copyAnew(bench.bench.path + "/quarantine")
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.bench.content("incoming/0.png") == "content 0")
    #expect(try bench.names() == [])
  }

  @Test func `a release is done where its place holds the picture, whatever number that has`() throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: .afterRename)
    try copyAnew(bench.bench.path + "/incoming")
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.bench.names("incoming") == ["0.png"])
    #expect(try bench.entry(bench.records[0]).review?.label == .normal)
  }

  // MARK: A person asks again

  @Test(arguments: [FaultPoint.purgeIntended, .purgeRemoved])
  func `a purge that waits is taken back by the next purge, not by what else a person does`(point: FaultPoint) throws {
    let bench = try QuarantineBench()
    try interruptPurge(bench, at: point)
    let path = bench.bench.path + "/quarantine"
    try replace(path)
    let waiting = try bench.desk().settlements
    #expect(waiting.map(\.isPending) == [true])
    #expect(waiting.allSatisfy { $0.text.contains("'ganomaly quarantine purge' once more ends the wait") })
    let desk = try bench.desk(purpose: .free)
    #expect(desk.settlements.allSatisfy { $0.text.contains("it is not waited for") && !$0.isPending })
    try desk.purge(all) { _ in Issue.record("nothing lies there") }
    #expect(try bench.entry(bench.records[0]).departure == nil)
    // Its folder is back after all: nothing is lost.
    #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
    var removed = 0
    try bench.desk(purpose: .free).purge(all) { _ in removed += 1 }
    #expect(removed == (point == .purgeIntended ? 1 : 0))
  }

  @Test func `a release whose picture has left its quarantine is finished by asking again`() throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: .afterRename)
    try replace(bench.bench.path + "/incoming")
    let out = try Directory.creating(path: bench.bench.spool.appending("out")).path
    let desk = try bench.desk()
    #expect(desk.settlements.map(\.isPending) == [true])
    let release = try desk.release(bench.entry(bench.records[0]), to: out)
    #expect(release.isEarlier && release.remainder == nil)
    #expect(release.place.description.hasSuffix("/incoming/0.png"))
    let entry = try bench.entry(bench.records[0])
    #expect(entry.departure?.state == .done && entry.review?.label == .normal)
    #expect(try ledger(bench).isAllowed(bench.records[0].digest))
    #expect(try bench.names() == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: out.string) == [])
  }

  @Test func `a release that waits for its place goes to another one, or to the folder that is there now`() throws {
    for isElsewhere in [true, false] {
      let bench = try QuarantineBench()
      try interruptRelease(bench, at: .releaseIntended)
      try replace(bench.bench.path + "/incoming")
      let out = try Directory.creating(path: bench.bench.spool.appending("out")).path
      let release = try bench.desk().release(bench.entry(bench.records[0]), to: isElsewhere ? out : nil)
      #expect(!release.isEarlier)
      #expect(try bench.bench.content(isElsewhere ? "out/0.png" : "incoming/0.png") == "content 0")
      #expect(try ledger(bench).intendedDepartures().isEmpty)
    }
  }

  @Test(arguments: [FaultPoint.releaseIntended, .afterRename], [true, false])
  func `a release whose quarantine is another one is finished where its picture is found, else given up`(
    point: FaultPoint, isMet: Bool
  ) throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: point)
    let path = bench.bench.path + "/quarantine"
    try replace(path)
    if isMet, point == .afterRename {
      let (recorder, _, _) = try bench.bench.recorder()
      try recorder.record([try bench.bench.inspected("0.png", action: .left)])
      #expect(unlink(bench.bench.path + "/incoming/0.png") == 0)
    }
    let desk = try bench.desk()
    #expect(desk.settlements.map(\.isPending) == [true])
    let entry = try bench.entry(bench.records[0])
    if point == .afterRename {
      #expect(try desk.release(entry, to: nil).isEarlier)
      #expect(try bench.entry(bench.records[0]).departure?.state == .done)
    } else {
      do {
        _ = try desk.release(entry, to: nil)
        Issue.record("nobody knows where it is")
      } catch let error as InspectionError {
        #expect(error.description.contains("that one is given up, its bytes stay allowed until"), "\(error)")
      }
      #expect(try bench.entry(bench.records[0]).departure == nil)
    }
    #expect(try ledger(bench).isAllowed(bench.records[0].digest))
    guard point == .releaseIntended else { return }
    // Its folder is back after all: it can be released.
    #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
    #expect(try !bench.desk().release(bench.entry(bench.records[0]), to: nil).isEarlier)
    #expect(try bench.bench.content("incoming/0.png") == "content 0")
  }

  // MARK: Another attempt that fails

  @Test(arguments: [true, false])
  func `another attempt that fails leaves the release that waits as it was, and its permission`(
    isTaken: Bool
  ) throws {
    let bench = try QuarantineBench()
    try interruptRelease(bench, at: .releaseIntended)
    // As a copy that arrived: both are there, and the place goes away.
    try bench.bench.put("0.png", "content 0")
    let path = bench.bench.path + "/incoming"
    try replace(path)
    let record = bench.records[0]
    let before = try #require(try bench.entry(record).departure)
    let folders = try ledger(bench).folders(ofDeparture: record.id)
    let out = try Directory.creating(path: bench.bench.spool.appending("out")).path
    let failing =
      isTaken
      ? Faults { reached throws(Faults.SimulatedCrash) in
        guard reached == .releaseIntended else { return }
        _ = FileManager.default.createFile(atPath: out.string + "/0.png", contents: Data("another".utf8))
      } : Faults(failure: { $0 == .releaseIntended ? .noSpace : nil })
    do {
      let desk = try bench.desk(failing)
      #expect(throws: InspectionError.self) { _ = try desk.release(bench.entry(record), to: out) }
    }
    #expect(try bench.entry(record).departure == before)
    #expect(try ledger(bench).folders(ofDeparture: record.id) == folders)
    #expect(try ledger(bench).isAllowed(record.digest))
    // Its place is back with the picture: that is where it was released to.
    #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.names() == [])
    #expect(try bench.bench.names("incoming") == ["0.png"])
    #expect(try ledger(bench).isAllowed(record.digest))
  }
}
