import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: ways to arrive") struct GanomalydArrivalTests {
  /// A way in which a producer brings a picture.
  enum Way: String, CaseIterable, CustomTestStringConvertible {
    case copy, slowCopy, renameIn, partRename, hardLink, overwrite, lyingThere, linkOfOpenFile
    var testDescription: String { rawValue }
  }

  @Test(arguments: Way.allCases)
  func `a picture is recorded once, whichever way it arrives`(way: Way) throws {
    let spool = try TestSpool()
    let number = (0..<40).first { SamplePictures.shared.isAnomalous($0) == (way != .overwrite) }!
    let target = spool.incoming + "/p.png"
    let outside = spool.folder.path + "/outside.png"
    if way == .lyingThere { try spool.copyIn(number, as: "p.png") }
    let daemon = try spool.start()
    switch way {
    case .copy: try spool.copyIn(number, as: "p.png")
    case .slowCopy: try Self.writeSlowly(SamplePictures.file(number), to: target)
    case .renameIn:
      try Data(SamplePictures.file(number)).write(to: URL(filePath: outside))
      #expect(rename(outside, target) == 0)
    case .partRename:
      try spool.copyIn(number, as: "p.png.part")
      #expect(rename(target + ".part", target) == 0)
    case .hardLink:
      try Data(SamplePictures.file(number)).write(to: URL(filePath: outside))
      #expect(link(outside, target) == 0)
    case .overwrite:
      try spool.copyIn(number, as: "p.png")
      try eventually("the first record") { spool.records().count == 1 }
      try Self.writeSlowly(SamplePictures.file(number + 100), to: target)
    case .lyingThere: break
    case .linkOfOpenFile:
      let descriptor = open(spool.incoming, O_WRONLY | 0o20200000, 0o644)
      try #require(descriptor >= 0, "O_TMPFILE")
      let bytes = SamplePictures.file(number)
      #expect(write(descriptor, bytes, bytes.count) == bytes.count)
      #expect(linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, target, AT_SYMLINK_FOLLOW) == 0)
      close(descriptor)
    }
    let expected = way == .overwrite ? 2 : 1
    try eventually("\(expected) records") { spool.records().count == expected }
    #expect(daemon.stop() == 0)
    let records = spool.records()
    #expect(records.count == expected)
    #expect(records.last?.score == SamplePictures.shared.score(way == .overwrite ? number + 100 : number))
    if way != .overwrite {
      #expect(spool.names("incoming") == [])
      #expect(spool.names("quarantine").count == 2)
    }
  }

  /// Writes a file in pieces, so that its events come apart from each other.
  private static func writeSlowly(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try #require(descriptor >= 0)
    for start in stride(from: 0, to: bytes.count, by: 40) {
      let piece = Array(bytes[start..<min(start + 40, bytes.count)])
      #expect(write(descriptor, piece, piece.count) == piece.count)
      usleep(2_000)
    }
    close(descriptor)
  }

  @Test func `a restart records nothing again, also after a rename elsewhere changed the times`() throws {
    let spool = try TestSpool()
    let normal = (0..<40).filter { !SamplePictures.shared.isAnomalous($0) }.prefix(5)
    var daemon = try spool.start()
    for number in normal { try spool.copyIn(number, as: "\(number).png") }
    try eventually("5 records") { spool.records().count == 5 }
    #expect(daemon.stop() == 0)
    // A new link and another mode change ctime alone.
    #expect(link(spool.incoming + "/\(normal.first!).png", spool.folder.path + "/elsewhere") == 0)
    #expect(chmod(spool.incoming + "/\(normal.last!).png", 0o600) == 0)
    let before = spool.records()
    daemon = try spool.start()
    try spool.copyIn(normal.first! + 1000, as: "new.png")
    try eventually("the new record") { spool.records().count == 6 }
    try eventually("the new times") {
      spool.records().prefix(5).map(\.changed) != before.map(\.changed)
    }
    #expect(daemon.stop() == 0)
    #expect(spool.records().map(\.id).prefix(5).elementsEqual(before.map(\.id)))
    #expect(daemon.output.contains("stopped after 1 inspections"))
  }

  @Test func `a picture that was quarantined and put back by hand is inspected again`() throws {
    let spool = try TestSpool()
    let number = (0..<40).first(where: SamplePictures.shared.isAnomalous)!
    let daemon = try spool.start()
    try spool.copyIn(number, as: "p.png")
    try eventually("quarantine") { spool.names("quarantine").count == 2 }
    let name = try #require(spool.names("quarantine").first { !$0.hasSuffix(".json") })
    try eventually("done") { spool.records().first?.state == .done }
    #expect(rename(spool.quarantine + "/" + name, spool.incoming + "/p.png") == 0)
    try eventually("another record") { spool.records().count == 2 && spool.records()[1].state == .done }
    #expect(spool.names("incoming") == [])
    #expect(daemon.stop() == 0)
  }

  @Test func `many pictures by copy, rename and link survive two kills without loss or repeat`() throws {
    let spool = try TestSpool()
    let count = 300
    let outside = spool.folder.path + "/outside"
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    for number in 0..<count {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: outside + "/\(number).png"))
    }
    var daemon = try spool.start()
    for number in 0..<count {
      let source = outside + "/\(number).png"
      let target = spool.incoming + "/\(number).png"
      switch number % 3 {
      case 0: try spool.copyIn(number, as: "\(number).png")
      case 1: #expect(rename(source, target) == 0)
      default: #expect(link(source, target) == 0)
      }
      if number == 100 || number == 220 {
        // In the middle of the work: some are recorded, some are not.
        try eventually("some records") { spool.records().count >= number / 4 }
        daemon.kill()
        daemon = try spool.start()
      }
    }
    try eventually(within: 60, "all records") { spool.records().count >= count }
    try eventually("all done") { spool.records().allSatisfy { $0.state == .done } }
    #expect(daemon.stop() == 0)

    let records = spool.records()
    #expect(records.count == count)
    #expect(Set(records.map(\.arrival.name)).count == count)
    for record in records {
      let number = try #require(Int(record.arrival.name.description.dropLast(4)))
      #expect(record.score == SamplePictures.shared.score(number))
    }
    let anomalies = Set((0..<count).filter(SamplePictures.shared.isAnomalous).map { "\($0).png" })
    let entries = try QuarantineFolder(spool: FilePath(spool.spool)).entries()
    #expect(entries.map(\.originalName.description).sorted() == anomalies.sorted())
    #expect(Set(spool.names("incoming")) == Set((0..<count).map { "\($0).png" }).subtracting(anomalies))
    #expect(spool.names("quarantine").count == 2 * anomalies.count)
  }
}
