private import CLinux
private import CSystemd
private import Glibc
private import SystemPackage

/// One field of a journal entry.
public struct JournalField: Sendable, Equatable {
  /// 1 to 64 of A-Z, 0-9 and _, not beginning with a digit or underscore.
  public let name: String
  /// Any bytes.
  public let value: [UInt8]

  /// A field from bytes.
  public init(_ name: String, _ value: [UInt8]) {
    precondition(Self.isValid(name: name), "journald drops fields with such a name: \(name)")
    self.name = name
    self.value = value
  }

  /// A field from text.
  public init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }

  /// Whether journald keeps a field of that name; others are dropped without a word.
  public static func isValid(name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 64, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
      return false
    }
    return name.utf8.allSatisfy {
      UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || $0 == UInt8(ascii: "_")
    }
  }
}

/// The system's journal, through the native protocol.
public enum SystemJournal {
  /// Whether journald's socket exists; without it an entry would be lost and reported as sent.
  public static var isPresent: Bool { access("/run/systemd/journal/socket", W_OK) == 0 }

  /// Sends an entry; blocks as long as journald does not read.
  ///
  /// Source: sd_journal_sendv(3).
  public static func send(_ fields: [JournalField]) throws(LinuxError) {
    guard isPresent else { throw LinuxError(operation: "write to the journal", code: .noSuchFileOrDirectory) }
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for field in fields {
      bytes += field.name.utf8
      bytes.append(UInt8(ascii: "="))
      bytes += field.value
      ends.append(bytes.count)
    }
    let result = bytes.withUnsafeMutableBytes { buffer in
      var start = 0
      let vectors = ends.map { end in
        defer { start = end }
        return iovec(iov_base: buffer.baseAddress! + start, iov_len: end - start)
      }
      return sd_journal_sendv(vectors, Int32(vectors.count))
    }
    if result < 0 { throw LinuxError(operation: "write to the journal", code: Errno(rawValue: -result)) }
  }
}

/// The service manager that started the process, if one did.
public enum ServiceManager {
  /// Tells it the state in the lines of sd_notify(3), such as `READY=1`; without one nothing happens.
  public static func notify(_ lines: String...) { _ = sd_notify(0, lines.joined(separator: "\n")) }

  /// Tells it that settings are read again; `READY=1` must follow.
  ///
  /// Source: sd_notify(3), RELOADING=1 and MONOTONIC_USEC=.
  public static func notifyReloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    notify("RELOADING=1", "MONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)")
  }

  /// How often it wants to hear `WATCHDOG=1` at the least; nil when it does not.
  public static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(clamping: microseconds)) : nil
  }
}
