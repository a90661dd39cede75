import Foundation
import Linux
import Testing

/// What this machine's kernel delivers: the table that the intake is built on.
@Suite("inotify") struct InotifyTests {
  private static let kinds: InotifyEvent.Kinds = [
    .created, .closedAfterWriting, .movedIn, .movedOut, .modified, .deleted, .folderDeleted, .folderMoved,
  ]

  /// What a piece of work in a watched folder makes the kernel report, a word an event.
  private func events(_ prepare: (String) throws -> Void = { _ in }, _ work: (String) throws -> Void) throws -> [String]
  {
    let folder = try OpenFolder()
    try prepare(folder.path)
    let inotify = try Inotify()
    let watch = try inotify.watch(folder.directory, for: Self.kinds)
    try work(folder.path)
    var words: [String] = []
    while try waitForInput([inotify], timeout: .milliseconds(20))[0] {
      for event in try inotify.read() {
        #expect(event.watch == watch)
        words.append("\(Self.word(event.kinds)) \(event.name?.description ?? "-")")
      }
    }
    return words
  }

  private static func word(_ kinds: InotifyEvent.Kinds) -> String {
    let words: [(InotifyEvent.Kinds, String)] = [
      (.created, "created"), (.closedAfterWriting, "closed"), (.movedIn, "in"), (.movedOut, "out"),
      (.modified, "modified"), (.deleted, "deleted"), (.folderDeleted, "gone"), (.watchEnded, "ended"),
    ]
    return words.filter { kinds.contains($0.0) }.map(\.1).joined(separator: "+")
      + (kinds.contains(.isFolder) ? "/" : "")
  }

  private func write(_ path: String, _ flags: Int32 = O_CREAT | O_TRUNC) {
    let descriptor = open(path, O_WRONLY | flags, 0o644)
    #expect(Glibc.write(descriptor, "x", 1) == 1)
    close(descriptor)
  }

  @Test func `a copy`() throws {
    let words = try events { write($0 + "/a") }
    #expect(words == ["created a", "modified a", "closed a"])
  }

  @Test func `a copy over an existing name`() throws {
    let words = try events({ write($0 + "/a") }, { write($0 + "/a") })
    // The truncation is one change, the writing another.
    #expect(words == ["modified a", "modified a", "closed a"] || words == ["modified a", "closed a"])
  }

  @Test func `a rename in over an existing name`() throws {
    let words = try events({
      write($0 + "/a")
      mkdir($0 + "-outside", 0o700)
      write($0 + "-outside/a")
    }) {
      rename($0 + "-outside/a", $0 + "/a")
      rmdir($0 + "-outside")
    }
    #expect(words == ["in a"])
  }

  @Test func `a rename inside`() throws {
    let words = try events {
      write($0 + "/a.part")
      rename($0 + "/a.part", $0 + "/a")
    }
    #expect(words == ["created a.part", "modified a.part", "closed a.part", "out a.part", "in a"])
  }

  @Test func `a hard link`() throws {
    let words = try events({ write($0 + "/a") }, { link($0 + "/a", $0 + "/b") })
    #expect(words == ["created b"])
  }

  @Test func `links, pipes and folders`() throws {
    let words = try events {
      symlink("x", $0 + "/a")
      mkfifo($0 + "/b", 0o600)
      mkdir($0 + "/c", 0o700)
    }
    #expect(words == ["created a", "created b", "created/ c"])
  }

  @Test func `a truncation by path`() throws {
    let words = try events({ write($0 + "/a") }, { truncate($0 + "/a", 0) })
    #expect(words == ["modified a"])
  }

  @Test func `a removal`() throws {
    let words = try events({ write($0 + "/a") }, { unlink($0 + "/a") })
    #expect(words == ["deleted a"])
  }

  @Test func `long names and many events come whole`() throws {
    let long = String(repeating: "n", count: 255)
    let words = try events { path in
      for number in 0..<1000 { write(path + "/\(number)") }
      write(path + "/" + long)
    }
    #expect(words.count == 3003)
    #expect(words.suffix(3) == ["created \(long)", "modified \(long)", "closed \(long)"])
  }

  @Test func `nothing to read is an empty answer`() throws {
    #expect(try Inotify().read() == [])
  }
}
