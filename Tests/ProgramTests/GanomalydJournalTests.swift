import Foundation
import GANomalyModel
import Imaging
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: the journal", .enabled(if: PrivateJournald.isPossible)) struct GanomalydJournalTests {
  /// A spool with pictures beside it, and the beginning of every script, whose `start` waits for nothing.
  func prepare(_ count: Int) throws -> (TestSpool, String) {
    let spool = try TestSpool()
    try spool.writePictures(0..<count)
    let head =
      spool.scriptHead + """
        start() {
          '\(BuiltProgram.path(of: "ganomalyd"))' --spool spool --model model.safetensors --lanes 2 \
            --settle '50 ms' --grace '300 ms' --minimum-free-bytes 0 2>>stderr &
          daemon=$!
        }
        entries() { journalctl --quiet --sync; journalctl --quiet --all --output=json SYSLOG_IDENTIFIER=ganomalyd; }
        events() { entries | grep -o '"GANOMALY_VERDICT"' | wc -l; }

        """
    return (spool, head)
  }

  func entries(_ spool: TestSpool, _ file: String = "entries") throws -> [[String: Any]] {
    let text = try String(contentsOfFile: "\(spool.folder.path)/\(file)", encoding: .utf8)
    return try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func `every inspection has one entry with the right fields`() throws {
    let (spool, head) = try prepare(60)
    let script =
      head + """
        start
        cp p/*.png spool/incoming/
        printf 'no picture' > $'spool/incoming/new\\nline.png'
        until_true '[ "$(events)" -ge 61 ]'
        stop
        entries > entries
        [ ! -s stderr ]
        """
    let (code, output) = PrivateJournald.run(script)
    #expect(code == 0, "\(output)")
    let all = try entries(spool)
    let inspections = all.filter { $0["GANOMALY_VERDICT"] != nil }
    #expect(inspections.count == 61)
    let records = Dictionary(uniqueKeysWithValues: spool.records().map { ($0.id, $0) })
    #expect(records.count == 61)
    for entry in inspections {
      func text(_ name: String) -> String? { entry[name] as? String }
      let id = try #require(text("GANOMALY_EVENT_ID"))
      let record = try #require(records[id])
      #expect(text("GANOMALY_VERDICT") == record.verdict.rawValue)
      #expect(text("GANOMALY_ACTION") == record.action.rawValue)
      #expect(text("GANOMALY_SCORE").flatMap(Float.init) == record.score)
      #expect(text("GANOMALY_SHA256") == record.digestText)
      #expect(text("GANOMALY_SIZE") == "\(record.arrival.size)")
      #expect(text("GANOMALY_INODE") == "\(record.arrival.inode)")
      #expect(text("GANOMALY_MTIME_USEC") == "\(record.arrival.modified / 1000)")
      #expect(text("GANOMALY_ATTEMPT") == "\(record.attempt)")
      #expect(text("_COMM") == "ganomalyd")
      #expect(text("MESSAGE")?.hasPrefix(record.verdict.rawValue) == true)
      // Fields of one name are a list, where there are several.
      let regions = entry["GANOMALY_REGION"].map { $0 as? [String] ?? [$0 as? String ?? ""] } ?? []
      #expect(regions == record.regions.map(\.text))
      #expect(regions.isEmpty == (record.verdict != .anomaly))
      switch record.verdict {
      case .anomaly, .normal:
        let isAnomaly = record.verdict == .anomaly
        #expect(
          text("MESSAGE_ID")
            == (isAnomaly ? "d5ea72fcb8ed45558ca4de8929997a46" : "704d5b09db0a4d92b15ded9fd2aac735"))
        #expect(text("PRIORITY") == (isAnomaly ? "4" : "6"))
        #expect(text("GANOMALY_THRESHOLD").flatMap(Float.init) == SamplePictures.shared.model.calibration?.threshold)
        #expect(text("GANOMALY_MODEL_SHA256") == record.modelDigest)
        #expect(text("GANOMALY_CALIBRATION_ID") == SamplePictures.shared.model.calibration?.identifier)
        #expect(text("GANOMALY_WIDTH") == "16" && text("GANOMALY_HEIGHT") == "16")
        #expect(text("GANOMALY_P_VALUE").flatMap(Double.init) == record.pValue)
        #expect(text("GANOMALY_FILE") == "\(spool.incoming)/\(record.arrival.name)")
        let destination = text("GANOMALY_DESTINATION")
        #expect((destination != nil) == isAnomaly)
        if let destination {
          #expect(FileManager.default.fileExists(atPath: destination))
        }
        for name in ["WAIT", "DECODE", "INFERENCE"] {
          #expect(text("GANOMALY_\(name)_USEC").flatMap(Int.init) != nil)
        }
      default:
        #expect(text("GANOMALY_REASON") == "not-png")
        #expect(text("MESSAGE_ID") == "4596e6688cb445c9adcac5032fc23afe")
        // A value with a newline is bytes in JSON's eyes, or text: raw either way.
        let file = entry["GANOMALY_FILE"]
        let bytes = (file as? [Int]).map { $0.map(UInt8.init) } ?? (file as? String).map { Array($0.utf8) }
        #expect(bytes == Array("\(spool.incoming)/new\nline.png".utf8))
      }
    }
    let messages = all.compactMap { $0["MESSAGE_ID"] as? String }
    #expect(messages.contains("490852b0e2d34e8aa41fea08c7e6f4ba"))
    #expect(messages.contains("c94e44416dee4647bddb1b4b6a9e5203"))
    #expect(messages.last == "9c21f8ea2b6d4bcab827ca7b2dcac04a")
    #expect(spool.records().allSatisfy { $0.isJournalled })
  }

  @Test func `a restart repeats no entry, and what the journal missed is written later`() throws {
    let (spool, head) = try prepare(30)
    let script =
      head + """
        start
        cp p/1?.png spool/incoming/
        until_true '[ "$(events)" -ge 10 ]'
        kill -KILL $PRIVATE_JOURNALD
        until_true '! kill -0 $PRIVATE_JOURNALD 2>/dev/null || grep -q Z /proc/$PRIVATE_JOURNALD/stat'
        cp p/2?.png spool/incoming/
        until_true '[ "$(cat spool/state/status.json | grep -o "20 normal\\|1[0-9] normal" | wc -l)" -ge 1 ]'
        /lib/systemd/systemd-journald &
        journald=$!
        until_true '[ "$(events)" -ge 20 ]'
        stop
        start
        cp p/1.png spool/incoming/
        until_true '[ "$(events)" -ge 21 ]'
        stop
        entries > entries
        kill -TERM $journald
        wait $journald || true
        """
    let (code, output) = PrivateJournald.run(script)
    #expect(code == 0, "\(output)")
    let ids = try entries(spool).filter { $0["GANOMALY_VERDICT"] != nil }.compactMap {
      $0["GANOMALY_EVENT_ID"] as? String
    }
    #expect(Set(ids) == Set(spool.records().map(\.id)))
    #expect(ids.count == 21)
    #expect(spool.records().count == 21)
  }

  @Test func `a stopped journald holds up neither scoring nor the end`() throws {
    let (spool, head) = try prepare(60)
    let script =
      head + """
        start
        cp p/1.png spool/incoming/
        until_true '[ "$(events)" -ge 1 ]'
        kill -STOP $PRIVATE_JOURNALD
        cp p/*.png spool/incoming/
        until_true '[ "$(ls spool/quarantine/*.json | wc -l)" -ge \((0..<60).count(where: SamplePictures.shared.isAnomalous)) ]'
        before=$(date +%s)
        stop
        [ $(($(date +%s) - before)) -le 8 ]
        kill -CONT $PRIVATE_JOURNALD
        start
        until_true '[ "$(journalctl --quiet --sync; journalctl --quiet --all --output=json SYSLOG_IDENTIFIER=ganomalyd | grep GANOMALY_VERDICT | grep -o "GANOMALY_EVENT_ID[^,]*" | sort -u | wc -l)" -ge 60 ]'
        stop
        entries > entries
        """
    let (code, output) = PrivateJournald.run(script)
    #expect(code == 0, "\(output)")
    let ids = try entries(spool).filter { $0["GANOMALY_VERDICT"] != nil }.compactMap {
      $0["GANOMALY_EVENT_ID"] as? String
    }
    #expect(Set(ids) == Set(spool.records().map(\.id)))
    // `p/1.png` came twice: over itself, as another arrival or as the same one.
    #expect(Set(spool.records().map(\.arrival.name)).count == 60)
  }
}
