import Foundation
import GANomalyModel
import Glibc
import Imaging
import TestSupport
import Testing

struct GanomalyLedgerCommandTests {
  @Test func `history and quarantine tell what a daemon did, also while it runs`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<12, to: "new", in: folder)
    let scores = try {
      let plain = try SampleFiles.writeModel(to: folder)
      return try SampleFiles.scores(0..<12, model: plain)
    }()
    let threshold = scores.sorted()[7]
    let model = try SampleFiles.writeModel(to: folder) { $0.calibration = try? .manual(threshold: threshold) }
    let spool = folder.path("spool")
    let daemon = try BuiltProgram.start("ganomalyd", "--spool", spool, "--model", model)
    try daemon.wait(until: { access("\(spool)/incoming", F_OK) == 0 })
    for name in try names(pictures) {
      #expect(rename("\(pictures)/\(name)", "\(spool)/incoming/\(name)") == 0)
    }
    var records: [[String: Any]] = []
    try daemon.wait(until: {
      records = (try? history(spool)) ?? []
      return records.count { $0["action"] as? String == "quarantined" } == 4 && records.count == 12
    })
    #expect(records.count { $0["verdict"] as? String == "normal" } == 8)
    for record in records {
      let name = try #require((record["file"] as? String)?.split(separator: "/").last)
      let score = scores[Int(name.prefix(4))! - 1000]
      #expect((record["score"] as? NSNumber)?.floatValue == score)
      #expect((record["threshold"] as? NSNumber)?.floatValue == threshold)
      #expect(record["verdict"] as? String == (score > threshold ? "anomaly" : "normal"))
    }
    let list = try BuiltProgram.ganomaly("quarantine", "list", "--spool", spool)
    #expect(list.status == 0)
    // The line of names and four pictures.
    #expect(list.lines.count == 5)
    let order = records.filter { $0["action"] as? String == "quarantined" }.compactMap { $0["destination"] as? String }
    // The newest first; the history has the oldest first.
    #expect(list.lines.dropFirst().map { String($0.split(separator: " ").last ?? "") } == order.reversed())
    let one = try BuiltProgram.ganomaly("quarantine", "list", "--spool", spool, "--format", "csv", "--limit", "1")
    #expect(one.lines.count == 2)
    #expect(one.lines.last?.contains(try #require(order.last)) == true)
    daemon.signal(SIGTERM)
    let ended = try daemon.finish()
    #expect(ended.status == 0, "\(ended.errors)")
    // What was taken out of quarantine is no longer listed.
    for name in try names("\(spool)/quarantine") where name.hasSuffix(".png") {
      unlink("\(spool)/quarantine/\(name)")
    }
    #expect(try BuiltProgram.ganomaly("quarantine", "list", "--spool", spool).lines.count == 1)
    #expect(try history(spool).count == 12)
  }

  @Test func `without a ledger both end with status 2 and its place`() throws {
    let folder = try TemporaryFolder()
    for arguments in [
      ["history"], ["quarantine", "list"], ["quarantine", "show", "abcd"], ["quarantine", "release", "abcd"],
      ["quarantine", "confirm", "abcd"], ["quarantine", "purge", "--older-than", "1d"],
    ] {
      let run = try BuiltProgram.ganomaly(bytes: (arguments + ["--state", folder.path]).map { Array($0.utf8) })
      #expect(run.status == 2)
      #expect(run.errors.contains("\(folder.path)/ledger.sqlite"))
      #expect(run.errors.contains("no daemon has worked here"))
    }
    #expect(try folder.names() == [])
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func history(_ spool: String) throws -> [[String: Any]] {
    let run = try BuiltProgram.ganomaly("history", "--spool", spool, "--format", "json")
    return try run.lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
  }
}
