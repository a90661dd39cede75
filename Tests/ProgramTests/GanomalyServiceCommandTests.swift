import Foundation
import GANomalyModel
import Glibc
import Inspection
import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("ganomaly: the daemon from outside") struct GanomalyServiceCommandTests {
  /// Runs a command about a spool.
  private func run(_ spool: TestSpool, _ arguments: String...) throws -> BuiltProgram.Run {
    try BuiltProgram.ganomaly(bytes: (arguments + ["--spool", spool.spool]).map { Array($0.utf8) })
  }

  private func json(_ spool: TestSpool) throws -> (status: Int32, object: [String: Any]) {
    let run = try run(spool, "status", "--format", "json")
    #expect(run.lines.count == 1)
    return (
      run.status, try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    )
  }

  @Test(.enabled(if: GanomalydPlaceTests.otherUser != nil))
  func `a member of the state folder's group sees how the daemon is, and cannot keep it from starting`() throws {
    let spool = try TestSpool()
    let first = try spool.start()
    let state = spool.spool + "/state"
    // As the package has it: the group may read, and no more; and as an earlier version made the lock.
    #expect(chown(state, 0, 65_534) == 0 && chmod(state, 0o750) == 0)
    let launcher = ["/usr/bin/setpriv", "--reuid=65533", "--regid=65534", "--clear-groups"]
    func ask() throws -> BuiltProgram.Run {
      try BuiltProgram.ganomaly(["status", "--spool", spool.spool], environment: [:], launcher: launcher)
    }
    try eventually("healthy: \(try! ask().output)\(try! ask().errors)") { try ask().status == 0 }
    #expect(first.stop() == 0)
    #expect(try ask().status == 2)
    let lock = "\(state)/lock"
    #expect(FileStatus(path: FilePath(lock))?.mode == 0o600)
    #expect(chown(lock, 0, 65_534) == 0 && chmod(lock, 0o640) == 0)
    let second = try spool.start()
    #expect(FileStatus(path: FilePath(lock))?.mode == 0o600)
    #expect(try ask().status == 0)
    #expect(second.stop() == 0)
  }

  @Test func `status tells down, degraded and healthy apart, with what to do`() throws {
    let spool = try TestSpool(withModel: false)
    var run = try run(spool, "status")
    #expect(run.status == 2)
    #expect(run.output.contains("no daemon has run with the state folder '\(spool.spool)/state'"))

    let model = try SwappedModel(seed: 31)
    let arguments = [
      "--spool", spool.spool, "--records", "stderr", "--settle", "50 ms", "--minimum-free-bytes", "0",
    ]
    let daemon = try GanomalydProcess(folder: spool.folder, arguments: arguments)
    try eventually("no model") { try self.run(spool, "status").output.contains("there is no model: images wait") }
    var (code, object) = try json(spool)
    #expect(code == 1)
    #expect(object["health"] as? String == "degraded")
    let reasons = try #require(object["reasons"] as? [[String: String]])
    #expect(reasons.contains { $0["remedy"] == "sudo ganomaly install MODEL" })

    try SwappedModel.put(model.bytes, to: spool.folder.path + "/mine.safetensors")
    let installed = try self.run(spool, "install", spool.folder.path + "/mine.safetensors")
    #expect(installed.status == 0, "\(installed.output)\(installed.errors)")
    try spool.copyIn(1, as: "a.png")
    try eventually("healthy") {
      let inspections = (daemonStatus(spool)["inspections"] as? [String: Any])?["total"] as? Int
      return inspections == 1
    }
    // That there was no model is an error of this minute; nothing else is wrong.
    (_, object) = try json(spool)
    #expect(
      (object["reasons"] as? [[String: String]])?.allSatisfy { $0["text"]?.contains("no model at") == true } == true)
    run = try self.run(spool, "status")
    for line in ["model            \(model.digest)", "inspections      1: ", "rate             1 in the last minute"] {
      #expect(run.output.contains(line), "\(run.output)")
    }
    #expect(daemon.stop() == 0)
    run = try self.run(spool, "status")
    #expect(run.status == 2)
    #expect(run.output.contains("it was stopped at"))

    let second = try GanomalydProcess(folder: spool.folder, arguments: arguments)
    try eventually("healthy") { try self.json(spool).status == 0 }
    #expect(try json(spool).object["health"] as? String == "healthy")
    second.kill()
    run = try self.run(spool, "status")
    #expect(run.status == 2)
    #expect(run.output.contains("it ended without a word after"))
  }

  @Test func `a model is installed whole and readable, and the one before is kept`() throws {
    let spool = try TestSpool(withModel: false)
    let models = try [SwappedModel(seed: 41), SwappedModel(seed: 42, threshold: 0.25)]
    let state = spool.spool + "/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let paths = (0...1).map { spool.folder.path + "/\($0).safetensors" }
    for (path, model) in zip(paths, models) { try SwappedModel.put(model.bytes, to: path) }
    // A mask of its own, which takes from others what they may.
    let launcher = ["/bin/sh", "-c", "umask 077; exec \"$0\" \"$@\""]
    func run(_ spool: TestSpool, _ arguments: String...) throws -> BuiltProgram.Run {
      try BuiltProgram.ganomaly(arguments + ["--spool", spool.spool], environment: [:], launcher: launcher)
    }
    var result = try run(spool, "install", paths[0])
    #expect(result.status == 0)
    #expect(result.output.contains("before           none"))
    #expect(result.output.contains("daemon           none runs; it is loaded at the start"))
    result = try run(spool, "install", paths[1])
    #expect(result.status == 0)
    for words in [models[0].digest, models[1].digest, "threshold 0.05", "threshold 0.25", "kept as"] {
      #expect(result.output.contains(words), "\(result.output)")
    }
    let place = state + "/model.safetensors"
    #expect(FileManager.default.contents(atPath: place) == Data(models[1].bytes))
    #expect(FileManager.default.contents(atPath: place + ".previous") == Data(models[0].bytes))
    #expect(try FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int == 0o644)
    #expect(try run(spool, "install", paths[1]).output.contains("the same file: nothing was changed"))
    #expect(FileManager.default.contents(atPath: place + ".previous") == Data(models[0].bytes))
    // The way back is the same way; what is no model is not kept over one.
    #expect(try run(spool, "install", place + ".previous").status == 0)
    #expect(FileManager.default.contents(atPath: place) == Data(models[0].bytes))
    #expect(FileManager.default.contents(atPath: place + ".previous") == Data(models[1].bytes))
    try SwappedModel.put(Array("torn".utf8), to: place)
    result = try run(spool, "install", paths[0])
    #expect(result.status == 0)
    #expect(result.output.contains("no model, not kept"))
    #expect(FileManager.default.contents(atPath: place + ".previous") == Data(models[1].bytes))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: state).sorted() == [
        "model.safetensors", "model.safetensors.previous",
      ])
  }

  @Test func `what the daemon would refuse is not installed`() throws {
    let spool = try TestSpool(withModel: false)
    let good = try SwappedModel(seed: 51)
    let state = spool.spool + "/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try SwappedModel.put(good.bytes, to: state + "/model.safetensors")
    var uncalibrated = good.model
    uncalibrated.calibration = nil
    var damaged = good.bytes
    damaged[damaged.count - 4000] ^= 1
    let source = spool.folder.path + "/new.safetensors"
    for (bytes, words) in [
      (Array("text".utf8), "cannot load '\(source)'"), (uncalibrated.encoded(), "ganomaly calibrate"),
      (Array(good.bytes.dropLast()), "truncated"), (damaged, "the file is damaged"),
    ] {
      try SwappedModel.put(bytes, to: source)
      let run = try run(spool, "install", source)
      #expect(run.status == 2)
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.output == "")
    }
    #expect(try run(spool, "install", spool.folder.path + "/missing").status == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: state) == ["model.safetensors"])
    #expect(FileManager.default.contents(atPath: state + "/model.safetensors") == Data(good.bytes))
  }

  @Test func `a daemon that runs takes an installed model at once, wherever it looks for it`() throws {
    let spool = try TestSpool(withModel: false)
    let models = try [SwappedModel(seed: 61), SwappedModel(seed: 62)]
    let daemon = try spool.start()
    try spool.copyIn(3, as: "a.png")
    for (index, model) in models.enumerated() {
      let source = spool.folder.path + "/\(index).safetensors"
      try SwappedModel.put(model.bytes, to: source)
      // The daemon was told another place with --model: its status says which.
      let run = try run(spool, "install", source)
      #expect(run.status == 0, "\(run.output)\(run.errors)")
      #expect(run.output.contains("daemon           uses it"))
      #expect(run.output.contains("model            \(spool.modelPath)"))
      if index == 0 { try eventually("what waited") { spool.records().count == 1 } }
    }
    try spool.copyIn(4, as: "b.png")
    try eventually("the second") { spool.records().count == 2 }
    #expect(spool.records().map(\.modelDigest) == models.map(\.digest))
    #expect(daemon.stop() == 0)
  }

  @Test func `a description tells of the self-test and of the memory that the daemon needs`() throws {
    let spool = try TestSpool()
    let run = try BuiltProgram.ganomaly("describe", spool.modelPath)
    #expect(run.lines.contains("self-test        passed"), "\(run.output)")
    let json = try BuiltProgram.ganomaly("describe", spool.modelPath, "--format", "json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["packed_bytes"] as? Int == Scorer(model: SamplePictures.shared.model).packedByteCount)
    #expect(object["self_test"] as? String == "passed")
  }

  @Test(.enabled(if: getuid() != 0 || GanomalydPlaceTests.otherUser != nil, "root must be able to run it as another"))
  func `who may not read the state is told to use sudo`() throws {
    let spool = try TestSpool(withModel: false)
    let state = spool.spool + "/state"
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: state + "/lock"))
    chmod(state, 0o000)
    defer { chmod(state, 0o700) }
    let program = BuiltProgram.path(of: "ganomaly")
    var arguments = [program, "status", "--spool", spool.spool]
    if getuid() == 0 { arguments = try #require(GanomalydPlaceTests.otherUser) + arguments }
    let (code, text) = try SystemTool.run(arguments)
    #expect(code == 2)
    #expect(text.contains("permission denied; run with sudo"), "\(text)")
  }
}
