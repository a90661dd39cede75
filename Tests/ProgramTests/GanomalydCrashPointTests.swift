import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

#if DEBUG
  /// A second file system over the quarantine of a daemon, which only that daemon sees.
  enum MountedQuarantine {
    /// What starts a daemon so.
    static func launcher(_ elsewhere: String, over quarantine: String) -> [String] {
      [
        "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/bash", "-c",
        #"mount --bind "$0" "$1" && shift && exec "$@""#, elsewhere, quarantine,
      ]
    }
  }

  @Suite("ganomalyd: killed at every point") struct GanomalydCrashPointTests {
    private static let moving: [FaultPoint] = [
      .afterIntent, .beforeMove, .afterRename, .afterMoves, .afterSynchronization, .sidecarWritten, .afterSidecars,
      .afterDone,
    ]
    private static let copying: [FaultPoint] = [
      .temporaryCreated, .copied, .copySynchronized, .afterRename, .copyFolderSynchronized, .sourceAside,
      .sourceRemoved,
    ]

    /// What is dropped, and where it must be in the end.
    struct Drop: Sendable, CustomTestStringConvertible {
      let title: String
      let arguments: [String]
      let bytes: [UInt8]
      let action: FileAction
      /// The folder of the spool; nil where the file goes for good.
      let folder: String?
      var testDescription: String { title }

      static let anomaly = Drop(
        title: "anomaly", arguments: [], bytes: picture(isAnomalous: true), action: .quarantined, folder: "quarantine")
      static let passed = Drop(
        title: "normal, moved", arguments: ["--on-normal", "move"], bytes: picture(isAnomalous: false),
        action: .passed, folder: "passed")
      static let deleted = Drop(
        title: "normal, deleted", arguments: ["--on-normal", "delete"], bytes: picture(isAnomalous: false),
        action: .deleted, folder: nil)
      static let rejected = Drop(
        title: "rubbish", arguments: [], bytes: Array("no picture at all".utf8), action: .rejected, folder: "rejected")

      private static func picture(isAnomalous: Bool) -> [UInt8] {
        SamplePictures.file((0..<40).first { SamplePictures.shared.isAnomalous($0) == isAnomalous }!)
      }
    }

    private static let cases: [(Drop, FaultPoint)] =
      moving.map { (.anomaly, $0) }
      + [.afterIntent, .beforeMove, .afterRename, .afterMoves, .afterSynchronization, .afterDone].flatMap {
        [(.passed, $0), (.rejected, $0)]
      } + [.beforeMove, .sourceAside, .sourceRemoved, .afterMoves, .afterDone].map { (.deleted, $0) }

    @Test(arguments: cases)
    func `one row, and the file with its bytes in one place, after the next start`(
      drop: Drop, point: FaultPoint
    ) throws {
      try check(drop, point, TestSpool(), launcher: [])
    }

    @Test(.enabled(if: MountNamespace.isPossible), arguments: copying)
    func `the same where quarantine is another file system`(point: FaultPoint) throws {
      let spool = try TestSpool()
      let elsewhere = try ScratchFolder()
      try FileManager.default.createDirectory(atPath: spool.quarantine, withIntermediateDirectories: true)
      let launcher = MountedQuarantine.launcher(elsewhere.path, over: spool.quarantine)
      try check(.anomaly, point, spool, launcher: launcher, place: elsewhere.path)
    }

    private func check(
      _ drop: Drop, _ point: FaultPoint, _ spool: TestSpool, launcher: [String], place: String? = nil
    ) throws {
      let dying = try spool.start(
        drop.arguments, environment: ["GANOMALY_FAULT": point.rawValue], launcher: launcher)
      try Data(drop.bytes).write(to: URL(filePath: spool.incoming + "/p.png"))
      dying.process.waitUntilExit()
      #expect(dying.process.terminationReason == .uncaughtSignal, "\(dying.output)")
      let daemon = try spool.start(drop.arguments, launcher: launcher)
      try eventually("done") { spool.records().first?.state == .done }
      // What follows goes its way, so that the first is not looked at any more.
      try Data(Array("rubbish too".utf8)).write(to: URL(filePath: spool.incoming + "/q.png"))
      try eventually("the next record") { spool.records().filter { $0.state == .done }.count == 2 }
      #expect(daemon.stop() == 0)

      let records = spool.records()
      #expect(records.map(\.arrival.name.description) == ["p.png", "q.png"])
      #expect(records.map(\.action) == [drop.action, .rejected])
      #expect(try all(in: spool.incoming) == [], "nothing is left, hidden or not")
      for folder in ["quarantine", "passed", "rejected"] {
        let path = folder == "quarantine" ? place ?? spool.quarantine : spool.spool + "/" + folder
        let names = try all(in: path).filter { !$0.hasSuffix("-q.png") }
        let isHere = folder == drop.folder
        #expect(names.count == (isHere ? (folder == "quarantine" ? 2 : 1) : 0), "\(folder): \(names)")
        guard isHere, let name = names.first(where: { $0.hasSuffix("-p.png") }) else { continue }
        #expect(try Array(Data(contentsOf: URL(filePath: path + "/" + name))) == drop.bytes)
        if folder == "quarantine" { #expect(names.contains(name + ".json")) }
      }
      // The second daemon may have been at its status when it was stopped; what the first left is gone.
      let leftover = ".\(dying.process.processIdentifier)-"
      #expect(try !all(in: spool.spool + "/state").contains { $0.hasPrefix(leftover) && $0.hasSuffix(".tmp") })
    }

    @Test(arguments: [FaultPoint.repairFilled, .repairRenamed, .repairSetAside])
    func `a repair of the ledger that is killed is done by the next start`(point: FaultPoint) throws {
      let spool = try TestSpool()
      let first = try spool.start()
      try Data(Drop.anomaly.bytes).write(to: URL(filePath: spool.incoming + "/p.png"))
      try eventually("quarantined") { spool.records().first?.state == .done }
      #expect(first.stop() == 0)
      try Data("rubbish".utf8).write(to: URL(filePath: spool.spool + "/state/ledger.sqlite"))
      // A log that is left would be read in the file's place.
      for ending in ["-wal", "-shm"] { unlink(spool.spool + "/state/ledger.sqlite" + ending) }
      let dying = try spool.start(environment: ["GANOMALY_FAULT": point.rawValue], isWaiting: false)
      dying.process.waitUntilExit()
      #expect(dying.process.terminationReason == .uncaughtSignal, "\(dying.output)")
      let daemon = try spool.start()
      #expect(spool.records().map(\.action) == [.quarantined])
      #expect(daemon.stop() == 0)
      #expect(try all(in: spool.spool + "/state").count { $0.contains(".damaged-") && $0.hasSuffix("Z") } == 1)
      #expect(try all(in: spool.quarantine).count == 2)
    }

    /// All names, hidden ones too; without the files that locks are on, and side pictures of pictures that are there.
    private func all(in path: String) throws -> [String] {
      TestSpool.withoutViews(try FileManager.default.contentsOfDirectory(atPath: path))
        .filter { !$0.hasSuffix(".lock") }.sorted()
    }
  }
#endif
