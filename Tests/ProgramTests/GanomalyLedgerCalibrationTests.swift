import Foundation
import GANomalyModel
import Inspection
import Linux
import Testing

@Suite("ganomaly calibrate --from-ledger") struct GanomalyLedgerCalibrationTests {
  private func calibrate(_ bench: ReviewedSpool, _ extra: String...) throws -> BuiltProgram.Run {
    let method = extra.contains("--method") ? [] : ["--false-positive-rate", "0.1"]
    return try bench.run(["calibrate", bench.spool.modelPath, "--from-ledger", "--since", "1 h"] + method + extra)
  }

  @Test func `the line's own scores calibrate once every anomaly is reviewed, again and again`() throws {
    let bench = ReviewedSpool()
    let normals = Array(bench.normals.prefix(12))
    let anomalies = Array(bench.anomalies.prefix(3))
    let daemon = try bench.spool.start()
    try bench.drop(normals + anomalies)
    let before = try Model.read(contentsOf: bench.spool.modelPath)

    let refused = try calibrate(bench)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("3 anomalies of that time are unreviewed"), "\(refused.errors)")
    #expect(refused.errors.contains("3 in quarantine: 'ganomaly quarantine list' shows them"))
    #expect(try Model.read(contentsOf: bench.spool.modelPath).sha256 == before.sha256)

    #expect(try bench.run("quarantine", "release", "\(anomalies[0]).png").status == 0)
    for number in anomalies.dropFirst() {
      #expect(try bench.run("quarantine", "confirm", "\(number).png").status == 0)
    }
    // Released into the watched folder, it is inspected again and allowed: the same bytes, counted once.
    try eventually("the allowed one") { bench.spool.records(of: "\(anomalies[0]).png").count == 2 }

    let calibrated = try calibrate(bench, "--report", bench.spool.folder.path + "/r.html")
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    #expect(!calibrated.errors.contains("because nothing was flagged since"), "\(calibrated.errors)")
    #expect(calibrated.errors.contains("13 normal pictures, 1 of them released by a person, and 2 confirmed anomalies"))
    #expect(calibrated.errors.contains("left out: 1 more of the same bytes"), "\(calibrated.errors)")
    #expect(calibrated.errors.contains("is not checked"))
    let model = try Model.read(contentsOf: bench.spool.modelPath)
    let calibration = try #require(model.calibration)
    let expected = (normals + [anomalies[0]]).map { SamplePictures.shared.score($0) }.sorted()
    #expect(calibration.scores == expected)
    #expect(calibration.method == .conformal)
    #expect(calibration.ledgerSince != nil)
    #expect(calibration.setDigest?.count == 64)
    #expect(model.sameScores.contains(try #require(before.sha256)))
    #expect(calibrated.output.contains("inspected by the daemon since"))
    let report = try String(contentsOfFile: bench.spool.folder.path + "/r.html", encoding: .utf8)
    for words in [
      "as the daemon inspected them since \(calibration.ledgerSince ?? "")", "not checked against the training",
      "13 normal pictures, 1 of them released by a person, and 2 confirmed anomalies", "of arithmetic version",
    ] {
      #expect(report.contains(words), "\(words)")
    }
    #expect(!report.contains("that training never saw"))

    // The file has another digest now, and the ledger's rows are still this model's.
    let again = try calibrate(bench, "--method", "quantile", "--false-positive-rate", "0.1")
    #expect(again.status == 0, "\(again.errors)")
    let second = try #require(try Model.read(contentsOf: bench.spool.modelPath).calibration)
    #expect(second.scores == expected)
    let compared = try calibrate(bench, "--compare")
    #expect(compared.status == 0)
    #expect(
      compared.output.hasPrefix("pictures  13 normal, 2 anomalous: the table counts the normal ones;"),
      "\(compared.output)")
    // Anomalies that were missed count as normal ones there: what would be detected is not known.
    for method in ["f1", "youden"] {
      #expect(compared.output.contains("\(method): method '\(method)' cannot choose by a ledger"), "\(compared.output)")
    }
    let json = try calibrate(bench, "--compare", "--format", "json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let rows = try #require(object["methods"] as? [[String: Any]])
    #expect(rows.allSatisfy { $0["detected"] is NSNull && $0["detection_rate_here"] is NSNull })
    #expect(rows.contains { $0["false_positives"] is Int })
    #expect((object["notes"] as? [String])?.first?.hasPrefix("13 normal pictures") == true)
    #expect(daemon.stop() == 0)
  }

  @Test func `a time after which nothing was flagged is noted where anomalies before it are unreviewed`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start()
    let anomaly = bench.anomalies[0]
    try bench.drop(Array(bench.normals.prefix(2)) + [anomaly])
    let since = try #require(bench.spool.records().map(\.recorded).max()).roundedUp.iso
    try bench.drop(Array(bench.normals.suffix(10)))
    func calibrate(_ extra: String...) throws -> BuiltProgram.Run {
      try bench.run(
        ["calibrate", bench.spool.modelPath, "--from-ledger", "--since", since, "--false-positive-rate", "0.1"] + extra)
    }
    let sentence = "none of these pictures was flagged, and 1 anomalies from before are unreviewed"
    let json = try calibrate("--compare", "--format", "json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((object["notes"] as? [String])?.contains { $0.hasPrefix(sentence) } == true, "\(json.output)")
    let noted = try calibrate("--report", bench.spool.folder.path + "/r.html")
    #expect(noted.status == 0 && noted.errors.contains("note: " + sentence), "\(noted.errors)")
    #expect(noted.errors.contains("the promise does not hold"))
    #expect(try String(contentsOfFile: bench.spool.folder.path + "/r.html", encoding: .utf8).contains(sentence))
    // Once somebody has reviewed it, the time may have any reason.
    #expect(try bench.run("quarantine", "confirm", "\(anomaly).png").status == 0)
    let reviewed = try calibrate()
    #expect(reviewed.status == 0 && !reviewed.errors.contains("was flagged"), "\(reviewed.errors)")
    #expect(daemon.stop() == 0)
  }

  @Test func `anomalies that were never in quarantine count as unreviewed until they are confirmed`() throws {
    let bench = ReviewedSpool()
    let daemon = try bench.spool.start(["--on-anomaly", "leave"])
    try bench.drop(Array(bench.normals.prefix(10)) + [bench.anomalies[0]])
    let refused = try calibrate(bench)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("1 left where they arrived ('on_anomaly: leave'"), "\(refused.errors)")
    #expect(try bench.run("quarantine", "confirm", "\(bench.anomalies[0]).png").status == 0)
    let calibrated = try calibrate(bench)
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    #expect(daemon.stop() == 0)
  }

  @Test func `a ledger that was begun anew is refused for the time before, and for released pictures alone`() throws {
    let bench = ReviewedSpool()
    let anomaly = bench.anomalies[0]
    let first = try bench.spool.start()
    try bench.drop(Array(bench.normals.prefix(12)) + [anomaly])
    #expect(first.stop() == 0)
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: bench.spool.spool + "/state/ledger.sqlite" + ending)
    }
    // What still lies there would be inspected again, and be ordinary scores.
    for number in bench.normals.prefix(12) {
      try FileManager.default.removeItem(atPath: bench.spool.spool + "/incoming/\(number).png")
    }
    let second = try bench.spool.start()
    #expect(try bench.run("quarantine", "confirm", "\(anomaly).png").status == 0)
    let refused = try calibrate(bench)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("it has all inspections only since 20"), "\(refused.errors)")
    #expect(refused.errors.contains("the ledger was begun anew then"), "\(refused.errors)")
    // The time that it names is taken.
    let words = refused.errors.split(separator: "only since ").last?.split(separator: "Z").first
    let since = try #require(words) + "Z"
    let other = bench.anomalies[1]
    try bench.drop([other])
    #expect(try bench.run("quarantine", "release", "\(other).png").status == 0)
    try eventually("the allowed one") { bench.spool.records(of: "\(other).png").count == 2 }
    func later() throws -> BuiltProgram.Run {
      try bench.run([
        "calibrate", bench.spool.modelPath, "--from-ledger", "--since", String(since), "--false-positive-rate", "0.1",
      ])
    }
    let alone = try later()
    #expect(alone.status == 2)
    #expect(alone.errors.contains("1 of 1 normal pictures were flagged and released"), "\(alone.errors)")
    try bench.drop(Array(bench.normals.suffix(10)))
    let calibrated = try later()
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    #expect(second.stop() == 0)
  }

  @Test func `a model that inspected nothing, and a spool without a ledger, are refused in words`() throws {
    let bench = ReviewedSpool()
    let missing = try calibrate(bench)
    #expect(missing.status == 2)
    #expect(missing.errors.contains("there is none: no daemon has worked here yet"))
    let daemon = try bench.spool.start()
    try bench.drop(Array(bench.normals.prefix(10)))
    #expect(daemon.stop() == 0)
    let few = try calibrate(bench, "--confidence", "0.95")
    #expect(few.status == 2)
    #expect(few.errors.contains("needs at least 29 normal pictures, found 10"), "\(few.errors)")
    var other = SamplePictures.shared.model
    let name = try #require(other.state.keys.sorted().first { $0.hasSuffix(".weight") })
    let tensor = try #require(other.state[name])
    other.state[name] = StateTensor(shape: tensor.shape, values: tensor.values.map { $0 * 1.5 })
    try other.write(to: bench.spool.modelPath)
    let refused = try calibrate(bench)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("no normal picture with a score by this model (10 inspections by others)"))
  }
}
