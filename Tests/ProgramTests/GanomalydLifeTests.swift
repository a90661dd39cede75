import Foundation
import GANomalyModel
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: configuration, model and life") struct GanomalydLifeTests {
  /// Runs to the end and gives exit code and output.
  private func run(_ spool: TestSpool, _ arguments: [String], _ environment: [String: String] = [:]) throws -> (
    Int32, String
  ) {
    let daemon = try GanomalydProcess(folder: spool.folder, arguments: arguments, environment: environment)
    daemon.process.waitUntilExit()
    return (daemon.process.terminationStatus, daemon.output)
  }

  @Test func `a refused configuration exits 2 and names key and remedy`() throws {
    let spool = try TestSpool()
    let file = spool.folder.path + "/c.yaml"
    let base = ["--spool", spool.spool, "--model", spool.modelPath]
    func check(_ yaml: String?, _ flags: [String], _ environment: [String: String], _ expected: String) throws {
      var arguments = base + flags
      if let yaml {
        try yaml.write(toFile: file, atomically: true, encoding: .utf8)
        arguments += ["--config", file]
      }
      let (code, output) = try run(spool, arguments, environment)
      #expect(code == 2, "\(output)")
      #expect(output.contains(expected), "\(output)")
      #expect(output.components(separatedBy: "\n").count == 2, "one sentence: \(output)")
    }
    try check("settel: 1 s", [], [:], "unknown key 'settel'")
    try check("settle: 5 parsecs", [], [:], "key 'settle' in '\(file)' has the value '5 parsecs', expected a time")
    try check("settle: [1, 2]", [], [:], "key 'settle'")
    try check("- a\n- b", [], [:], "expected lines such as")
    try check("a: b: c", [], [:], "not YAML")
    try check(nil, ["--lanes", "17"], [:], "flag '--lanes' has the value '17', expected auto, or 1 to 16")
    try check(nil, ["--settle", "10"], [:], "expected a time")
    try check(nil, [], ["GANOMALY_ON_ANOMALY": "destroy"], "'GANOMALY_ON_ANOMALY' has the value 'destroy'")
    try check(nil, [], ["GANOMALY_ONANOMALY": "leave"], "'GANOMALY_ONANOMALY' names no setting")
    try check(nil, ["--backlog-low", "2000"], [:], "'backlog_low'")
    try check(nil, ["--config", "/nonexistent.yaml"], [:], "cannot read '/nonexistent.yaml'")
    try check(nil, ["--state", spool.incoming + "/state"], [:], "lies inside the watched folder")
    for (flag, expected) in [("--nosuch", "nosuch"), ("extra", "extra"), ("--names=", "names"), ("--spool=", "spool")] {
      let (code, output) = try run(spool, [flag])
      #expect(code == 2, "\(output)")
      #expect(output.hasPrefix("ganomalyd: ") && output.contains(expected), "\(output)")
      #expect(output.components(separatedBy: "\n").count == 2, "one sentence: \(output)")
    }
    #expect(try run(spool, ["--version"]).0 == 0)
    #expect(try run(spool, ["--help"]).0 == 0)
  }

  /// Runs the daemon by a shell, which gives what no argument list here can.
  private func shell(_ script: String) throws -> (Int32, String) {
    try SystemTool.run(
      ["/bin/bash", "-c", script, "bash", BuiltProgram.path(of: "ganomalyd")], environment: ProgramEnvironment.plain)
  }

  @Test func `a fault that may pass exits 1, for another start`() throws {
    let spool = try TestSpool()
    // Files that whoever started it left open: there is room for the settings, and yet none.
    let (code, output) = try shell(
      """
      ulimit -n 440; for ((number = 3; number < 437; number++)); do eval "exec $number</dev/null"; done
      exec "$1" --spool '\(spool.spool)' --model '\(spool.modelPath)' --lanes 1 --batch 1
      """)
    #expect(code == 1, "\(output)")
    #expect(output.hasPrefix("ganomalyd: ") && output.contains("too many open files"), "\(output)")
  }

  @Test func `a path that is not UTF-8 is refused, never another one used`() throws {
    let spool = try TestSpool()
    let (code, output) = try shell("cd '\(spool.folder.path)' && exec timeout 20 \"$1\" --spool $'sp\\xff'")
    #expect(code == 2, "\(output)")
    #expect(output.contains("ganomalyd: the argument 'sp\\xFF' is not UTF-8"), "\(output)")
    let names = try FileManager.default.contentsOfDirectory(atPath: spool.folder.path)
    #expect(names.allSatisfy { !$0.hasPrefix("sp") || $0 == "spool" })
  }

  @Test(.enabled(if: !SystemJournal.isPresent, "this machine has a journal"))
  func `records for a journal that is not there are told of once`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--records", "journal"], isWaiting: false)
    try eventually("the note") { daemon.output.contains("ganomalyd: there is no journal here") }
    try spool.copyIn(1, as: "a.png")
    try eventually("the record") { spool.records().count == 1 }
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "\n").count == 2, "\(daemon.output)")
  }

  @Test func `a second daemon on the same spool exits 2 and names the first, whatever its state folder`() throws {
    let spool = try TestSpool()
    let first = try spool.start()
    let (code, output) = try run(
      spool, ["--spool", spool.spool, "--model", spool.modelPath, "--state", spool.folder.path + "/other"])
    #expect(code == 2)
    #expect(output.contains("process \(first.process.processIdentifier)"), "\(output)")
    #expect(first.stop() == 0)
  }

  @Test func `a check says 2 where the start would fail, and changes nothing`() throws {
    let spool = try TestSpool()
    let file = spool.folder.path + "/file"
    try "x".write(toFile: file, atomically: true, encoding: .utf8)
    func check(_ arguments: [String]) throws -> Int32 {
      try run(spool, ["--model", spool.modelPath, "--check"] + arguments).0
    }
    #expect(try check(["--spool", file]) == 2)
    #expect(try check(["--spool", file + "/below"]) == 2)
    #expect(try check(["--spool", "/proc/nope"]) == 2)
    #expect(try check(["--spool", spool.spool, "--state", "/proc/nope"]) == 2)
    #expect(try check(["--spool", spool.spool, "--state", spool.incoming + "/state"]) == 2)
    #expect(try check(["--spool", spool.spool]) == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: spool.spool) == ["incoming"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: spool.incoming) == [])
  }

  @Test(
    .enabled(if: geteuid() != 0, "root may write everywhere"), arguments: ["quarantine", "incoming", "state", "new"])
  func `a folder that may not be written to is refused by the check and by the start`(folder: String) throws {
    let spool = try TestSpool()
    let path = spool.spool + (folder == "new" ? "" : "/" + folder)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(chmod(path, 0o555) == 0)
    defer { _ = chmod(path, 0o755) }
    let base = ["--spool", spool.spool, "--model", spool.modelPath]
    #expect(try run(spool, base + ["--check"]).0 == 2)
    #expect(try run(spool, base).0 == 2)
  }

  @Test func `a flag wins over the environment, the environment over the file`() throws {
    let spool = try TestSpool()
    let file = spool.folder.path + "/c.yaml"
    try "lanes: 1\non_anomaly: leave\nnames: '*.png'\n".write(toFile: file, atomically: true, encoding: .utf8)
    let reader = SettingsReader(
      path: FilePath(file), environment: ["GANOMALY_LANES": "2", "GANOMALY_BATCH": "3", "STATE_DIRECTORY": "/s:/t"],
      flags: ["batch": "4"])
    let settings = try reader.read()
    #expect(settings.lanes == 2)
    #expect(settings.batch == 4)
    #expect(settings.onAnomaly == .leave)
    #expect(settings.resolvedStatePath == "/s")
  }

  @Test func `a second daemon on the same state exits 2 and names the first`() throws {
    let spool = try TestSpool()
    let first = try spool.start()
    let (code, output) = try run(spool, ["--spool", spool.spool, "--model", spool.modelPath])
    #expect(code == 2)
    #expect(output.contains("process \(first.process.processIdentifier)"), "\(output)")
    #expect(first.stop() == 0)
  }

  @Test func `a model that cannot be used lets images wait for a good one, and the check says 2`() throws {
    let spool = try TestSpool(withModel: false)
    var model = SamplePictures.shared.model
    model.calibration = nil
    let bytes = SamplePictures.shared.model.encoded()
    for (bytes, words) in [
      (model.encoded(), "ganomaly calibrate"), (Array(bytes.prefix(bytes.count / 2)), "truncated"),
    ] {
      try SwappedModel.put(bytes, to: spool.modelPath)
      let (code, output) = try run(spool, ["--spool", spool.spool, "--model", spool.modelPath, "--check"])
      #expect(code == 2)
      #expect(output.contains(words) && output.contains(spool.modelPath), "\(output)")
      let daemon = try spool.start()
      try eventually("the refusal: \(daemon.output)") { daemon.output.contains("there is no other: images wait") }
      #expect(daemon.output.contains(words))
      #expect(daemon.stop() == 0)
    }
    let daemon = try spool.start()
    try spool.copyIn(1, as: "a.png")
    try eventually("the waiting file") { (daemonStatus(spool)["queue"] as? [String: Any])?["files"] as? Int == 1 }
    #expect(spool.records().isEmpty)
    try SwappedModel.put(bytes, to: spool.modelPath)
    try eventually("the record") { spool.records().count == 1 }
    try eventually("no reason left") { (daemonStatus(spool)["model"] as? [String: Any])?["refused"] == nil }
    #expect(daemonStatus(spool)["last_error"] == nil)
    #expect(daemon.stop() == 0)
  }

  @Test func `without a model images wait, and a new one is picked up; a bad one never replaces a good one`() throws {
    let spool = try TestSpool(withModel: false)
    let daemon = try spool.start()
    try spool.copyIn(1, as: "a.png")
    try eventually("the note") { daemon.output.contains("no model at") }
    #expect(spool.records().isEmpty)
    try SamplePictures.shared.model.write(to: spool.modelPath)
    try eventually("the record") { spool.records().count == 1 }

    try Data("no model".utf8).write(to: URL(filePath: spool.modelPath))
    try eventually("the refusal") { daemon.output.contains("the model that was in use stays in use") }
    try spool.copyIn(2, as: "b.png")
    try eventually("the second record") { spool.records().count == 2 }

    var model = SamplePictures.shared.model
    model.calibration = try Calibration.manual(threshold: -1)
    let digest = try model.write(to: spool.modelPath)
    try eventually("the new model") { daemon.output.contains("threshold -1.0") }
    try spool.copyIn(3, as: "c.png")
    try eventually("the third record") { spool.records().count == 3 }
    #expect(spool.records()[2].verdict == .anomaly)
    #expect(spool.records()[2].modelDigest == digest)
    #expect(spool.records()[0].modelDigest != digest)
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "no model at").count == 2)
  }

  @Test func `in shadow mode anomalies are recorded and stay`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--on-anomaly", "leave"])
    let number = (0..<40).first(where: SamplePictures.shared.isAnomalous)!
    try spool.copyIn(number, as: "a.png")
    try eventually("the record") { spool.records().count == 1 }
    #expect(spool.records()[0].verdict == .anomaly)
    #expect(spool.records()[0].action == .left)
    #expect(daemon.stop() == 0)
    #expect(spool.names("incoming") == ["a.png"])
    #expect(daemon.output.contains("shadow mode"))
  }

  @Test(arguments: [("move", "passed", 1), ("delete", "passed", 0)])
  func `normal pictures can be moved or removed`(setting: String, folder: String, left: Int) throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--on-normal", setting])
    let number = (0..<40).first { !SamplePictures.shared.isAnomalous($0) }!
    try spool.copyIn(number, as: "a.png")
    try eventually("the record") { spool.records().first?.state == .done }
    #expect(spool.names("incoming") == [])
    #expect(spool.names(folder).count == left)
    #expect(daemon.stop() == 0)
  }

  @Test func `SIGHUP reads the configuration again, refuses a bad one, and always answers`() throws {
    let spool = try TestSpool()
    let file = spool.folder.path + "/c.yaml"
    try "on_anomaly: quarantine\n".write(toFile: file, atomically: true, encoding: .utf8)
    let daemon = try spool.start(["--config", file])
    try "on_anomaly: leave\n".write(toFile: file, atomically: true, encoding: .utf8)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("the reload") { daemon.output.contains("the configuration was read again") }
    let number = (0..<40).first(where: SamplePictures.shared.isAnomalous)!
    try spool.copyIn(number, as: "a.png")
    try eventually("the record") { spool.records().count == 1 }
    #expect(spool.records()[0].action == .left)
    try "on_anomaly: nonsense\n".write(toFile: file, atomically: true, encoding: .utf8)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("the refusal") { daemon.output.contains("the configuration was refused, the old one stays") }
    try "on_anomaly: leave\nqueue: 7\n".write(toFile: file, atomically: true, encoding: .utf8)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("the other refusal") { daemon.output.contains("'queue' cannot change while the daemon runs") }
    #expect(daemon.stop() == 0)
  }

  @Test func `a check judges without starting, also beside a running daemon`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    var (code, output) = try run(spool, ["--spool", spool.spool, "--model", spool.modelPath, "--check"])
    #expect(code == 0)
    #expect(output.contains("one mount"))
    #expect(output.contains("threshold"))
    #expect(daemon.stop() == 0)
    (code, output) = try run(
      spool, ["--spool", spool.folder.path + "/new", "--model", spool.folder.path + "/no", "--check"])
    #expect(code == 0)
    #expect(output.contains("will be created"))
    #expect(!FileManager.default.fileExists(atPath: spool.folder.path + "/new"))
    (code, output) = try run(spool, ["--spool", spool.spool, "--model", spool.modelPath, "--check", "--queue", "x"])
    #expect(code == 2)
  }

  @Test func `a lost folder is reported, and watched again when it is back`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    #expect(rename(spool.incoming, spool.incoming + "-away") == 0)
    try eventually("the loss") { daemon.output.contains("is gone or was replaced") }
    try FileManager.default.createDirectory(atPath: spool.incoming, withIntermediateDirectories: true)
    try spool.copyIn(1, as: "a.png")
    try eventually("the return") { daemon.output.contains("is back") }
    try eventually("the record") { spool.records().count == 1 }
    try spool.copyIn(2, as: "b.png")
    try eventually("the next record") { spool.records().count == 2 }
    #expect(daemon.stop() == 0)
  }

  @Test func `a damaged ledger is set aside, and what is in quarantine is in the new one`() throws {
    let spool = try TestSpool()
    var daemon = try spool.start()
    let number = (0..<40).first(where: SamplePictures.shared.isAnomalous)!
    try spool.copyIn(number, as: "a.png")
    try eventually("the record") { spool.records().first?.state == .done }
    let before = try #require(spool.records().first)
    #expect(daemon.stop() == 0)
    for suffix in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.spool + "/state/ledger.sqlite" + suffix)
    }
    try Data(repeating: 0x55, count: 20_000).write(to: URL(filePath: spool.spool + "/state/ledger.sqlite"))
    daemon = try spool.start()
    #expect(daemon.output.contains("the ledger was damaged"))
    let after = try #require(spool.records().first)
    #expect(after.id == before.id)
    #expect(after.score == before.score)
    #expect(after.digest == before.digest)
    try spool.copyIn(1, as: "b.png")
    try eventually("the next record") { spool.records().count == 2 }
    #expect(daemon.stop() == 0)
    let state = try FileManager.default.contentsOfDirectory(atPath: spool.spool + "/state")
    #expect(state.contains { $0.hasPrefix("ledger.sqlite.damaged-") })
  }

  @Test func `too little room pauses the intake and says so`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--minimum-free-bytes", "1000 TiB"])
    try eventually("the pause") { daemon.output.contains("intake is paused") }
    try spool.copyIn(1, as: "a.png")
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("a turn later") { daemon.output.contains("configuration") }
    #expect(spool.records().isEmpty)
    #expect(daemon.stop() == 0)
    #expect(spool.names("incoming") == ["a.png"])
  }

  @Test func `every key has a flag, and the example file shows every key with its default`() throws {
    let spool = try TestSpool()
    let (code, help) = try run(spool, ["--help"])
    #expect(code == 0)
    let example = try SystemTool.text(of: "etc/ganomaly/ganomalyd.yaml")
    let keys = example.split(separator: "\n").filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") }
    for key in SettingsKey.all {
      #expect(help.contains("--\(key.name.replacing("_", with: "-")) "), "\(key.name)")
      #expect(keys.contains("#\(key.name): \(key.defaultText)"), "\(key.name)")
    }
    #expect(keys.count == SettingsKey.all.count)
    let file = spool.folder.path + "/c.yaml"
    try keys.map { String($0.dropFirst()) }.joined(separator: "\n")
      .write(toFile: file, atomically: true, encoding: .utf8)
    var settings = try SettingsReader(path: FilePath(file), environment: [:], flags: [:]).read()
    #expect(settings.modelPath == "/var/lib/ganomaly/model.safetensors")
    #expect(settings.statePath == "/var/lib/ganomaly")
    #expect(settings.metricsPath == "/run/ganomaly/metrics.prom")
    (settings.modelPath, settings.statePath, settings.metricsPath) = (nil, nil, nil)
    #expect(settings == Settings())
  }
}
