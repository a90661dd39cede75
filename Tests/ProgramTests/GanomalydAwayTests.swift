import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

#if DEBUG
  @Suite("ganomalyd: killed, and started while its folder is away") struct GanomalydAwayTests {
    private static let anomaly = (0..<40).first { SamplePictures.shared.isAnomalous($0) }!

    /// When the folder comes back.
    enum Return: CaseIterable {
      /// While the daemon runs that was started without it.
      case beside
      /// Between two starts, the second of them a kill of the first.
      case between
    }

    @Test(
      arguments: [
        FaultPoint.afterIntent, .beforeMove, .sourceAside, .sourceRemoved, .afterMoves,
      ], Return.allCases)
    func `a removal that was interrupted is finished in its own row`(point: FaultPoint, way: Return) throws {
      let spool = try TestSpool()
      let settings = ["--on-normal", "delete", "--rescan", "300 ms"]
      try check(spool, SamplePictures.file(TestSpool.normal[0]), settings, point, way, action: .deleted)
    }

    @Test(
      .enabled(if: MountNamespace.isPossible),
      arguments: [
        FaultPoint.afterIntent, .temporaryCreated, .copied, .copySynchronized, .copyFolderSynchronized, .sourceAside,
        .sourceRemoved, .afterMoves,
      ], Return.allCases)
    func `a copy to another file system is made once`(point: FaultPoint, way: Return) throws {
      let spool = try TestSpool()
      let elsewhere = try ScratchFolder()
      try FileManager.default.createDirectory(atPath: spool.quarantine, withIntermediateDirectories: true)
      let launcher = MountedQuarantine.launcher(elsewhere.path, over: spool.quarantine)
      try check(
        spool, SamplePictures.file(Self.anomaly), ["--rescan", "300 ms"], point, way, action: .quarantined,
        launcher: launcher)
      // A side picture may lie beside it, where it was made and recorded by the same process.
      let names = try FileManager.default.contentsOfDirectory(atPath: elsewhere.path)
        .filter { !$0.hasPrefix(".") && !$0.hasSuffix(".view.png") }
      #expect(names.count == 2 && names.count { $0.hasSuffix("-p.png.json") } == 1, "\(names)")
    }

    private func check(
      _ spool: TestSpool, _ bytes: [UInt8], _ arguments: [String], _ point: FaultPoint, _ way: Return,
      action: FileAction, launcher: [String] = []
    ) throws {
      let dying = try spool.start(arguments, environment: ["GANOMALY_FAULT": point.rawValue], launcher: launcher)
      try Data(bytes).write(to: URL(filePath: spool.incoming + "/p.png"))
      dying.process.waitUntilExit()
      #expect(dying.process.terminationReason == .uncaughtSignal, "\(dying.output)")
      #expect(rename(spool.incoming, spool.incoming + ".away") == 0)
      var daemon = try spool.start(arguments, launcher: launcher)
      try eventually("settled: \(daemon.output)") { spool.records().first?.state == .done }
      if way == .between { daemon.kill() }
      #expect(rename(spool.incoming + ".away", spool.incoming) == 0, "the folder that stands in is empty: \(errno)")
      if way == .between {
        daemon = try spool.start(arguments, launcher: launcher)
      } else {
        try eventually("the return: \(daemon.output)") { daemon.output.contains("is back, by inotify") }
      }
      // What follows goes its way, so that the first is not looked at any more.
      try Data("no picture at all".utf8).write(to: URL(filePath: spool.incoming + "/q.png"))
      try eventually("the next record: \(daemon.output)") { spool.records(of: "q.png").first?.state == .done }
      try eventually("nothing is left: \(daemon.output)") { try left(spool) == [] }
      #expect(daemon.stop() == 0)
      // By name: which of the two is inspected first is open.
      let records = spool.records().sorted { $0.arrival.name.description < $1.arrival.name.description }
      #expect(records.map(\.arrival.name.description) == ["p.png", "q.png"])
      #expect(records.map(\.action) == [action, .rejected])
      #expect(records.map(\.state) == [.done, .done])
    }

    /// What lies in the watched folder, hidden or not, aside or not.
    private func left(_ spool: TestSpool) throws -> [String] {
      let aside = ".ganomaly-removing"
      let names = try FileManager.default.contentsOfDirectory(atPath: spool.incoming)
      guard names.contains(aside) else { return names }
      return try names.filter { $0 != aside }
        + FileManager.default.contentsOfDirectory(atPath: spool.incoming + "/" + aside)
    }
  }
#endif
