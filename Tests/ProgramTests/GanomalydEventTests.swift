import Foundation
import Inspection
import Linux
import Testing

/// The rows of the table of what inotify delivers that `GanomalydArrivalTests` leaves, with the real kernel and daemon.
@Suite("ganomalyd: what the kernel reports") struct GanomalydEventTests {
  private let first = TestSpool.normal[1]
  private let second = TestSpool.normal[2]

  private func score(_ number: Int) -> Float { SamplePictures.shared.score(number) }

  /// Waits for a number of records of a name, and gives them after the daemon has stopped.
  private func finish(
    _ spool: TestSpool, _ daemon: GanomalydProcess, _ name: String, _ count: Int
  ) throws -> [InspectionRecord] {
    try eventually("\(count) records of '\(name)': \(daemon.output)") { spool.records(of: name).count >= count }
    try spool.keepBusy(for: .milliseconds(300))
    #expect(daemon.stop() == 0)
    let records = spool.records(of: name)
    #expect(records.count == count)
    return records
  }

  @Test func `a rename over a name that was inspected brings another picture`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    try spool.copyIn(first, as: "p.png")
    try eventually("the first record") { spool.records().count == 1 }
    try Data(SamplePictures.file(second)).write(to: URL(filePath: spool.folder.path + "/next.png"))
    #expect(rename(spool.folder.path + "/next.png", spool.incoming + "/p.png") == 0)
    #expect(try finish(spool, daemon, "p.png", 2).map(\.score) == [score(first), score(second)])
  }

  @Test func `two pictures that exchange their names are both inspected, and none is dropped`() throws {
    typealias Call = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    // Not in Swift's Glibc module; 2 is RENAME_EXCHANGE of linux/fs.h.
    let exchange = unsafeBitCast(try #require(dlsym(nil, "renameat2")), to: Call.self)
    let spool = try TestSpool()
    let daemon = try spool.start()
    let outside = spool.folder.path + "/outside.png"
    try spool.copyIn(first, as: "p.png")
    try Data(SamplePictures.file(second)).write(to: URL(filePath: outside))
    try eventually("the first record") { spool.records().count == 1 }
    #expect(exchange(AT_FDCWD, spool.incoming + "/p.png", AT_FDCWD, outside, 2) == 0)
    #expect(try finish(spool, daemon, "p.png", 2).map(\.score) == [score(first), score(second)])
  }

  @Test func `a picture that is renamed in while it is written waits for its writer`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let bytes = SamplePictures.file(first)
    let outside = spool.folder.path + "/outside.png"
    let descriptor = open(outside, O_WRONLY | O_CREAT, 0o644)
    try #require(descriptor >= 0)
    #expect(write(descriptor, bytes, bytes.count / 2) == bytes.count / 2)
    #expect(rename(outside, spool.incoming + "/p.png") == 0)
    // Longer than the grace, after which half a picture would be unreadable.
    try spool.keepBusy(for: .seconds(1))
    #expect(spool.records(of: "p.png") == [])
    let rest = Array(bytes[(bytes.count / 2)...])
    #expect(write(descriptor, rest, rest.count) == rest.count)
    close(descriptor)
    #expect(try finish(spool, daemon, "p.png", 1).map(\.score) == [score(first)])
  }

  @Test func `a picture that is written through a shared mapping waits for its end`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let bytes = SamplePictures.file(first)
    let descriptor = open(spool.incoming + "/p.png", O_RDWR | O_CREAT, 0o644)
    try #require(descriptor >= 0)
    #expect(ftruncate(descriptor, off_t(bytes.count)) == 0)
    let memory = try #require(
      mmap(nil, bytes.count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) as UnsafeMutableRawPointer?)
    try #require(memory != MAP_FAILED)
    close(descriptor)
    memory.copyMemory(from: bytes, byteCount: bytes.count / 2)
    try spool.keepBusy(for: .seconds(1))
    #expect(spool.records(of: "p.png") == [])
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    #expect(munmap(memory, bytes.count) == 0)
    #expect(try finish(spool, daemon, "p.png", 1).map(\.score) == [score(first)])
  }

  @Test func `what is written through a link outside is found by the next reading of the folder`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--rescan", "300 ms"])
    let outside = spool.folder.path + "/outside.png"
    try Data(SamplePictures.file(first)).write(to: URL(filePath: outside))
    #expect(link(outside, spool.incoming + "/p.png") == 0)
    try eventually("the first record") { spool.records().count == 1 }
    let handle = try FileHandle(forWritingTo: URL(filePath: outside))
    try handle.write(contentsOf: Data(SamplePictures.file(second)))
    try handle.truncate(atOffset: UInt64(SamplePictures.file(second).count))
    try handle.close()
    #expect(try finish(spool, daemon, "p.png", 2).map(\.score) == [score(first), score(second)])
  }

  @Test func `a truncation by path is noticed, and the rest is unreadable and stays`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    try spool.copyIn(first, as: "p.png")
    try eventually("the first record") { spool.records().count == 1 }
    #expect(truncate(spool.incoming + "/p.png", off_t(SamplePictures.file(first).count / 2)) == 0)
    let records = try finish(spool, daemon, "p.png", 2)
    #expect(records[1].verdict == .unreadable)
    #expect(records[1].reason == "png-truncated")
    // Nobody was seen to finish it.
    #expect(records[1].action == .left)
    #expect(spool.names("incoming").contains("p.png"))
  }

  @Test func `three fast overwrites end with the last content, and only whole contents are judged`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let numbers = Array(TestSpool.normal[3..<6])
    for number in numbers { try spool.copyIn(number, as: "p.png") }
    let last = score(numbers[2])
    try eventually("the last content") { spool.records(of: "p.png").last?.score == last }
    try spool.keepBusy(for: .milliseconds(300))
    #expect(daemon.stop() == 0)
    let scores = spool.records(of: "p.png").map(\.score)
    #expect(scores.last == last)
    #expect(scores.allSatisfy { numbers.map(score).contains($0) })
    #expect(scores.count <= 3)
  }

  @Test func `a file that is only touched is empty, and nothing else`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let descriptor = open(spool.incoming + "/p.png", O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o644)
    try #require(descriptor >= 0)
    #expect(futimens(descriptor, nil) == 0)
    close(descriptor)
    let records = try finish(spool, daemon, "p.png", 1)
    #expect(records[0].verdict == .unreadable)
    #expect(records[0].reason == "png-empty")
    #expect(records[0].action == .rejected)
  }

  /// Whether a device can be made here: it takes root's rights.
  static let canMakeDevices: Bool = {
    let path = NSTemporaryDirectory() + "/ganomaly-device-\(getpid())"
    defer { unlink(path) }
    return makeNullDevice(path)
  }()

  /// Makes a second /dev/null, whose number is 1 and 3.
  private static func makeNullDevice(_ path: String) -> Bool { mknod(path, S_IFCHR | 0o600, dev_t(1 << 8 | 3)) == 0 }

  @Test(.enabled(if: GanomalydEventTests.canMakeDevices, "making a device needs root"))
  func `a device is refused and never opened`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    try #require(Self.makeNullDevice(spool.incoming + "/device.png"))
    let records = try finish(spool, daemon, "device.png", 1)
    #expect(records[0].verdict == .refused)
    #expect(records[0].reason == "not-regular")
  }

  @Test func `a socket is refused and never opened`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    // By a short name: a socket's path has 108 bytes at the most.
    let short = "/tmp/ganomaly-\(getpid()).sock"
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(short.utf8)) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    #expect(rename(short, spool.incoming + "/socket.png") == 0)
    let records = try finish(spool, daemon, "socket.png", 1)
    #expect(records[0].verdict == .refused)
    #expect(records[0].reason == "not-regular")
  }

  @Test func `a folder in the folder is told of once, whatever happens in it, and its files are nobody's`() throws {
    let spool = try TestSpool()
    var daemon = try spool.start(["--rescan", "200 ms"])
    #expect(mkdir(spool.incoming + "/sub", 0o755) == 0)
    try eventually("the record") { spool.records(of: "sub").count == 1 }
    try spool.copyIn(first, as: "sub/p.png")
    try spool.keepBusy(for: .milliseconds(700))
    #expect(daemon.stop() == 0)
    try spool.copyIn(second, as: "sub/q.png")
    daemon = try spool.start(["--rescan", "200 ms"])
    try spool.keepBusy(for: .milliseconds(700))
    #expect(daemon.stop() == 0)
    #expect(spool.records(of: "sub").map(\.reason) == ["folder"])
    #expect(spool.records(of: "p.png") == [])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: spool.incoming + "/sub").sorted() == ["p.png", "q.png"])
  }
}
