import Glibc
import Linux
import TestSupport
import Testing

struct DirectoryTreeTests {
  @Test func `pictures of all subfolders come sorted by the bytes of their paths`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("a/b")
    try folder.makeFolder("empty")
    for name in [
      "z.png", "a/1.png", "a/b/2.PNG", "a.png", "a-b.png", "A.Png", "text.txt", "png", ".png", ".x.png", "xpng",
    ] {
      try folder.write([1], to: name)
    }
    let entries = try DirectoryTree.pictures(below: BytePath(folder.path))
    let expected = ["A.Png", "a-b.png", "a.png", "a/1.png", "a/b/2.PNG", "z.png"]
    #expect(entries.map(\.path.description) == expected.map { folder.path($0) })
    #expect(entries.allSatisfy { $0.problem == nil })
  }

  @Test func `the folder is named as it was given`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a.png")
    for given in [folder.path + "/", folder.path + "//", folder.path + "/."] {
      let entries = try DirectoryTree.pictures(below: BytePath(given))
      #expect(entries.map(\.path.description) == [given.hasSuffix("/") ? "\(given)a.png" : "\(given)/a.png"])
    }
  }

  @Test func `links and FIFOs with a picture's name are told, links to folders are not entered`() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("real")
    try folder.write([1], to: "real/a.png")
    #expect(symlink("real/a.png", folder.path("link.png")) == 0)
    #expect(symlink("real", folder.path("again")) == 0)
    #expect(symlink(".", folder.path("loop")) == 0)
    #expect(mkfifo(folder.path("pipe.png"), 0o600) == 0)
    let entries = try DirectoryTree.pictures(below: BytePath(folder.path))
    #expect(entries.map(\.path.description) == ["link.png", "pipe.png", "real/a.png"].map { folder.path($0) })
    #expect(entries.map(\.problem) == [.notRegular("a symbolic link"), .notRegular("a FIFO"), nil])
  }

  @Test func `names of any bytes come back as they are`() throws {
    let folder = try TemporaryFolder()
    let names: [[UInt8]] = [Array("line\nfeed.png".utf8), [0xFF, 0x80] + Array(".png".utf8)]
    for name in names { try folder.write([1], to: name) }
    let entries = try DirectoryTree.pictures(below: BytePath(folder.path))
    #expect(entries.map(\.path) == names.map { BytePath(folder.path).appending($0) })
    #expect(entries.map { $0.path.text == nil } == [false, true])
  }

  @Test func `a tree deeper than the limit is told and not followed`() throws {
    let folder = try TemporaryFolder()
    let deep = Array(repeating: "d", count: DirectoryTree.maximumDepth + 1).joined(separator: "/")
    try folder.makeFolder(deep)
    try folder.write([1], to: "\(deep)/a.png")
    let entries = try DirectoryTree.pictures(below: BytePath(folder.path))
    #expect(entries.map(\.problem) == [.tooDeep(limit: DirectoryTree.maximumDepth)])
  }

  @Test func `a folder that is missing or none is refused`() throws {
    let folder = try TemporaryFolder()
    let file = BytePath(try folder.write([1], to: "file"))
    #expect(throws: FileError(action: "list", path: file, cause: .system(ENOTDIR))) {
      try DirectoryTree.pictures(below: file)
    }
    #expect(throws: FileError.self) { try DirectoryTree.pictures(below: BytePath(folder.path("missing"))) }
    #expect(try DirectoryTree.isFolder(BytePath(folder.path)))
    #expect(try !DirectoryTree.isFolder(file))
  }

  @Test(.enabled(if: getuid() != 0, "root may list everything"))
  func `a subfolder that may not be listed is told`() throws {
    let folder = try TemporaryFolder()
    let closed = try folder.makeFolder("closed")
    #expect(chmod(closed, 0) == 0)
    defer { chmod(closed, 0o755) }
    let entries = try DirectoryTree.pictures(below: BytePath(folder.path))
    #expect(entries.map(\.problem) == [.system(EACCES)])
  }
}
