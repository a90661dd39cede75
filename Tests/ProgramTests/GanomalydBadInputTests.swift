import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: bad input") struct GanomalydBadInputTests {
  @Test func `damaged and foreign files are unreadable with a reason, and go to rejected`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let whole = SamplePictures.file(1)
    var bad: [String: [UInt8]] = ["empty.png": [], "text.png": Array("this is no picture\n".utf8)]
    for part in 1...20 { bad["cut-\(part).png"] = Array(whole.prefix(whole.count * part / 21)) }
    var flipped = whole
    flipped[whole.count / 2] ^= 0x40
    bad["flipped.png"] = flipped
    for (name, bytes) in bad { try Data(bytes).write(to: URL(filePath: spool.incoming + "/" + name)) }
    try eventually("all records") { spool.records().count == bad.count }
    try eventually("all moved") { spool.names("incoming").isEmpty }
    #expect(daemon.stop() == 0)
    let records = spool.records()
    #expect(records.allSatisfy { $0.verdict == .unreadable && $0.action == .rejected && $0.score == nil })
    func reason(_ name: String) -> String? { records.first { $0.arrival.name.description == name }?.reason }
    #expect(reason("empty.png") == "png-empty")
    #expect(reason("text.png") == "not-png")
    #expect(reason("cut-10.png") == "png-truncated")
    #expect(["png-crc", "png-inflate"].contains(reason("flipped.png")))
    #expect(spool.names("rejected").count == bad.count)
    #expect(spool.names("quarantine") == [])
  }

  @Test func `a damaged file that came by a link stays until it counts as abandoned`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--abandon", "1500 ms"])
    let outside = spool.folder.path + "/outside.png"
    try Data("no picture".utf8).write(to: URL(filePath: outside))
    #expect(link(outside, spool.incoming + "/a.png") == 0)
    try eventually("the record") { spool.records().count == 1 }
    #expect(spool.records()[0].action == .left)
    #expect(spool.names("incoming") == ["a.png"])
    try eventually("the move") { spool.names("rejected").count == 1 }
    try eventually("the record of the move") {
      spool.records()[0].action == .rejected && spool.records()[0].state == .done
    }
    #expect(spool.records().count == 1)
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "unreadable 'a.png'").count == 2)
  }

  @Test func `links, pipes and folders are refused once, and never opened`() throws {
    let spool = try TestSpool()
    try spool.copyIn(1, as: "target.txt")
    let daemon = try spool.start()
    #expect(symlink(spool.incoming + "/target.txt", spool.incoming + "/link.png") == 0)
    #expect(mkfifo(spool.incoming + "/pipe.png", 0o644) == 0)
    #expect(mkdir(spool.incoming + "/folder", 0o755) == 0)
    try eventually("three records") { spool.records().count == 3 }
    #expect(daemon.stop() == 0)
    let again = try spool.start()
    try spool.copyIn(2, as: "later.png")
    try eventually("four records") { spool.records().count == 4 }
    #expect(again.stop() == 0)
    let refused = spool.records().filter { $0.verdict == .refused }
    #expect(Set(refused.map(\.arrival.name.description)) == ["link.png", "pipe.png", "folder"])
    #expect(refused.allSatisfy { $0.action == .left })
    #expect(spool.names("incoming").contains("link.png"))
  }

  @Test func `names are bytes: newline and invalid UTF-8 work, hidden and unfinished names are ignored`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let number = (0..<40).first(where: SamplePictures.shared.isAnomalous)!
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 251) + Array(".png".utf8)
    let names: [[UInt8]] = [Array("new\nline.png".utf8), [0xFF, 0xFE] + Array("\u{1B}[31m.PNG".utf8), long]
    let ignored: [[UInt8]] = [".hidden.png", "a.png.part", "a.tmp", "notes.txt"].map { Array($0.utf8) }
    for name in names + ignored {
      let path = Array(spool.incoming.utf8) + [UInt8(ascii: "/")] + name + [0]
      let descriptor = path.withUnsafeBufferPointer {
        $0.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_WRONLY | O_CREAT, 0o644) }
      }
      try #require(descriptor >= 0)
      let bytes = SamplePictures.file(number)
      #expect(write(descriptor, bytes, bytes.count) == bytes.count)
      close(descriptor)
    }
    try eventually("three records") { spool.records().filter { $0.state == .done }.count == 3 }
    #expect(daemon.stop() == 0)
    #expect(Set(spool.records().map(\.arrival.name.bytes)) == Set(names))
    let entries = try QuarantineFolder(spool: FilePath(spool.spool)).entries()
    #expect(Set(entries.map(\.originalName.bytes)) == Set(names))
    #expect(entries.allSatisfy { $0.name.bytes.count <= 231 })
    #expect(daemon.output.contains("'new\\nline.png'"))
    #expect(daemon.output.contains("'\\xFF\\xFE\\x1B[31m.PNG'"))
    #expect(spool.records().count == 3)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file without permission is an error, never a verdict, and is inspected once it may be read`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    try spool.copyIn(1, as: ".tmp.png")
    #expect(chmod(spool.incoming + "/.tmp.png", 0) == 0)
    #expect(rename(spool.incoming + "/.tmp.png", spool.incoming + "/a.png") == 0)
    try eventually("the error") { spool.records().first?.verdict == .error }
    #expect(spool.records()[0].reason == "permission")
    #expect(chmod(spool.incoming + "/a.png", 0o644) == 0)
    #expect(rename(spool.incoming + "/a.png", spool.incoming + "/b.png") == 0)
    try eventually("the verdict") { spool.records().contains { $0.verdict != .error } }
    #expect(daemon.stop() == 0)
  }

  @Test func `pictures of other sizes and depths are inspected, those over a limit are unreadable`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--maximum-side", "64", "--maximum-file-bytes", "20 KiB"])
    try Data(SamplePictures.coloured(width: 1, height: 1)).write(to: URL(filePath: spool.incoming + "/one.png"))
    try Data(SamplePictures.coloured(width: 40, height: 20)).write(to: URL(filePath: spool.incoming + "/colour.png"))
    try Data(SamplePictures.coloured(width: 65, height: 2)).write(to: URL(filePath: spool.incoming + "/wide.png"))
    try Data(repeating: 1, count: 30_000).write(to: URL(filePath: spool.incoming + "/large.png"))
    try eventually("four records") { spool.records().count == 4 }
    #expect(daemon.stop() == 0)
    let reasons = Dictionary(
      uniqueKeysWithValues: spool.records().map { ($0.arrival.name.description, $0.reason ?? $0.verdict.rawValue) })
    #expect(reasons["wide.png"] == "too-large-side")
    #expect(reasons["large.png"] == "too-large")
    #expect(["normal", "anomaly"].contains(reasons["one.png"]))
    #expect(["normal", "anomaly"].contains(reasons["colour.png"]))
  }
}
