import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("names, numbers, records") struct ValueTests {
  @Test(arguments: [
    ("a.png", true), ("A.PNG", true), (".png", false), ("a.png.part", false), ("a.png~", false), ("a.jpg", false),
    ("a.tmp", false), ("x.png.png", true),
  ])
  func `only pictures are candidates`(name: String, isCandidate: Bool) {
    #expect(NamePattern("*.png")!.matches(FileName(name)!) == isCandidate)
  }

  @Test func `patterns know stars, question marks and lists`() {
    let pattern = NamePattern("cam?_*.png, *.PNGX")!
    for (name, expected) in [
      ("cam1_a.png", true), ("cam12_a.png", false), ("CAM1_.PNG", true), ("b.pngx", true), ("cam1_a.pn", false),
    ] {
      #expect(pattern.matches(FileName(name)!) == expected, "\(name)")
    }
    #expect(NamePattern(" , ") == nil)
    // A pattern of many stars must not take for ever.
    let stars = NamePattern(String(repeating: "*a", count: 60))!
    #expect(!stars.matches(FileName(String(repeating: "a", count: 250) + "b")!))
  }

  @Test(
    arguments: [
      ("256 MiB", 256 << 20), ("100 million", 100_000_000), ("32768", 32_768), ("1GiB", 1 << 30), ("2 kB", 2000),
      ("1_000", 1000), ("", nil), ("-1", nil), ("1.5 MiB", nil), ("5 MiBi", nil), ("9999999999999 TiB", nil),
      ("٣", nil),
    ] as [(String, Int?)])
  func `counts are read with their units`(text: String, value: Int?) {
    #expect(Quantity.count(text) == value)
  }

  @Test(
    arguments: [
      ("200 ms", .milliseconds(200)), ("10s", .seconds(10)), ("5 min", .seconds(300)), ("1 h", .seconds(3600)),
      ("2 d", .seconds(172_800)), ("10", nil), ("s", nil), ("-1 s", nil), ("1 year", nil),
    ] as [(String, Duration?)])
  func `times are read with their units, never without`(text: String, value: Duration?) {
    #expect(Quantity.duration(text) == value)
  }

  @Test func `the name in quarantine is unique, keeps the ending, and leaves room`() {
    let time = WallTime(nanoseconds: 1_795_321_499_000_000_000)
    let id = "0123456a-bcde-f012-3456-789abcdef012"
    #expect(
      DestinationName.make(for: FileName("part.png")!, id: id, time: time).description
        == "20261122T042459Z-0123456abcde-part.png")
    for name in [String(repeating: "x", count: 251) + ".png", String(repeating: "ä", count: 125) + ".png"] {
      let made = DestinationName.make(for: FileName(name)!, id: id, time: time)
      #expect(made.bytes.count <= 231)
      #expect(made.bytes.count >= 229)
      #expect(String(validating: made.bytes, as: UTF8.self)?.hasSuffix(".png") == true)
      #expect(Sidecar.name(for: made) != nil)
    }
    let returned = DestinationName.returned(FileName(String(repeating: "y", count: 251) + ".png")!, id: id)
    #expect(returned.description.hasSuffix(".returned-0123456a.png"))
    #expect(returned.bytes.count == 255)
    #expect(DestinationName.returned(FileName("noending")!, id: id).description == "noending.returned-0123456a")
  }

  private func record() -> InspectionRecord {
    InspectionRecord(
      id: "0123456a-bcde-f012-3456-789abcdef012", recorded: WallTime(nanoseconds: 5_000_000_123),
      arrived: WallTime(nanoseconds: 4_000_000_000), folder: Array("/spool/incoming".utf8),
      arrival: Arrival(
        name: FileName(bytes: [0xFF] + Array("\"a\nb.png".utf8))!, device: 1, inode: 2, size: 3, modified: 4_000_321),
      changed: 5, digest: Array(0..<32), width: 6, height: 7, score: 0.1, threshold: 1 / 3, pValue: 0.02,
      verdict: .anomaly, action: .quarantined, destination: FileName("d.png")!, modelDigest: "abc", calibration: "c1",
      owner: 65_534, group: 8, mode: 0o640)
  }

  @Test func `a sidecar reads back, and an owner that cannot be known is null`() throws {
    let sidecar = try #require(Sidecar(record()))
    #expect(sidecar.owner == nil)
    #expect(sidecar.group == 8)
    #expect(Sidecar(name: FileName("d.png")!, bytes: sidecar.encoded) == sidecar)
    let text = String(decoding: sidecar.encoded, as: UTF8.self)
    #expect(text.contains("\"score\": 0.1, "))
    #expect(text.contains("\"owner\": null"))
    #expect(text.filter { $0 == "\n" }.count == 1)
    #expect(try JSONSerialization.jsonObject(with: Data(sidecar.encoded)) is [String: Any])
    #expect(Sidecar(name: FileName("d.png")!, bytes: Array("{}".utf8)) == nil)
  }

  @Test func `an entry has the fields of the contract, raw names and floats that read back`() {
    let entry = RecordEntry(record(), spool: Array("/spool".utf8))
    func field(_ name: String) -> String? {
      entry.fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
    #expect(field("PRIORITY") == "4")
    #expect(field("SYSLOG_IDENTIFIER") == "ganomalyd")
    #expect(field("GANOMALY_SCORE") == "0.100000001")
    #expect(field("GANOMALY_SCORE").flatMap(Float.init) == 0.1)
    #expect(field("GANOMALY_THRESHOLD").flatMap(Float.init) == Float(1) / 3)
    #expect(field("GANOMALY_DESTINATION") == "/spool/quarantine/d.png")
    #expect(field("GANOMALY_MTIME_USEC") == "4000")
    #expect(
      entry.fields.first { $0.name == "GANOMALY_FILE" }?.value
        == Array("/spool/incoming/".utf8) + [0xFF] + Array("\"a\nb.png".utf8))
    #expect(entry.line.contains("anomaly '\\xFF\"a\\nb.png', score 0.1 not above 0.33333334"))
    #expect(!entry.line.contains("\n"))
    #expect(entry.fields.allSatisfy { !$0.value.isEmpty })
  }

  @Test func `each message has an id of its own, and an anomaly that stays in place is told apart`() {
    #expect(Set(MessageID.allCases.map(\.rawValue)).count == MessageID.allCases.count)
    var anomaly = record()
    #expect(MessageID(anomaly) == .anomaly)
    anomaly.action = .quarantineFailed
    #expect(MessageID(anomaly) == .notQuarantined)
    #expect(MessageID(anomaly).priority == 3)
  }

  @Test(arguments: [
    (Settings.Records.auto, true, false, true, false), (.auto, true, true, true, true),
    (.auto, false, false, false, true), (.journal, false, true, true, false), (.stderr, true, true, false, true),
    (.both, true, false, true, true),
  ])
  func `records go where they can be read`(
    setting: Settings.Records, isPresent: Bool, isTerminal: Bool, journal: Bool, lines: Bool
  ) {
    let ways = RecordSink.Ways(setting, isPresent: isPresent, isTerminal: isTerminal)
    #expect(ways.journal == journal)
    #expect(ways.lines == lines)
  }

  @Test func `a ledger commits durably, and keeps every value`() throws {
    let bench = try RecorderBench()
    let ledger = try Ledger(in: bench.state)
    #expect(try ledger.synchronousLevel() == 2)
    #expect(try bench.state.status(of: Ledger.fileName)?.mode == 0o640)
    guard case .inserted(let inserted) = try ledger.begin([record()])[0] else {
      Issue.record("the record is new")
      return
    }
    var expected = record()
    expected.number = inserted.number
    #expect(inserted == expected)
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    #expect(try reader.inspections() == [expected])
    #expect(try reader.inspections(since: WallTime(nanoseconds: 6_000_000_000)) == [])
    #expect(try reader.counts() == [.anomaly: 1])
    #expect(try ledger.unjournalled(before: .now, limit: 9) == [expected])
    try ledger.markJournalled([expected.row])
    #expect(try ledger.unjournalled(before: .now, limit: 9) == [])
  }

  @Test func `a folder inside another is found to be so, whatever the path`() throws {
    let bench = try RecorderBench()
    let inner = bench.spool.appending("incoming").appending("a").appending("b")
    _ = try Directory.creating(path: inner)
    #expect(try SpoolFolders.isInside(inner, bench.spool.appending("incoming")))
    #expect(try SpoolFolders.isInside(bench.spool.appending("incoming"), bench.spool.appending("incoming")))
    #expect(try !SpoolFolders.isInside(bench.spool.appending("quarantine"), bench.spool.appending("incoming")))
  }

  @Test func `settings that need more open files than the process may have are refused with both numbers`() throws {
    var settings = Settings()
    (settings.lanes, settings.batch) = (2, 1024)
    #expect {
      try Daemon.resultCapacity(settings, descriptorLimit: 1024)
    } throws: {
      "\($0)".contains("2 lanes with a batch of 1024 pictures may have 2496 files open, and this process may have 1024")
    }
    (settings.lanes, settings.batch) = (16, 16)
    #expect(try Daemon.resultCapacity(settings, descriptorLimit: 1024) == 176)
  }

  @Test func `as many results may wait as descriptors allow, and no more than are of use`() throws {
    var settings = Settings()
    (settings.lanes, settings.batch) = (2, 16)
    // 64 in the lanes, 160 others, and as many with the recorder as before it.
    for (limit, capacity) in [(480, 128), (481, 128), (482, 129), (1024, 400), (1248, 512), (1 << 20, 512)] {
      #expect(try Daemon.resultCapacity(settings, descriptorLimit: limit) == capacity)
    }
    #expect(throws: InspectionError.self) { try Daemon.resultCapacity(settings, descriptorLimit: 479) }
    // The usual settings do with what a service gets by itself.
    #expect(try Daemon.resultCapacity(Settings(), descriptorLimit: 16_384) == 512)
  }

  @Test func `a lane takes many files only where as many wait for every other`() {
    for (waiting, lanes, batch, count) in [
      (0, 2, 48, 16), (20, 2, 48, 16), (40, 2, 48, 20), (95, 2, 48, 47), (256, 2, 48, 48), (256, 16, 48, 16),
      (256, 1, 64, 64), (256, 2, 4, 4), (0, 1, 1, 1),
    ] {
      #expect(Lane.share(of: waiting, laneCount: lanes, batch: batch) == count)
    }
  }

  @Test func `whoever waits for room in the lanes' queue is woken once`() throws {
    let wake = try WakeUp()
    let mailbox = Mailbox(wake: wake)
    func isWoken() throws -> Bool {
      defer { wake.lower() }
      return try waitForInput([wake], timeout: .zero)[0]
    }
    mailbox.noteRoom()
    #expect(try !isWoken())
    mailbox.awaitRoom()
    #expect(try !isWoken())
    mailbox.noteRoom()
    #expect(try isWoken())
    mailbox.noteRoom()
    #expect(try !isWoken())
  }
}
