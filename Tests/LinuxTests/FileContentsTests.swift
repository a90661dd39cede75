import Glibc
import Linux
import SystemPackage
import TestSupport
import Testing

struct FileContentsTests {
  @Test(arguments: [0, 1, 100, 65_536, 1_000_003])
  func `a file is read whole`(count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try folder.write(bytes, to: "file")
    #expect(try FileContents.read(BytePath(folder.path("file")), limit: count) == bytes)
  }

  @Test func `a file above the limit is refused with both sizes`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2, 3], to: "file")
    let error = try #require(throws: FileError.self) {
      try FileContents.read(BytePath(folder.path("file")), limit: 2)
    }
    #expect(error.cause == .tooLarge(found: 3, limit: 2))
    #expect("\(error)" == "cannot read '\(folder.path("file"))': it has 3 bytes, expected at most 2")
  }

  @Test func `a file that reports no size is read to its end`() throws {
    let text = String(decoding: try FileContents.read(BytePath("/proc/self/status"), limit: 1 << 20), as: UTF8.self)
    #expect(text.hasPrefix("Name:"))
    #expect(throws: FileError.self) { try FileContents.read(BytePath("/proc/self/status"), limit: 10) }
  }

  @Test func `folders, FIFOs and devices are refused at once`() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    for (path, kind) in [(folder.path, "a folder"), (folder.path("pipe"), "a FIFO"), ("/dev/null", "a device")] {
      let error = try #require(throws: FileError.self) { try FileContents.read(BytePath(path), limit: 10) }
      #expect(error.cause == .notRegular(kind))
    }
  }

  @Test func `a socket is refused as what it is`() throws {
    let folder = try TemporaryFolder()
    #expect(mknod(folder.path("socket"), S_IFSOCK | 0o600, 0) == 0)
    let error = try #require(throws: FileError.self) {
      try FileContents.read(BytePath(folder.path("socket")), limit: 10)
    }
    #expect(error.cause == .notRegular("a socket"))
  }

  @Test func `links are followed where asked for`() throws {
    let folder = try TemporaryFolder()
    try folder.write([7], to: "file")
    #expect(symlink("file", folder.path("link")) == 0)
    let link = BytePath(folder.path("link"))
    #expect(try FileContents.read(link, limit: 10) == [7])
    let error = try #require(throws: FileError.self) { try FileContents.read(link, limit: 10, followsLink: false) }
    #expect(error.cause == .system(ELOOP))
  }

  @Test func `a zero byte in a path is refused instead of reading another file`() throws {
    let folder = try TemporaryFolder()
    try folder.write([7], to: "file")
    let path = BytePath(bytes: Array(folder.path("file").utf8) + [0] + Array("more".utf8))
    #expect(throws: FileError.self) { try FileContents.read(path, limit: 10) }
    #expect(throws: FileError.self) { try AtomicFile.write([], to: path) }
  }
}

struct AtomicFileTests {
  @Test func `a written file has its bytes and leaves nothing beside it`() throws {
    let folder = try TemporaryFolder()
    for bytes in [[], [1, 2, 3], [UInt8](repeating: 9, count: 300_000)] as [[UInt8]] {
      try AtomicFile.write(bytes, to: BytePath(folder.path("file.png")))
      #expect(try folder.bytes(of: "file.png") == bytes)
    }
    #expect(try DirectoryTree.pictures(below: BytePath(folder.path)).count == 1)
    #expect(try folder.names() == ["file.png"])
  }

  /// The process's mask, as the kernel tells it.
  private static func fileMask() throws -> mode_t? {
    let status = String(decoding: try FileContents.read(BytePath("/proc/self/status"), limit: 65_536), as: UTF8.self)
    return status.split(separator: "\n").first { $0.hasPrefix("Umask:") }.flatMap { line in
      line.split(separator: "\t").last.flatMap { mode_t($0, radix: 8) }
    }
  }

  @Test func `a replaced file keeps its permissions, a new one follows the mask`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "file")
    #expect(chmod(path, 0o640) == 0)
    try AtomicFile.write([2], to: BytePath(path))
    #expect(try status(folder, "file").mode & 0o7777 == 0o640)
    try folder.write([1], to: "new")
    // umask(2) would tell it by changing it, for all tests that run meanwhile.
    let mask = try #require(try Self.fileMask())
    #expect(try status(folder, "new").mode & 0o7777 == 0o666 & ~mask)
  }

  @Test func `a link stays a link and its target is replaced`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("models")
    try folder.write([1], to: "models/real")
    #expect(symlink("models/real", folder.path("link")) == 0)
    try AtomicFile.write([2], to: BytePath(folder.path("link")))
    #expect(try folder.bytes(of: "models/real") == [2])
    #expect(try status(folder, "link").kind == .symbolicLink)
  }

  @Test func `a missing folder is refused before and at writing, without a trace`() throws {
    let folder = try TemporaryFolder()
    let path = BytePath(folder.path("missing/file"))
    #expect(throws: FileError(action: "write", path: path, cause: .system(ENOENT))) {
      try AtomicFile.checkWritable(path)
    }
    #expect(throws: FileError(action: "write", path: path, cause: .system(ENOENT))) {
      try AtomicFile.write([], to: path)
    }
    #expect(throws: FileError.self) { try AtomicFile.checkWritable(BytePath(folder.path)) }
    try AtomicFile.checkWritable(BytePath(folder.path("file")))
    #expect(try folder.names() == [])
  }

  @Test func `what is no regular file is never replaced, named itself or by a link`() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(symlink("pipe", folder.path("link")) == 0)
    #expect(symlink("missing", folder.path("astray")) == 0)
    for (name, kind) in [("pipe", "a FIFO"), ("link", "a FIFO"), ("astray", "a symbolic link that leads nowhere")] {
      let path = BytePath(folder.path(name))
      let expected = FileError(action: "write", path: path, cause: .notRegular(kind))
      #expect(throws: expected) { try AtomicFile.checkWritable(path) }
      #expect(throws: expected) { try AtomicFile.write([1], to: path) }
    }
    #expect(try status(folder, "pipe").kind == .fifo)
    #expect(try status(folder, "link").kind == .symbolicLink)
    #expect(try status(folder, "astray").kind == .symbolicLink)
    #expect(try folder.names() == ["astray", "link", "pipe"])
  }

  @Test func `what a killed writer left is removed, and nothing else`() throws {
    let folder = try TemporaryFolder()
    let others = ["file", "file.partial-", "file.partial-abcdefg", "other.partial-abcdef", "file.partial_abcdef"]
    for name in others + ["file.partial-aBc123", "file.partial-zzzzzz"] { try folder.write([1], to: name) }
    try AtomicFile.removeLeftovers(of: BytePath(folder.path("file")))
    #expect(try folder.names() == others.sorted())
    // There need not be a file yet.
    try folder.write([1], to: "new.partial-aBc123")
    try AtomicFile.removeLeftovers(of: BytePath(folder.path("new")))
    #expect(try folder.names() == others.sorted())
  }

  @Test func `removing what is not there is done`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "file")
    try AtomicFile.remove(BytePath(path))
    try AtomicFile.remove(BytePath(path))
    #expect(try folder.names() == [])
  }
}

/// What the kernel says of a name, links not followed.
private func status(_ folder: TemporaryFolder, _ name: String) throws -> FileStatus {
  let fileName = try #require(FileName(name))
  return try #require(try Directory(path: FilePath(folder.path)).status(of: fileName))
}
