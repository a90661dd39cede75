private import Foundation
public import Linux
private import SystemPackage

/// Whether the daemon is well, judged from outside: by the lock that it holds and by what it last said of itself.
public struct DaemonHealth: Sendable, Equatable {
  /// How well.
  public enum Level: String, Sendable, Codable {
    /// It inspects what arrives.
    case healthy
    /// It runs, and something needs somebody.
    case degraded
    /// It does not run.
    case down
  }

  /// Why it is not healthy, and what helps.
  public struct Reason: Sendable, Equatable, Codable {
    /// What is wrong.
    public let text: String
    /// What to do.
    public let remedy: String
  }

  /// How well.
  public let level: Level
  /// Why, gravest first; empty when healthy.
  public let reasons: [Reason]
  /// What the daemon last said; nil where it has said nothing.
  public let status: DaemonStatus?

  /// How long an error counts as lately.
  static let errorSpan = 600.0
  /// With less room than this the daemon may be unable to say how it is.
  static let leastRoom: UInt64 = 1 << 20

  /// Looks at a daemon's state folder.
  ///
  /// - Throws: `InspectionError.system` where the folder or a file in it may not be read.
  public static func read(_ settings: Settings, now: WallTime = .now) throws(InspectionError) -> DaemonHealth {
    let state = settings.resolvedStatePath
    guard FileStatus(path: state.appending("lock")) != nil || hidesItsContent(state) else {
      return DaemonHealth(
        level: .down,
        reasons: [
          Reason(
            text: "no daemon has run with the state folder '\(escaped(state))'",
            remedy: "start it, or name its folders with --spool, --state or --config")
        ], status: nil)
    }
    return try onSystem { () throws(LinuxError) in
      let folder = try Directory(path: state.appending("."))
      let holder = try FileLock.holder(of: FileName("lock")!, in: folder)
      // What was said last may be old and sound: on a full disk nothing newer can be said.
      let freeBytes = try FileSystem(of: folder).freeBytes
      return judge(holder: holder, status: try status(in: folder), freeBytes: freeBytes, now: now)
    }
  }

  /// Whether a folder is there whose files this user cannot see.
  private static func hidesItsContent(_ path: FilePath) -> Bool {
    do throws(LinuxError) { _ = try Directory(path: path.appending(".")) } catch { return error.isForbidden }
    return false
  }

  /// What the daemon last said; nil where it said nothing that can be read.
  static func status(in folder: Directory) throws(LinuxError) -> DaemonStatus? {
    guard case .file(let file) = try PlainFile.open(DaemonStatus.fileName, in: folder),
      let bytes = try file.read(maximumCount: DaemonStatus.maximumBytes)
    else { return nil }
    return try? DaemonStatus(bytes: bytes)
  }

  /// The judgement.
  ///
  /// - Parameters:
  ///   - holder: the note of the process that holds the lock; nil where nobody does.
  ///   - status: what was said last.
  ///   - freeBytes: room where the state folder lies.
  ///   - now: the time of the look.
  static func judge(
    holder: String?, status: DaemonStatus?, freeBytes: UInt64 = .max, now: WallTime
  ) -> DaemonHealth {
    guard let holder else {
      return DaemonHealth(level: .down, reasons: [reasonForSilence(status)], status: status)
    }
    // A lock's note is "process N on 'spool'"; for whoever may not read it, "process N".
    guard let status, status.isRunning, "\(holder) ".hasPrefix("process \(status.process) ") else {
      let starting = Reason(
        text: "the daemon (\(holder)) has not said anything yet",
        remedy: "look again in a moment; if this stays: journalctl -u ganomalyd")
      return DaemonHealth(level: .degraded, reasons: [starting], status: nil)
    }
    let reasons = reasons(status, freeBytes, now)
    return DaemonHealth(level: reasons.isEmpty ? .healthy : .degraded, reasons: reasons, status: status)
  }

  private static func reasonForSilence(_ status: DaemonStatus?) -> Reason {
    let remedy = "systemctl start ganomalyd; the reason of its end is in journalctl -u ganomalyd"
    guard let status else { return Reason(text: "the daemon does not run", remedy: remedy) }
    return Reason(
      text: status.isRunning
        ? "the daemon does not run; it ended without a word after \(status.time)"
        : "the daemon does not run; it was stopped at \(status.time)", remedy: remedy)
  }

  private static func reasons(_ status: DaemonStatus, _ freeBytes: UInt64, _ now: WallTime) -> [Reason] {
    var reasons: [Reason] = []
    func add(_ isSo: Bool, _ text: @autoclosure () -> String, _ remedy: @autoclosure () -> String) {
      if isSo { reasons.append(Reason(text: text(), remedy: remedy())) }
    }
    let age = DaemonStatus.seconds(from: status.time, to: now) ?? .infinity
    add(
      age > 2 * status.renewalSeconds + 10, "the daemon has been silent since \(status.time)",
      "it hangs, or its disk takes no writes: journalctl -u ganomalyd, then systemctl restart ganomalyd")
    add(
      !status.watch.isUp, "the watched folder '\(status.watch.folder)' is gone",
      "make or mount it again; what lies in it then is inspected")
    add(
      status.paused.contains(PauseReason.noModel.rawValue), "there is no model: images wait",
      "sudo ganomaly install MODEL")
    add(
      status.paused.contains(PauseReason.diskFloor.rawValue),
      "intake is paused: less room on a disk than minimum_free_bytes", "make room; intake goes on by itself")
    add(
      freeBytes < leastRoom,
      "only \(freeBytes) bytes are free for the state folder: the daemon can write neither its "
        + "ledger nor how it is, and the rest of this may be old", "make room; the daemon goes on by itself")
    add(
      status.paused.contains(PauseReason.ledger.rawValue), "intake is paused: the ledger cannot be written",
      "make room, or look for a full or read-only disk: journalctl -u ganomalyd -p err")
    if let refused = status.model.refused {
      add(
        true, "the model file at '\(status.model.path)' is not in use, since \(refused.time): \(refused.text)",
        "install a good one: sudo ganomaly install MODEL")
    }
    if let alarm = status.drift?.alarm {
      add(
        true, "since \(alarm.time): \(alarm.text)",
        "look at camera, light and parts; once they are as they were, or where it was a box of rejects: systemctl reload "
          + "ganomalyd; else: ganomaly calibrate MODEL with pictures of today, and install it")
    }
    add(
      status.moves.waiting > 0, "\(status.moves.waiting) files could not be moved yet",
      "journalctl -u ganomalyd -p err says why; they are tried again by themselves")
    add(
      status.queue.files >= status.queue.highMark, "\(status.queue.files) files wait: more arrive than are inspected",
      "more lanes, a smaller model or a faster machine; 'ganomaly status' shows the rate")
    add(
      status.journal.isUsed && status.journal.isFailing, "the journal takes no entries",
      "systemctl status systemd-journald; the ledger keeps all entries about pictures")
    let silence = status.journal.sendingSeconds ?? 0
    add(
      status.journal.isUsed && silence >= MetricsValues.journalPatience / .seconds(1),
      "the journal has not taken an entry for \(Int(silence)) s, \(status.journal.waiting) more wait: it hangs",
      "systemctl status systemd-journald; the ledger keeps all entries about pictures")
    if let error = status.lastError, let since = DaemonStatus.seconds(from: error.time, to: now), since < errorSpan {
      add(true, "an error at \(error.time): \(error.text)", "journalctl -u ganomalyd -p err")
    }
    return reasons
  }

  /// One object on one line: level, reasons, and the daemon's status or null.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(Fields(health: level, reasons: reasons, status: status)) else {
      preconditionFailure("a status is encodable: finite numbers, texts")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private struct Fields: Encodable {
    let health: Level
    let reasons: [Reason]
    let status: DaemonStatus?
  }
}
