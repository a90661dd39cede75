import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("metrics") struct MetricsTests {
  private static let identity = PictureJudge.Identity(
    modelDigest: "ab\"c\\d\ne", calibration: "0123", threshold: -0.5, summary: "")

  private func record(
    _ verdict: Verdict, _ action: FileAction, score: Float? = nil, threshold: Float? = nil, size: Int64 = 10
  ) -> InspectionRecord {
    var record = InspectionRecord(
      id: UUID().uuidString.lowercased(), recorded: WallTime(nanoseconds: 1_500_000_000_250_000_000),
      arrived: WallTime(nanoseconds: 0), folder: [],
      arrival: Arrival(name: FileName("a.png")!, device: 1, inode: 2, size: size, modified: 3), changed: 4,
      verdict: verdict, action: action)
    record.score = score
    record.threshold = threshold
    record.waitMicroseconds = 20_000
    record.decodeMicroseconds = 5_000
    record.inferenceMicroseconds = 1_000
    return record
  }

  private func file(
    _ metrics: Metrics, _ snapshot: WatchSnapshot = WatchSnapshot(), model: PictureJudge.Identity? = nil
  ) throws -> PrometheusFile {
    try PrometheusFile(
      MetricsReport(
        values: metrics.values, snapshot: snapshot, model: model, journalWaitingCount: 9, version: "1.0",
        time: WallTime(nanoseconds: 2_000_000_000)
      ).text)
  }

  @Test func `the file of a daemon that has done nothing is sound, and known counters begin at zero`() throws {
    let file = try file(Metrics(started: WallTime(nanoseconds: 1_000_000_000)))
    #expect(file.value("ganomaly_start_time_seconds") == 1)
    #expect(file.value("ganomaly_metrics_time_seconds") == 2)
    for (verdict, action) in [("normal", "left"), ("anomaly", "quarantined"), ("anomaly", "quarantine-failed")] {
      #expect(file.value("ganomaly_inspections_total", ["verdict": verdict, "action": action]) == 0)
    }
    for verdict in Verdict.allCases {
      #expect(
        file.families.first { $0.name == "ganomaly_inspections_total" }?.samples
          .contains { $0.labels["verdict"] == verdict.rawValue } == true)
    }
    #expect(file.value("ganomaly_last_image_time_seconds") == nil)
    #expect(file.value("ganomaly_quarantine_files") == nil)
    #expect(file.families.allSatisfy { $0.name.hasPrefix("ganomaly_") })
  }

  @Test func `the manual of ganomalyd has every metric, and no other`() throws {
    let manual = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Documentation/Manual/ganomalyd.8")
    let items = try String(contentsOf: manual, encoding: .utf8).components(separatedBy: "\n")
      .filter { $0.hasPrefix(".It Ev ganomaly_") }
    let written = try file(Metrics()).families.map(\.name)
    #expect(items.sorted() == written.map { ".It Ev \($0)" }.sorted())
  }

  @Test func `inspections are counted by verdict and action, their times and scores in ranges`() throws {
    let metrics = Metrics()
    metrics.setQuarantine(MetricsValues.Content(fileCount: 5, byteCount: 50))
    metrics.count(record(.normal, .left, score: 0.5, threshold: 0.5))
    metrics.count(record(.normal, .left, score: 0.1, threshold: 0.5))
    metrics.count(record(.anomaly, .quarantined, score: Float(0.5).nextUp, threshold: 0.5, size: 7))
    metrics.count(record(.anomaly, .quarantineFailed, score: 40, threshold: 0.5))
    // A combination of terms may have such a threshold: its ratio would say nothing.
    metrics.count(record(.normal, .passed, score: -2, threshold: -1))
    metrics.count(record(.unreadable, .rejected))
    metrics.count(record(.error, .left))
    let file = try file(metrics)
    func inspections(_ verdict: String, _ action: String) -> Double? {
      file.value("ganomaly_inspections_total", ["verdict": verdict, "action": action])
    }
    #expect(inspections("normal", "left") == 2)
    #expect(inspections("normal", "passed") == 1)
    #expect(inspections("anomaly", "quarantined") == 1)
    #expect(inspections("unreadable", "rejected") == 1)
    #expect(file.value("ganomaly_wait_seconds_count") == 7)
    #expect(file.value("ganomaly_wait_seconds_bucket", ["le": "0.01"]) == 0)
    #expect(file.value("ganomaly_wait_seconds_bucket", ["le": "0.05"]) == 7)
    #expect(file.value("ganomaly_decode_seconds_bucket", ["le": "0.005"]) == 7)
    #expect(file.value("ganomaly_inference_seconds_count") == 5)
    #expect(abs(file.value("ganomaly_inference_seconds_sum")! - 0.005) < 1e-12)
    // The bound 1 parts normal from anomalous exactly, also a score that is the threshold and its next neighbour.
    #expect(file.value("ganomaly_score_threshold_ratio_bucket", ["le": "1"]) == 2)
    #expect(file.value("ganomaly_score_threshold_ratio_bucket", ["le": "1.1"]) == 3)
    #expect(file.value("ganomaly_score_threshold_ratio_bucket", ["le": "10"]) == 3)
    #expect(file.value("ganomaly_score_threshold_ratio_count") == 4)
    #expect(file.value("ganomaly_last_image_time_seconds") == 1_500_000_000.25)
    #expect(file.value("ganomaly_quarantine_files") == 6)
    #expect(file.value("ganomaly_quarantine_bytes") == 57)
  }

  @Test func `intake, journal and model are told`() throws {
    let metrics = Metrics()
    metrics.countJournal(isSent: true)
    metrics.countJournal(isSent: false)
    metrics.countJournal(replayed: 3, lost: 2)
    metrics.countModelLoad(at: WallTime(nanoseconds: 5_000_000_000))
    metrics.countModelRefusal("torn")
    #expect(metrics.setWaitingMoves(4) && !metrics.setWaitingMoves(4))
    let snapshot = WatchSnapshot(
      pendingCount: 12, oldestPendingAge: .milliseconds(2500), isWatching: false, isPolling: true,
      pauses: [.diskFloor], ignoredCount: 1, overflowCount: 2, rescanCount: 3)
    let file = try file(metrics, snapshot, model: Self.identity)
    let expected: [(String, Double)] = [
      ("ganomaly_queue_files", 12), ("ganomaly_queue_oldest_age_seconds", 2.5), ("ganomaly_watch_up", 0),
      ("ganomaly_watch_polling", 1), ("ganomaly_ignored_names_total", 1), ("ganomaly_overflows_total", 2),
      ("ganomaly_rescans_total", 3), ("ganomaly_journal_entries_total", 1), ("ganomaly_journal_failures_total", 1),
      ("ganomaly_journal_replayed_total", 3), ("ganomaly_journal_lost_total", 2), ("ganomaly_journal_up", 0),
      ("ganomaly_journal_waiting_entries", 9),
      ("ganomaly_model_threshold", -0.5), ("ganomaly_model_load_time_seconds", 5), ("ganomaly_model_loads_total", 1),
      ("ganomaly_model_refusals_total", 1), ("ganomaly_moves_waiting", 4),
    ]
    for (name, value) in expected { #expect(file.value(name) == value, "\(name)") }
    for reason in PauseReason.allCases {
      #expect(file.value("ganomaly_intake_paused", ["reason": reason.rawValue]) == (reason == .diskFloor ? 1 : 0))
    }
    // Label values with every character that is escaped come back as they were.
    #expect(file.value("ganomaly_model_info", ["sha256": "ab\"c\\d\ne", "calibration": "0123"]) == 1)
    #expect(file.value("ganomaly_build_info", ["version": "1.0"]) == 1)
  }

  @Test(arguments: [
    "a 1", "# TYPE a gauge\na 1\n", "# HELP a x\na 1\n", "# HELP a x\n# TYPE a gauge\nb 1\n",
    "# HELP a x\n# TYPE a gauge\na 1\na 1\n", "# HELP a x\n# TYPE a gauge\na x\n",
    "# HELP a x\n# TYPE a counter\na 1\n",
    "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
    "# HELP a x\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n", "# HELP a x\n# TYPE a gauge\na{__b=\"1\"} 1\n",
    "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
    "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na 1\n", "# HELP a x\n# TYPE a gauge\na 1 \n",
  ])
  func `the parser of these tests refuses what is wrong`(text: String) {
    #expect(throws: PrometheusFile.Fault.self) { try PrometheusFile(text) }
  }

  @Test func `the last minute is counted by the second`() {
    var recent = RecentCount()
    for second in 0..<100 { recent.add(at: second) }
    recent.add(at: 99)
    #expect(recent.count(at: 99) == 61)
    #expect(recent.count(at: 100) == 60)
    #expect(recent.count(at: 158) == 2)
    #expect(recent.count(at: 159) == 0)
    #expect(recent.count(at: 1_000_000) == 0)
  }

  @Test func `the quarantine is counted by its sidecars, again when it has changed and a while has passed`() throws {
    let path = FilePath(NSTemporaryDirectory() + "ganomalyd-\(UUID().uuidString)")
    let folder = try Directory.creating(path: path)
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    func put(_ name: String, _ count: Int) throws {
      try folder.write([UInt8](repeating: 1, count: count), to: FileName(name)!, mode: 0o600, durability: .none)
    }
    try put("a.png", 10)
    try put("a.png.json", 99)
    try put("a.png.view.png", 50)
    try put("lonely.png", 7)
    try put("gone.png.json", 7)
    var meter = QuarantineMeter { folder }
    let start = ContinuousClock.now
    #expect(meter.readIfDue(now: start) == MetricsValues.Content(fileCount: 1, byteCount: 159))
    try put("b.png", 5)
    try put("b.png.json", 5)
    #expect(meter.readIfDue(now: start + .seconds(59)) == nil)
    let later = start + .seconds(120)
    #expect(meter.readIfDue(now: later) == MetricsValues.Content(fileCount: 2, byteCount: 169))
    #expect(meter.readIfDue(now: later + .seconds(3500)) == nil)
    #expect(meter.readIfDue(now: later + .seconds(3700)) != nil)
  }
}
