import Glibc
import TestSupport
import Testing

@testable import Linux

struct AppendingFileTests {
  @Test func `records stand behind each other, also after the file was opened again`() throws {
    let folder = try TemporaryFolder()
    let path = BytePath(folder.path("log"))
    let created = try #require(try AppendingFile.create(path))
    try created.append([1, 2])
    try created.append([])
    try created.append([3])
    let opened = try AppendingFile.open(path)
    try opened.append([4])
    try opened.synchronize()
    #expect(try folder.bytes(of: "log") == [1, 2, 3, 4])
    #expect(try AppendingFile.create(path) == nil)
  }

  @Test func `what is no regular file is refused`() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    for name in ["pipe", "", "missing"] {
      #expect(throws: FileError.self) { try AppendingFile.open(BytePath(folder.path(name))) }
    }
    let device = try #require(throws: FileError.self) { try AppendingFile.open(BytePath("/dev/full")) }
    #expect(device.cause == .notRegular("a device"))
  }

  @Test func `a record for which there is no room is cut off whole`() throws {
    let folder = try TemporaryFolder()
    let file = try #require(try AppendingFile.create(BytePath(folder.path("log"))))
    try file.append([UInt8](repeating: 1, count: 10))
    // The kernel takes what fits, then refuses.
    var taken = 0
    file.write = { descriptor, bytes, count, place in
      guard taken == 0 else {
        errno = ENOSPC
        return -1
      }
      taken = pwrite(descriptor, bytes, count / 2, place)
      return taken
    }
    let error = #expect(throws: FileError.self) { try file.append([UInt8](repeating: 2, count: 10)) }
    #expect(taken == 5)
    #expect(error?.cause == .system(ENOSPC))
    #expect(try folder.bytes(of: "log") == [UInt8](repeating: 1, count: 10))
    file.write = pwrite
    try file.append([3])
    #expect(try folder.bytes(of: "log") == [UInt8](repeating: 1, count: 10) + [3])
  }
}
