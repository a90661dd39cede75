import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite("locks on a folder's files") struct FileLockTests {
  private func folder() throws -> Directory {
    try Directory.creating(path: FilePath(NSTemporaryDirectory() + "ganomaly-lock-\(UUID().uuidString)"))
  }

  @Test func `the file is its owner's alone, also one that was made for a group to read`() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder.path.string) }
    let name = FileName("lock")!
    var holder = ""
    do {
      let lock = try FileLock.take(name, in: folder, note: "x", holder: &holder)
      #expect(lock != nil)
      #expect(try folder.status(of: name)?.mode == 0o600)
    }
    #expect(chmod(folder.path.string + "/lock", 0o640) == 0)
    let lock = try FileLock.take(name, in: folder, note: "process 7 on 'x'", holder: &holder)
    #expect(lock != nil)
    #expect(try folder.status(of: name)?.mode == 0o600)
    #expect(try FileLock.holder(of: name, in: folder) == "process 7 on 'x'")
    // The note is of a process that has ended; the kernel knows better.
    #expect(try FileLock.take(name, in: folder, note: "second", holder: &holder) == nil)
    #expect(holder == "process \(CurrentProcess.identifier)")
    withExtendedLifetime(lock) {}
  }

  @Test func `whoever may not open the file learns from the kernel who has it locked`() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder.path.string) }
    let name = FileName("lock")!
    var holder = ""
    var lock = try FileLock.take(name, in: folder, note: "x", holder: &holder)
    let inode = try #require(try folder.status(of: name)).inode
    #expect(try KernelLocks.read(of: inode, in: folder) == CurrentProcess.identifier)
    #expect(lock != nil)
    lock = nil
    #expect(try KernelLocks.read(of: inode, in: folder) == nil)
  }

  @Test func `a lock is another's by its kind, its file system and its file`() {
    let lines = """
      1: POSIX  ADVISORY  WRITE 11 08:01:4711 0 EOF
      2: FLOCK  ADVISORY  WRITE 12 08:01:4712 0 EOF
      3: FLOCK  ADVISORY  WRITE 13 00:1f:4711 0 EOF
      3: -> FLOCK  ADVISORY  WRITE 14 08:01:4711 0 EOF
      4: FLOCK  ADVISORY  WRITE 15 08:01:4711 0 EOF
      5: FLOCK
      """.split(separator: "\n")
    #expect(KernelLocks.holder(of: 4711, device: (8, 1), in: lines) == 15)
    #expect(KernelLocks.holder(of: 4711, device: (0, 31), in: lines) == 13)
    #expect(KernelLocks.holder(of: 4713, device: (8, 1), in: lines) == nil)
    #expect(KernelLocks.holder(of: 4712, device: (8, 2), in: lines) == nil)
  }
}
