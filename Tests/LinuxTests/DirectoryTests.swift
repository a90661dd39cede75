import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

/// A temporary folder that goes with the value, as a path and opened.
final class OpenFolder {
  let path: String
  let directory: Directory

  init(below parent: String = NSTemporaryDirectory()) throws {
    path = (parent as NSString).appendingPathComponent("ganomaly-linux-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    directory = try Directory(path: FilePath(path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func put(_ name: String, _ text: String = "content") throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
  }

  func content(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
}

private func named(_ text: String) -> FileName { FileName(text)! }

@Suite("folders") struct DirectoryTests {
  @Test func `a missing folder, a file and a link in place of a folder are refused with the path`() throws {
    let folder = try OpenFolder()
    try folder.put("file")
    #expect(symlink(folder.path, folder.path + "/link") == 0)
    for (last, reason) in [("none", "no such file"), ("file", "not a directory"), ("link", "not a directory")] {
      let error = #expect(throws: LinuxError.self) { try Directory(path: FilePath(folder.path + "/" + last)) }
      #expect(error?.description.contains("cannot open folder '\(folder.path)/\(last)': \(reason)") == true)
    }
  }

  @Test func `names come as bytes, whatever they are`() throws {
    let folder = try OpenFolder()
    let strange: [[UInt8]] = [[0xFF, 0xFE], Array("a\nb".utf8), [UInt8](repeating: 0x61, count: 255)]
    for bytes in strange { try folder.directory.write([1], to: FileName(bytes: bytes)!, mode: 0o600) }
    #expect(try Set(folder.directory.names().map(\.bytes)) == Set(strange))
  }

  @Test func `a list comes in pieces, whole and without repeats`() throws {
    let folder = try OpenFolder()
    for number in 0..<50 { try folder.put("\(number)") }
    let reader = try DirectoryReader(folder.directory)
    var names: [String] = []
    while case let piece = try reader.next(atMost: 7), !piece.isEmpty {
      #expect(piece.count <= 7)
      #expect(piece.allSatisfy { $0.kind == .regular })
      names += piece.map(\.name.description)
    }
    #expect(names.sorted() == (0..<50).map { "\($0)" }.sorted())
    #expect(try reader.next(atMost: 7) == [])
  }

  @Test func `a rename refuses a name that is taken, or replaces it, as told`() throws {
    let folder = try OpenFolder()
    try folder.put("a", "one")
    try folder.put("b", "two")
    let error = #expect(throws: LinuxError.self) {
      try folder.directory.rename(named("a"), to: folder.directory, named("b"), .refuseExisting)
    }
    #expect(error?.code == .fileExists)
    #expect(try folder.content("b") == "two")
    try folder.directory.rename(named("a"), to: folder.directory, named("b"), .replaceExisting)
    #expect(try folder.content("b") == "one")
    #expect(try folder.directory.status(of: named("a")) == nil)
  }

  @Test func `a file is written at once, with exactly its mode, and leaves no temporary file`() throws {
    let folder = try OpenFolder()
    let (directory, name) = (folder.directory, named("a"))
    try withFileMask(0o077) {
      try directory.write(Array("first".utf8), to: name, mode: 0o640)
      try directory.write(Array("second".utf8), to: name, mode: 0o640)
    }
    #expect(try folder.content("a") == "second")
    #expect(try folder.directory.status(of: named("a"))?.mode == 0o640)
    #expect(try folder.directory.names() == [named("a")])
  }

  @Test func `a folder that was moved away or replaced is not in place`() throws {
    let folder = try OpenFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
    let sub = try Directory(path: FilePath(folder.path + "/sub"))
    #expect(sub.isInPlace)
    #expect(Glibc.rename(folder.path + "/sub", folder.path + "/away") == 0)
    #expect(!sub.isInPlace)
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
    #expect(!sub.isInPlace)
    #expect(try Directory(path: FilePath(folder.path + "/sub")).isInPlace)
  }

  @Test func `missing parents are created`() throws {
    let folder = try OpenFolder()
    let path = FilePath(folder.path + "/a/b/c")
    #expect(try Directory.creating(path: path).status().kind == .directory)
    #expect(
      try Directory.creating(path: path).parent().status().inode
        == FileStatus(path: path.removingLastComponent())?.inode)
  }

  @Test func `a lock is held by one, who is named to the other`() throws {
    let folder = try OpenFolder()
    var holder = ""
    let first = try FileLock.take(named("lock"), in: folder.directory, note: "number one", holder: &holder)
    #expect(first != nil)
    #expect(try FileLock.take(named("lock"), in: folder.directory, note: "two", holder: &holder) == nil)
    #expect(holder == "number one")
    withExtendedLifetime(first) {}
  }

  @Test func `names that no folder can hold are none`() {
    #expect(FileName("") == nil)
    #expect(FileName(".") == nil)
    #expect(FileName("..") == nil)
    #expect(FileName("a/b") == nil)
    #expect(FileName(bytes: [0x61, 0]) == nil)
    #expect(FileName(bytes: [UInt8](repeating: 0x61, count: 256)) == nil)
  }

  @Test(arguments: [
    ("plain.png", "plain.png"), ("a\nb", "a\\nb"), ("tab\t", "tab\\t"), ("back\\slash", "back\\\\slash"),
    ("\u{1B}[31m", "\\x1B[31m"), ("grün-漢.png", "grün-漢.png"), ("\u{202E}x", "\\xE2\\x80\\xAEx"),
  ])
  func `names are safe to show`(text: String, shown: String) {
    #expect(FileName(text)?.description == shown)
  }

  @Test func `bytes that are not UTF-8 are shown one by one`() {
    #expect(FileName(bytes: [0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82])?.description == "a\\xFF\\xC3(\\xE2\\x82")
  }
}

@Suite("plain files") struct PlainFileTests {
  @Test func `a file's status at its opening is its own, and reading leaves its owner's file as it was`() throws {
    let folder = try OpenFolder()
    try folder.put("a")
    func used() throws -> Date? {
      try URL(filePath: folder.path + "/a").resourceValues(forKeys: [.contentAccessDateKey]).contentAccessDate
    }
    let before = try #require(try used())
    guard case .file(let file) = try PlainFile.open(named("a"), in: folder.directory) else {
      Issue.record("not opened")
      return
    }
    #expect(try file.read(maximumCount: 100) == Array("content".utf8))
    #expect(try file.statusAtOpening == folder.directory.status(of: named("a")))
    #expect(try used() == before)
  }

  @Test func `links, pipes, folders and sockets are told apart and never opened`() throws {
    let folder = try OpenFolder()
    try folder.put("target")
    #expect(symlink("target", folder.path + "/link") == 0)
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(mkdir(folder.path + "/folder", 0o700) == 0)
    for (text, expected) in [("link", FileStatus.Kind.symbolicLink), ("pipe", .fifo), ("folder", .directory)] {
      guard case .notPlain(let kind) = try PlainFile.open(named(text), in: folder.directory) else {
        Issue.record("'\(text)' was opened")
        continue
      }
      #expect(kind == expected)
    }
    guard case .missing = try PlainFile.open(named("none"), in: folder.directory) else {
      Issue.record("a missing file was opened")
      return
    }
  }

  @Test func `a file is read whole, and not when it is over the limit`() throws {
    let folder = try OpenFolder()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(filePath: folder.path + "/a"))
    guard case .file(let file) = try PlainFile.open(named("a"), in: folder.directory) else {
      Issue.record("not a plain file")
      return
    }
    #expect(try file.read(maximumCount: 200_000) == bytes)
    #expect(try file.read(maximumCount: 1 << 30) == bytes)
    #expect(try file.read(maximumCount: 199_999) == nil)
    #expect(truncate(folder.path + "/a", 10) == 0)
    #expect(try file.read(maximumCount: 200_000)?.count == 10)
  }

  @Test func `a writer is seen by the lease, its end too`() throws {
    CurrentProcess.ignoreFileSignals()
    let folder = try OpenFolder()
    try folder.put("a")
    let writer = Glibc.open(folder.path + "/a", O_WRONLY)
    guard case .file(let file) = try PlainFile.open(named("a"), in: folder.directory) else {
      Issue.record("not a plain file")
      return
    }
    #expect(file.writers() == .some)
    Glibc.close(writer)
    #expect(file.writers() == .none)
    #expect(file.writers() == .none)
  }

  @Test func `a new file takes content, mode and times of another, and never another's name`() throws {
    let folder = try OpenFolder()
    let other = try OpenFolder()
    try folder.put("a", String(repeating: "x", count: 3_000_000))
    guard case .file(let file) = try PlainFile.open(named("a"), in: folder.directory) else {
      Issue.record("not a plain file")
      return
    }
    let copy = try other.directory.newFile(named("b"))
    #expect(try other.directory.status(of: named("b"))?.mode == 0o600)
    var count = 0
    try copy.append(contentOf: file) { count += $0.count }
    #expect(count == 3_000_000)
    try copy.takeAttributes(of: file, mode: 0o640)
    try copy.synchronize()
    #expect(try other.content("b").count == 3_000_000)
    let (source, there) = try (file.status(), other.directory.status(of: named("b"))!)
    #expect(there.modified == source.modified)
    #expect(there.mode == 0o640)
    #expect(throws: LinuxError.self) { _ = try other.directory.newFile(named("b")) }
  }

  @Test func `a folder is removed only when it is empty`() throws {
    let folder = try OpenFolder()
    let inner = try folder.directory.subdirectory(named("inner"), mode: 0o700)
    try inner.write([1], to: named("a"), mode: 0o600)
    #expect(throws: LinuxError.self) { try folder.directory.removeFolder(named("inner")) }
    try inner.remove(named("a"))
    try folder.directory.removeFolder(named("inner"))
    #expect(try folder.directory.names() == [])
  }
}
