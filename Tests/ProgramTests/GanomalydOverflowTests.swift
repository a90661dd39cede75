import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: more than the kernel's queue holds") struct GanomalydOverflowTests {
  /// Events that the kernel keeps unread; nil where it does not say.
  static let kernelLimit: Int? = {
    let text = try? String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
    let limit = text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    if limit == nil || limit! > 40_000 { print("SKIPPED: the kernel keeps too many events here: \(limit ?? 0)") }
    return limit.flatMap { $0 > 40_000 ? nil : $0 }
  }()

  @Test(.enabled(if: GanomalydOverflowTests.kernelLimit != nil))
  func `files that come while the daemon is stopped are each inspected once, also those that no event told of`() throws
  {
    let count = try #require(Self.kernelLimit) * 6 / 5
    let spool = try TestSpool()
    let daemon = try spool.start(["--journal-normal", "none"])
    kill(daemon.process.processIdentifier, SIGSTOP)
    // Links: one event each, and 20,000 files without 20,000 writes.
    let source = spool.folder.path + "/source.png"
    try Data(SamplePictures.file(TestSpool.normal[0])).write(to: URL(filePath: source))
    for number in 0..<count { #expect(link(source, spool.incoming + "/\(number).png") == 0) }
    kill(daemon.process.processIdentifier, SIGCONT)
    try eventually(within: 240, "all records") { spool.recordCount >= count }
    // The events stay unread as long as files are in line.
    try eventually("the overflow") { daemon.output.contains("the kernel's event queue overflowed") }
    #expect(daemon.stop() == 0)
    let records = spool.records()
    #expect(records.count == count)
    #expect(Set(records.map(\.arrival.name)).count == count)
    #expect(records.allSatisfy { $0.verdict == .normal })
  }

  @Test
  func `a daemon that is told to stop in the middle of a backlog finishes what it has in hand, and goes on later`()
    throws
  {
    let count = 1500
    let spool = try TestSpool()
    let source = spool.folder.path + "/source.png"
    try Data(SamplePictures.file(TestSpool.normal[0])).write(to: URL(filePath: source))
    for number in 0..<count { #expect(link(source, spool.incoming + "/\(number).png") == 0) }
    var stops = 0
    while spool.recordCount < count {
      let daemon = try spool.start(["--journal-normal", "none"])
      let goal = min(count, spool.recordCount + 300)
      try eventually(within: 60, "some more records") { spool.recordCount >= goal }
      let start = ContinuousClock.now
      #expect(daemon.stop() == 0)
      // The service manager would kill it after 15 s.
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(daemon.output.contains("stopped after"))
      stops += 1
    }
    #expect(stops >= 2)
    let records = spool.records()
    #expect(records.count == count)
    #expect(Set(records.map(\.arrival.name)).count == count)
    #expect(spool.names("incoming").count == count)
  }
}

extension TestSpool {
  /// How many records the ledger has.
  var recordCount: Int {
    ((try? LedgerReader(state: FilePath(spool + "/state")).counts()) ?? [:]).values.reduce(0, +)
  }
}
