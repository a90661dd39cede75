import Foundation
import GRDB
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("regions: where an anomaly is, in ledger, sidecar and journal") struct RegionTests {
  private static let boxes = [
    PixelBox(x: 0, y: 12, width: 1, height: 8), PixelBox(x: 1200, y: 0, width: 80, height: 1024),
    PixelBox(x: 7, y: 7, width: 7, height: 7), PixelBox(x: 5, y: 6, width: 7, height: 8),
  ]

  @Test func `regions are written and read as text, and nothing else is`() {
    let text = "0,12,1,8 1200,0,80,1024 7,7,7,7 5,6,7,8"
    #expect(RegionText.text(of: Self.boxes) == text && RegionText.boxes(text) == Self.boxes)
    #expect(RegionText.text(of: []) == "")
    let most = Array(repeating: Self.boxes[0], count: RegionText.maximumCount)
    #expect(RegionText.boxes(RegionText.text(of: most)) == most)
    #expect(RegionText.boxes(RegionText.text(of: most + most.prefix(1))) == most)
  }

  @Test func `what cannot be a box in a text of boxes is left out, and hides nothing else`() {
    for text in [
      "", " ", "everywhere", "0,12,1", "0,12,1,8,9", "-1,2,3,4", "+1,2,3,4", "01,2,3,4", "1,2,0,4", "1,2,3,0",
      "1,2,3,x",
      "1,2,3,4294967296", "1;2;3;4", "99999999999999999999,2,3,4",
    ] {
      #expect(RegionText.boxes(text) == [], "'\(text)'")
      #expect(RegionText.boxes("0,12,1,8 \(text)  5,6,7,8") == [Self.boxes[0], Self.boxes[3]], "'\(text)'")
    }
  }

  @Test func `a sentence names three regions and counts the others`() {
    #expect(RegionText.sentence(of: []) == nil)
    #expect(RegionText.sentence(of: Array(Self.boxes.prefix(1))) == "at 0,12,1,8")
    #expect(RegionText.sentence(of: Self.boxes) == "at 0,12,1,8 1200,0,80,1024 7,7,7,7 and 1 more")
  }

  @Test func `regions go to the ledger, the sidecar and the journal, and come back with a ledger begun anew`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder(repairs: true)
    try bench.put("a.png", "scored")
    try bench.put("b.png", "another")
    let (first, plain) = try (bench.inspected("a.png"), bench.inspected("b.png"))
    var record = first.record
    record.regions = Self.boxes
    let result = Inspected(
      name: first.name, status: first.status, incoming: first.incoming, record: record, kind: .fresh, file: first.file)
    try recorder.record([result, plain])
    #expect(try ledger.records("").map(\.regions) == [Self.boxes, []])

    let entries = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero) ?? []
    let entry = try #require(entries.first { $0.text.contains("'a.png'") })
    let fields = entry.fields.filter { $0.name == "GANOMALY_REGION" }.map { String(decoding: $0.value, as: UTF8.self) }
    #expect(fields == ["0,12,1,8", "1200,0,80,1024", "7,7,7,7", "5,6,7,8"])
    #expect(entry.text.contains(", at 0,12,1,8 1200,0,80,1024 7,7,7,7 and 1 more, quarantined as"), "\(entry.text)")
    let other = try #require(entries.first { $0.text.contains("'b.png'") })
    #expect(!other.fields.contains { $0.name == "GANOMALY_REGION" } && !other.text.contains(" at "))

    let sidecars = try QuarantineFolder(directory: bench.folders.quarantine).entries()
    #expect(Set(sidecars.map(\.regions)) == [Self.boxes, []])
    let text = String(decoding: try #require(sidecars.first { !$0.regions.isEmpty }).encoded, as: UTF8.self)
    #expect(text.contains(#""regions": [{"x": 0, "y": 12, "width": 1, "height": 8}, {"x": 1200, "#), "\(text)")

    let (new, _) = try LedgerRepair.beginAnew(
      bench.state, bench.folders, damaged: ledger, reason: "a test", readerCount: 2)
    #expect(try Set(new.records("").map(\.regions)) == [Self.boxes, []])
  }

  @Test func `sidecars of earlier versions are read, and boxes that cannot be ones hide nothing else`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    var record = try bench.inspected("a.png").record
    record.destination = FileName("d.png")
    record.regions = Self.boxes
    let sidecar = try #require(Sidecar(record))
    #expect(Sidecar(name: FileName("d.png")!, bytes: sidecar.encoded) == sidecar)
    func read(_ change: (inout [String: Any]) -> Void) throws -> Sidecar? {
      var object = try #require(
        try JSONSerialization.jsonObject(with: Data(sidecar.encoded)) as? [String: Any])
      change(&object)
      return Sidecar(name: FileName("d.png")!, bytes: Array(try JSONSerialization.data(withJSONObject: object)))
    }
    let earlier = try #require(try read { $0["regions"] = nil })
    #expect(earlier.regions == [] && earlier.id == sidecar.id && earlier.score == sidecar.score)
    let good = ["x": 1, "y": 2, "width": 3, "height": 4]
    let spoiled = try #require(
      try read { object in
        object["regions"] =
          [
            good as Any, ["x": -1, "y": 2, "width": 3, "height": 4], ["x": 1, "y": 2, "width": 0, "height": 4],
            ["x": 1, "y": 2, "width": 3, "height": Int.max], ["x": 1.5, "y": 2, "width": 3, "height": 4],
            ["x": 1e30, "y": 2, "width": 3, "height": 4], ["x": "1", "y": 2, "width": 3, "height": 4],
            ["x": 1, "y": 2],
            "text", 7, [1, 2, 3, 4], NSNull(),
          ] + Array(repeating: good, count: 40)
      })
    #expect(spoiled.regions == Array(repeating: PixelBox(x: 1, y: 2, width: 3, height: 4), count: 16))
    #expect(spoiled.score == sidecar.score)
    for other: Any in [["x": 1], "text", 7, NSNull()] {
      let read = try #require(try read { $0["regions"] = other })
      #expect(read.regions == [] && read.score == sidecar.score && read.originalFolder == sidecar.originalFolder)
    }
  }

  @Test func `a ledger from before regions is read as it is, and gets the column with its first start`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    try bench.recorder().0.record([try bench.inspected("a.png")])
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write { try $0.execute(sql: "ALTER TABLE inspection DROP COLUMN regions") }
    let state = bench.spool.appending("state")
    let before = try LedgerReader(state: state).inspections()
    #expect(before.map(\.regions) == [[]])
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try LedgerReader(state: state).inspections() == before)
    try bench.put("b.png", "another")
    let result = try bench.inspected("b.png")
    var record = result.record
    record.regions = Self.boxes
    try recorder.record([
      Inspected(
        name: result.name, status: result.status, incoming: result.incoming, record: record, kind: .fresh,
        file: result.file)
    ])
    #expect(try ledger.records("").map(\.regions) == [[], Self.boxes])
  }
}
