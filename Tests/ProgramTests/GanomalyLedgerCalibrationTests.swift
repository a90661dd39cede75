import Foundation
import GANomalyModel
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

    let calibrated = try calibrate(bench)
    #expect(calibrated.status == 0, "\(calibrated.errors)")
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

    // The file has another digest now, and the ledger's rows are still this model's.
    let labelled = try calibrate(bench, "--method", "f1")
    #expect(labelled.status == 0, "\(labelled.errors)")
    let second = try #require(try Model.read(contentsOf: bench.spool.modelPath).calibration)
    #expect(second.scores == expected)
    #expect(second.anomalousScores == anomalies.dropFirst().map { SamplePictures.shared.score($0) }.sorted())
    let compared = try calibrate(bench, "--compare")
    #expect(compared.status == 0)
    #expect(compared.output.hasPrefix("pictures  13 normal, 2 anomalous"), "\(compared.output)")
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
