import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

/// A spool with pictures in quarantine.
struct ReviewedSpool {
  let spool = try! TestSpool()
  let anomalies = (0..<40).filter(SamplePictures.shared.isAnomalous)
  let normals = (0..<40).filter { !SamplePictures.shared.isAnomalous($0) }

  /// Runs a command of `ganomaly` about this spool.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> BuiltProgram.Run {
    try run(arguments, environment: environment)
  }

  /// Runs a command of `ganomaly` about this spool.
  ///
  /// - Parameter launcher: a program that becomes `ganomaly`, with its arguments; none starts it as it is.
  func run(
    _ arguments: [String], environment: [String: String] = [:], launcher: [String] = []
  ) throws -> BuiltProgram.Run {
    try BuiltProgram.ganomaly(
      arguments + ["--spool", spool.spool], environment: environment, launcher: launcher)
  }

  /// Drops pictures and waits until all are recorded and moved.
  func drop(_ numbers: [Int]) throws {
    let before = spool.records().count
    for number in numbers { try spool.copyIn(number, as: "\(number).png") }
    try eventually("\(numbers.count) records") {
      let records = spool.records()
      return records.count == before + numbers.count && records.allSatisfy { $0.state == .done }
    }
  }

  func objects(_ run: BuiltProgram.Run) throws -> [[String: Any]] {
    try run.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
  }
}

@Suite("ganomaly quarantine, history, reinspect") struct GanomalyQuarantineCommandTests {
  @Test func `a picture is listed, shown, confirmed, released beside the daemon, and recorded as allowed`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    let (good, bad) = (bench.anomalies[0], bench.anomalies[1])
    try bench.drop([good, bad, bench.normals[0]])

    let list = try bench.run("quarantine", "list", "--format", "json")
    let listed = try bench.objects(list)
    #expect(listed.count == 2)
    #expect(listed.allSatisfy { $0["action"] as? String == "quarantined" && $0["label"] is NSNull })
    let keys = [
      "event_id", "time", "file", "sha256", "verdict", "action", "destination", "score", "threshold", "p_value",
      "reason",
    ]
    for line in list.lines {
      let places = keys.map { line.range(of: "\"\($0)\": ")?.lowerBound }
      #expect(line.hasPrefix("{\"event_id\": "))
      #expect(places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted())
    }
    let table = try bench.run("quarantine", "list")
    #expect(table.lines.count == 3 && table.lines[0].hasPrefix("TIME"))
    #expect(table.lines.dropFirst().allSatisfy { $0.contains(" x1.") })

    let id = try #require(
      listed.first { ($0["file"] as? String)?.hasSuffix("/\(bad).png") == true }?["event_id"] as? String)
    let confirmed = try bench.run("quarantine", "confirm", String(id.prefix(8)))
    #expect(confirmed.status == 0 && confirmed.output.contains("'\(bad).png' was confirmed"), "\(confirmed)")
    #expect(try bench.run("quarantine", "list", "--unreviewed").lines.count == 2)
    #expect(try bench.run("quarantine", "list", "--reviewed").lines.count == 2)
    let shown = try bench.run("quarantine", "show", "\(bad).png")
    #expect(shown.status == 0, "\(shown)")
    for part in [
      "event_id        \(id)", "label           anomaly", "sidecar         ", "score           ", "picture  ",
    ] {
      #expect(shown.output.contains(part), "\(part): \(shown.output)")
    }

    let before = try #require(FileStatus(path: FilePath(quarantined(bench, good))))
    let released = try bench.run("quarantine", "release", "\(good).png")
    #expect(released.status == 0 && released.output.contains("was released to"), "\(released)")
    try eventually("recorded again") { bench.spool.records().count == 4 }
    let last = try #require(bench.spool.records().last)
    #expect(last.verdict == .normal && last.reason == Reason.allowed && last.action == .left)
    #expect(last.score == SamplePictures.shared.score(good))
    let after = try #require(FileStatus(path: FilePath(bench.spool.incoming + "/\(good).png")))
    #expect(after.isSameContent(as: before) && after.mode == before.mode && after.owner == before.owner)
    // The same bytes under another name are allowed, too; others are not.
    try bench.spool.copyIn(good, as: "again.png")
    try eventually("recorded again") { bench.spool.records().count == 5 }
    #expect(bench.spool.records().last?.reason == Reason.allowed)
    #expect(bench.spool.names("quarantine").count == 2)
    #expect(daemon.stop() == 0)

    let history = try bench.objects(try bench.run("history", "--format", "json"))
    #expect(history.map { $0["verdict"] as? String } == bench.spool.records().map(\.verdict.rawValue))
    let row = try #require(history.first { $0["departure"] as? String == "released" })
    #expect(row["label"] as? String == "normal" && (row["departed_to"] as? String)?.hasSuffix("/\(good).png") == true)
    let anomalies = try bench.objects(try bench.run("history", "--verdict", "anomaly", "--format", "json"))
    #expect(anomalies.count == 2)
    #expect(try bench.run("history", "--limit", "2").lines.count == 3)
    #expect(try bench.run("history", "--since", "1 h", "--until", "now").lines.count == 6)
    #expect(try bench.run("history", "--until", "1 h", "--format", "csv").lines.count == 1)
    #expect(
      try bench.run("history", "--since", "today", "--format", "csv").lines[0].hasPrefix(keys.joined(separator: ",")))
  }

  private func quarantined(_ bench: ReviewedSpool, _ number: Int) -> String {
    bench.spool.quarantine + "/" + (bench.spool.names("quarantine").first { $0.hasSuffix("-\(number).png") } ?? "none")
  }

  @Test func `what cannot be done is refused with status 2 and a sentence that helps`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    try bench.drop([bench.anomalies[0], bench.normals[0]])
    try bench.spool.copyIn(bench.anomalies[0], as: "two.png")
    try eventually("recorded") { bench.spool.records().filter { $0.state == .done }.count == 3 }
    #expect(daemon.stop() == 0)
    try bench.spool.copyIn(bench.normals[1], as: "\(bench.anomalies[0]).png")
    let ids = bench.spool.records().map(\.id)
    let cases: [([String], String)] = [
      (["quarantine", "release", "\(bench.anomalies[0]).png"], "is there already; name another folder with '--to'"),
      (["quarantine", "release", "\(bench.normals[0]).png"], "is not in quarantine: its file was 'left'"),
      (["quarantine", "release", "two.png", "--to", "/nowhere"], "'/nowhere'"),
      (["quarantine", "release", "nobody.png"], "there is no inspection 'nobody.png'"),
      (["quarantine", "confirm", "\(bench.normals[0]).png"], "its verdict is 'normal', expected 'anomaly'"),
      (["quarantine", "show", "abc"], "at least four digits"),
      (["quarantine", "purge"], "--older-than, --larger-than or both"),
      (["quarantine", "purge", "--older-than", "soon"], "'soon' is no time"),
      (["quarantine", "purge", "--larger-than", "much"], "'much' is no size"),
      (["quarantine", "release", "two.png", "--to", bench.spool.quarantine], "the quarantine itself"),
      (["history", "--since", "someday"], "'someday' means no time"),
      (["history", "--verdict", "fine"], "expected one of normal, anomaly"),
      (["reinspect"], "one of the three"),
      (["reinspect", "--all", "x.png"], "one of the three"),
      (["reinspect", "nobody.png"], "do not lie in"),
    ]
    for (arguments, sentence) in cases {
      let run = try bench.run(arguments)
      #expect(run.status == 2, "\(arguments): \(run)")
      #expect(run.errors.contains(sentence), "\(arguments): \(run.errors)")
    }
    #expect(bench.spool.names("quarantine").count == 4)
    #expect(bench.spool.records().map(\.id) == ids)
  }

  @Test func `purge removes the oldest, tells each, and only tells with --dry-run`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    for number in bench.anomalies.prefix(3) { try bench.drop([number]) }
    let folder = "\(bench.spool.spool)/quarantine/"
    // With its sidecar and its side picture.
    let size = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.contains("-\(bench.anomalies[2]).png")
    }
    .reduce(0) { try $0 + Data(contentsOf: URL(filePath: folder + $1)).count }
    let trial = try bench.run("quarantine", "purge", "--larger-than", "\(size)", "--dry-run")
    #expect(trial.status == 0 && trial.lines.count == 3, "\(trial)")
    #expect(trial.lines.last?.hasPrefix("2 pictures") == true)
    #expect(bench.spool.names("quarantine").count == 6)
    #expect(try bench.run("quarantine", "purge", "--older-than", "1d").output.hasPrefix("0 pictures"))
    let run = try bench.run("quarantine", "purge", "--larger-than", "\(size)")
    #expect(run.status == 0 && run.lines.count == 3, "\(run)")
    #expect(run.lines[0].hasPrefix("removed: ") && run.lines[0].contains("-\(bench.anomalies[0]).png"))
    #expect(bench.spool.names("quarantine").allSatisfy { $0.contains("-\(bench.anomalies[2]).png") })
    #expect(bench.spool.names("quarantine").count == 2)
    #expect(try bench.run("quarantine", "list").lines.count == 2)
    #expect(bench.spool.records().count == 3)
    #expect(daemon.stop() == 0)
  }

  @Test func `reinspect gives each file one new row, with a daemon at once, without one at the next start`() throws {
    let bench = ReviewedSpool()
    var daemon = try bench.spool.start()
    let numbers = Array(bench.normals.prefix(3))
    try bench.drop(numbers)
    let asked = try bench.run("reinspect", "\(numbers[0]).png", "\(bench.spool.incoming)/\(numbers[1]).png")
    #expect(asked.status == 0 && asked.output == "2 files will be inspected again\n", "\(asked)")
    try eventually("two more") { bench.spool.records().count == 5 }
    #expect(daemon.stop() == 0)
    #expect(try bench.run("reinspect", "--all").output.hasPrefix("3 "))
    #expect(bench.spool.records().count == 5)
    daemon = try bench.spool.start()
    try eventually("three more") { bench.spool.records().count == 8 }
    // Another look at the folder finds nothing more to do.
    try bench.drop([numbers[0] + 1000])
    #expect(daemon.stop() == 0)
    let names = bench.spool.records().map(\.arrival.name.description)
    #expect(names.count == 9)
    for number in numbers { #expect(names.filter { $0 == "\(number).png" }.count == (number == numbers[2] ? 2 : 3)) }
    #expect(!bench.spool.names("state").contains("reinspect.request"))
  }

  #if DEBUG
    @Test func `a purge that was killed is taken back by the next command, told, and not by one that only looks`()
      throws
    {
      let bench = ReviewedSpool()
      let daemon = try bench.spool.start()
      try bench.drop(Array(bench.anomalies.prefix(2)))
      let killed = try bench.run(
        "quarantine", "purge", "--larger-than", "0", environment: ["GANOMALY_FAULT": FaultPoint.purgeRemoved.rawValue])
      #expect(killed.status == 128 + SIGKILL)
      let trial = try bench.run("quarantine", "purge", "--older-than", "9999d", "--dry-run")
      #expect(trial.status == 0 && trial.errors == "" && trial.output.hasPrefix("0 pictures"), "\(trial)")
      // The first one's sidecar and side picture, and the second with its sidecar.
      #expect(bench.spool.names("quarantine").count == 4)
      let left = try #require(bench.spool.names("quarantine").first { $0.hasSuffix(".png") && hasSidecar($0, bench) })
      let released = try bench.run("quarantine", "release", left, "--to", bench.spool.folder.path)
      #expect(released.status == 0 && released.output.contains("was released to"), "\(released)")
      #expect(released.errors.contains("the purge that was interrupted is finished"), "\(released)")
      #expect(released.errors.contains("the purge was interrupted, and the picture stays in quarantine"), "\(released)")
      #expect(bench.spool.names("quarantine") == [])
      #expect(daemon.stop() == 0)
    }

    @Test func `a purge that cannot settle what another left ends with an error, until the cause is mended`() throws {
      let bench = ReviewedSpool()
      let daemon = try bench.spool.start()
      try bench.drop(Array(bench.anomalies.prefix(2)))
      #expect(daemon.stop() == 0)
      let killed = try bench.run(
        "quarantine", "purge", "--larger-than", "0", environment: ["GANOMALY_FAULT": FaultPoint.purgeRemoved.rawValue])
      #expect(killed.status == 128 + SIGKILL)
      // A folder under the name of the sidecar that is left cannot be removed as a file, whoever tries.
      let names = Set(bench.spool.names("quarantine"))
      let orphan = try #require(names.first { $0.hasSuffix(".json") && !names.contains(String($0.dropLast(5))) })
      let path = bench.spool.quarantine + "/" + orphan
      #expect(unlink(path) == 0 && mkdir(path, 0o700) == 0)
      let failed = try bench.run("quarantine", "purge", "--larger-than", "0")
      #expect(failed.status == 2 && failed.output.contains("1 pictures ("), "\(failed)")
      #expect(
        failed.errors.contains("is still to leave quarantine") && failed.errors.contains("purge again"), "\(failed)")
      #expect(rmdir(path) == 0)
      let mended = try bench.run("quarantine", "purge", "--larger-than", "0")
      #expect(mended.status == 0 && mended.errors.contains("the purge that was interrupted is finished"), "\(mended)")
      #expect(bench.spool.names("quarantine") == [])
    }

    private func hasSidecar(_ name: String, _ bench: ReviewedSpool) -> Bool {
      bench.spool.names("quarantine").contains(name + ".json")
    }

    @Test(arguments: [
      ("release", FaultPoint.releaseIntended), ("release", .afterRename), ("release", .releaseMoved),
      ("release", .releaseSidecarRemoved), ("release", .releaseDone), ("confirm", .confirmRecorded),
      ("confirm", .confirmWritten), ("purge", .purgeIntended),
      ("purge", .purgeRemoved), ("purge", .purgeEmptied), ("purge", .purgeDone),
    ])
    func `a command that is killed anywhere is finished by the daemon's next start, or by itself`(
      command: String, point: FaultPoint
    ) throws {
      let bench = ReviewedSpool()
      let number = bench.anomalies[0]
      var daemon = try bench.spool.start()
      try bench.drop([number])
      #expect(daemon.stop() == 0)
      let arguments =
        command == "purge" ? ["--larger-than", "0"] : [try #require(bench.spool.records().first?.id)]
      let killed = try bench.run(
        ["quarantine", command] + arguments, environment: ["GANOMALY_FAULT": point.rawValue])
      #expect(killed.status == 128 + SIGKILL, "\(killed)")
      daemon = try bench.spool.start()
      switch command {
      case "release":
        try eventually("allowed") { bench.spool.records().last?.reason == Reason.allowed }
        #expect(bench.spool.names("quarantine") == [])
        #expect(bench.spool.names("incoming") == ["\(number).png"])
        let bytes = try Array(Data(contentsOf: URL(filePath: bench.spool.incoming + "/\(number).png")))
        #expect(bytes == SamplePictures.file(number))
        #expect(bench.spool.records().count == 2)
        #expect(daemon.output.contains("the release that was interrupted is finished") == (point != .releaseDone))
      case "purge" where point == .purgeIntended:
        // Nothing was removed: nobody removes it later without being asked.
        #expect(bench.spool.names("quarantine").count == 2)
        #expect(daemon.output.contains("the purge was interrupted, and the picture stays in quarantine"))
        #expect(try bench.objects(try bench.run("history", "--format", "json"))[0]["departure"] is NSNull)
        #expect(try bench.run("quarantine", "purge", "--larger-than", "0").output.contains("1 pictures"))
      case "purge":
        #expect(bench.spool.names("quarantine") == [])
        #expect(try bench.objects(try bench.run("history", "--format", "json"))[0]["departure"] as? String == "purged")
      default:
        #expect(bench.spool.names("quarantine").count == 2)
        #expect(try bench.run("quarantine", "confirm", "\(number).png").status == 0)
        let entries = try QuarantineFolder(spool: FilePath(bench.spool.spool)).entries()
        #expect(entries.map(\.review?.label) == [.anomaly])
      }
      #expect(daemon.stop() == 0)
    }
  #endif

  @Test(.enabled(if: isRoot)) func `without permission the command says what helps`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    try bench.drop([bench.anomalies[0]])
    chmod(bench.spool.folder.path, 0o755)
    chmod(bench.spool.spool, 0o755)
    chmod(bench.spool.spool + "/state", 0o750)
    for arguments in [["history"], ["quarantine", "list"], ["quarantine", "release", "\(bench.anomalies[0]).png"]] {
      let run = try bench.run(arguments, launcher: SystemTool.asNobody)
      #expect(run.status == 2, "\(arguments): \(run)")
      #expect(run.errors.contains("run with sudo"), "\(arguments): \(run.errors)")
    }
    #expect(daemon.stop() == 0)
  }

  @Test func `the daemon removes the oldest where retain_bytes asks for it, and tells`() throws {
    let bench = ReviewedSpool()
    var daemon = try bench.spool.start()
    for number in bench.anomalies.prefix(2) { try bench.drop([number]) }
    #expect(daemon.stop() == 0)
    // Together more than the smallest bound that can be set.
    let oldest = try #require(bench.spool.records().first?.destination)
    #expect(truncate(bench.spool.quarantine + "/\(oldest)", 2 << 20) == 0)
    daemon = try bench.spool.start(["--retain-bytes", "1 MiB"])
    try eventually("removed: \(daemon.output)") { daemon.output.contains("1 pictures were removed from quarantine") }
    #expect(bench.spool.names("quarantine").count == 2)
    #expect(bench.spool.names("quarantine").allSatisfy { $0.contains("-\(bench.anomalies[1]).png") })
    #expect(daemon.stop() == 0)
    let rows = try bench.objects(try bench.run("history", "--format", "json"))
    #expect(rows.map { $0["departure"] as? String } == ["purged", nil])
    #expect(rows[0]["destination_base64"] == nil)
    let table = try bench.run("history", "--format", "csv")
    #expect(table.lines[0].hasSuffix(",departed_to,file_base64,destination_base64,departed_to_base64"))
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a purge that meets an error tells what it removed, and history knows the rest`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    for number in bench.anomalies.prefix(3) { try bench.drop([number]) }
    #expect(daemon.stop() == 0)
    let stuck = try #require(bench.spool.records()[1].destination)
    // A mount under the picture's name: it cannot be removed meanwhile.
    let ganomaly = BuiltProgram.path(of: "ganomaly")
    let (code, output) = MountNamespace.run(
      """
      cd '\(bench.spool.quarantine)'
      touch ../other
      mount --bind ../other '\(stuck)'
      status=0
      '\(ganomaly)' quarantine purge --larger-than 0 --spool '\(bench.spool.spool)' >../purged 2>../errors || status=$?
      test $status = 2
      """)
    #expect(code == 0, "\(output)")
    let told = try String(contentsOfFile: bench.spool.spool + "/purged", encoding: .utf8)
    #expect(told.split(separator: "\n").count == 3 && told.contains("2 pictures ("), "\(told)")
    #expect(try String(contentsOfFile: bench.spool.spool + "/errors", encoding: .utf8).contains("busy"))
    #expect(bench.spool.names("quarantine").count == 2)
    let rows = try bench.objects(try bench.run("history", "--format", "json"))
    #expect(rows.map { $0["departure"] as? String } == ["purged", nil, "purged"])
  }

  private static let isRoot: Bool = {
    if getuid() != 0 { print("SKIPPED: another user's permissions can only be tried by root") }
    return getuid() == 0
  }()
}
