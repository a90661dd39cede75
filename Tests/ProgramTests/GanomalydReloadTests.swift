import Foundation
import GANomalyModel
import Glibc
import Imaging
import Inspection
import Linux
import TestSupport
import Testing

/// Models that are swapped in while the daemon runs.
struct SwappedModel {
  let model: Model
  let bytes: [UInt8]
  let digest: String
  private let scorer: Scorer

  /// A calibrated model of its own for every seed.
  init(seed: UInt64, size: Int = 16, threshold: Float = 0.05) throws {
    var made = SampleModel.make(Hyperparameters(size: size, latentCount: 4, featureCount: 2), seed: seed)
    made.calibration = try .manual(threshold: threshold)
    bytes = made.encoded()
    model = try Model(bytes: bytes, name: "swapped")
    digest = try #require(model.sha256)
    scorer = Scorer(model: model)
  }

  /// The score that the daemon must give a sample picture with this model, to the last bit.
  func score(_ number: Int) -> Float {
    let picture = model.preparation.prepare(SamplePictures.picture(number))
    return scorer.makeLane(maximumBatch: 1).scores(of: [picture])[0]
  }

  /// Puts the model to a path in one step, as `ganomaly install` does.
  func put(to path: String) throws { try Self.put(bytes, to: path) }

  /// Puts bytes to a path in one step.
  static func put(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path + ".new"))
    try #require(rename(path + ".new", path) == 0)
  }
}

/// What a daemon says of itself in its state folder.
func daemonStatus(_ spool: TestSpool) -> [String: Any] {
  let data = FileManager.default.contents(atPath: spool.spool + "/state/status.json") ?? Data()
  return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
}

/// The model that the daemon says it uses.
func modelInUse(_ spool: TestSpool) -> String? {
  (daemonStatus(spool)["model"] as? [String: Any])?["sha256"] as? String
}

@Suite("ganomalyd: settings and models that change while it runs") struct GanomalydReloadTests {
  @Test func `pictures that stream in while models are swapped are each scored once, by the model their row names`()
    throws
  {
    let models = try [
      SwappedModel(seed: 11), SwappedModel(seed: 12), SwappedModel(seed: 13, size: 32), SwappedModel(seed: 14),
    ]
    let spool = try TestSpool(withModel: false)
    try models[0].put(to: spool.modelPath)
    let daemon = try spool.start(["--on-anomaly", "leave"])
    let count = 240
    for number in 0..<count {
      try spool.copyIn(number % 40, as: "\(number).png")
      // A new model every twenty pictures, in between one that is refused.
      guard number % 20 == 10 else { continue }
      let model = models[(number / 20 + 1) % models.count]
      if number % 40 == 10 { try SwappedModel.put(Array(model.bytes.dropLast(9)), to: spool.modelPath) }
      try model.put(to: spool.modelPath)
      try eventually("model \(number / 20)") { modelInUse(spool) == model.digest }
    }
    try eventually("all records") { spool.records().count >= count }
    #expect(daemon.stop() == 0)
    let records = spool.records()
    #expect(Set(records.map { "\($0.arrival.name)" }).count == count)
    #expect(records.count == count)
    var used: Set<String> = []
    for record in records {
      let number = try #require(Int("\(record.arrival.name)".dropLast(4)))
      let model = try #require(models.first { $0.digest == record.modelDigest })
      #expect(record.score == model.score(number % 40), "\(record.arrival.name)")
      #expect(record.threshold == model.model.calibration?.threshold)
      used.insert(model.digest)
    }
    #expect(used.count == models.count)
  }

  @Test func `whatever is wrong with a new model, the old one stays in use and the reason is told`() throws {
    let good = try SwappedModel(seed: 21)
    let spool = try TestSpool(withModel: false)
    try good.put(to: spool.modelPath)
    let daemon = try spool.start()
    var uncalibrated = good.model
    uncalibrated.calibration = nil
    var damaged = good.bytes
    damaged[damaged.count - 5000] ^= 4
    // A file that is whole, with a weight that is not the one of its self-test.
    var container = try SafeTensors(bytes: good.bytes)
    let name = "netg.encoder1.main.initial-conv-1-2.weight"
    let tensor = try #require(container.tensors[name])
    guard case .floats(var weights) = tensor.values else { return }
    weights[0] += 0.25
    container.tensors[name] = .init(shape: tensor.shape, values: .floats(weights))
    let wrong: [([UInt8], String)] = [
      (Array("no model at all".utf8), "cannot load"), (Array(good.bytes.prefix(good.bytes.count / 2)), "truncated"),
      ([], "truncated"), (uncalibrated.encoded(), "it has no threshold yet"), (damaged, "the file is damaged"),
      (container.encoded(), "its self-test failed"),
    ]
    for (index, (bytes, words)) in wrong.enumerated() {
      let before = daemon.output.count
      try SwappedModel.put(bytes, to: spool.modelPath)
      try eventually("refusal \(index)") {
        daemon.output.dropFirst(before).contains("the model that was in use stays in use")
      }
      #expect(daemon.output.dropFirst(before).contains(words), "\(daemon.output.dropFirst(before))")
      try spool.copyIn(index, as: "\(index).png")
      try eventually("record \(index)") { spool.records().count == index + 1 }
      #expect(spool.records().last?.modelDigest == good.digest)
      try eventually("the refusal in the status") {
        let model = daemonStatus(spool)["model"] as? [String: Any]
        return (model?["refused"] as? [String: Any])?["text"].map { "\($0)".contains(words) } == true
          && model?["refusals"] as? Int == index + 1 && model?["sha256"] as? String == good.digest
      }
    }
    // The one that was in use, again: nothing is wrong any more.
    try good.put(to: spool.modelPath)
    try eventually("no refusal left") { (daemonStatus(spool)["model"] as? [String: Any])?["refused"] == nil }
    try FileManager.default.removeItem(atPath: spool.modelPath)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("the missing file") { daemon.output.contains("any more; the loaded one stays in use") }
    #expect(daemon.stop() == 0)
  }

  @Test
  func `every RELOADING has its time and its READY, also when settings or model are refused, or one follows another`()
    throws
  {
    let spool = try TestSpool()
    let listener = try NotifyListener(folder: spool.folder)
    let file = spool.folder.path + "/c.yaml"
    try "backlog_high: 500\n".write(toFile: file, atomically: true, encoding: .utf8)
    let daemon = try spool.start(["--config", file], environment: ["NOTIFY_SOCKET": listener.path])
    try eventually("READY") { listener.has("READY=1") }
    listener.clear()
    func count(_ prefix: String) -> Int {
      _ = listener.has("")
      return listener.lines.count { $0.hasPrefix(prefix) }
    }
    try Data("garbage".utf8).write(to: URL(filePath: spool.modelPath))
    for round in 1...6 {
      if round == 4 { try "nonsense: 1\n".write(toFile: file, atomically: true, encoding: .utf8) }
      kill(daemon.process.processIdentifier, SIGHUP)
      try eventually("reload \(round)") { count("READY=1") == round }
    }
    // In a burst some fall together, and none stays without its answer.
    let before = count("RELOADING=1")
    #expect(before == 6)
    for _ in 0..<20 { kill(daemon.process.processIdentifier, SIGHUP) }
    try eventually("the burst") { count("READY=1") > 6 && count("READY=1") == count("RELOADING=1") }
    #expect(daemon.stop() == 0)
    let states = listener.lines.filter { $0 == "RELOADING=1" || $0 == "READY=1" }
    #expect(states.count % 2 == 0)
    #expect(stride(from: 0, to: states.count, by: 2).allSatisfy { states[$0] == "RELOADING=1" })
    #expect(stride(from: 1, to: states.count, by: 2).allSatisfy { states[$0] == "READY=1" })
    let times = listener.lines.filter { $0.hasPrefix("MONOTONIC_USEC=") }.compactMap { Int64($0.dropFirst(15)) }
    #expect(times.count == states.count / 2)
    #expect(times == times.sorted())
    #expect(daemon.output.contains("the configuration was refused, the old one stays"))
    #expect(daemon.output.contains("the configuration was read again"))
  }

  @Test func `metrics are there while the daemon runs, readable by all, whole at every moment, and gone when it stops`()
    throws
  {
    let spool = try TestSpool()
    let runtime = spool.folder.path + "/run"
    try FileManager.default.createDirectory(atPath: runtime, withIntermediateDirectories: true)
    let file = runtime + "/metrics.prom"
    let daemon = try spool.start(environment: ["RUNTIME_DIRECTORY": runtime])
    func text() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
    try eventually("the file") { text().contains("ganomaly_watch_up 1\n") }
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    for number in 0..<30 {
      try spool.copyIn(number, as: "\(number).png")
      let text = text()
      #expect(text.hasPrefix("# HELP ") && text.hasSuffix("\n") && text.contains("ganomaly_metrics_time_seconds 1"))
    }
    let anomalies = (0..<30).count(where: SamplePictures.shared.isAnomalous)
    try eventually("all counted") {
      text().contains("ganomaly_inspections_total{verdict=\"normal\",action=\"left\"} \(30 - anomalies)\n")
        && text().contains("ganomaly_inspections_total{verdict=\"anomaly\",action=\"quarantined\"} \(anomalies)\n")
        && text().contains("ganomaly_quarantine_files \(anomalies)\n")
    }
    #expect(text().contains("ganomaly_inference_seconds_count 30\n"))
    try checkWithOthers(text(), in: spool.folder)
    #expect(daemon.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: file))
  }

  /// Lets Prometheus' own programs read a file of metrics, those of them that are here.
  private func checkWithOthers(_ text: String, in folder: ScratchFolder) throws {
    let file = folder.path + "/given.prom"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let root = SystemTool.root.path()
    let python = root + ".build/interoperability/bin/python"
    for (program, arguments) in [
      (python, [root + "Tests/Interoperability/check_metrics.py"]), ("/usr/bin/promtool", ["check", "metrics"]),
    ] {
      guard FileManager.default.isExecutableFile(atPath: program) else {
        print("SKIPPED: there is no '\(program)', so that it does not check the metrics; this module's own parser does")
        continue
      }
      let (status, said) = try SystemTool.run([program] + arguments, input: file)
      #expect(status == 0, "\(program): \(said)")
    }
  }

  @Test func `a place where metrics cannot be written is told once and hurts nobody`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--metrics", spool.folder.path + "/nowhere/metrics.prom"])
    try eventually("the note") { daemon.output.contains("what shows the daemon's state from outside") }
    for number in 0..<3 {
      try spool.copyIn(number, as: "\(number).png")
      try eventually("record \(number)") { spool.records().count == number + 1 }
    }
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "what shows the daemon's state from outside").count == 2)
  }
}
