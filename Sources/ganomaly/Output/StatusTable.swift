import Inspection
import Linux

/// A daemon's state in labelled lines.
struct StatusTable {
  private let health: DaemonHealth
  private let now: WallTime

  /// A table of a judgement at a time.
  init(health: DaemonHealth, now: WallTime) {
    self.health = health
    self.now = now
  }

  /// The lines: how well it is and why first, then what it is doing.
  var text: String {
    var lines = ["health           \(health.level.rawValue)"]
    for reason in health.reasons {
      lines.append("  problem        \(reason.text)")
      lines.append("  what to do     \(reason.remedy)")
    }
    if let status = health.status { lines += self.lines(status) }
    return lines.joined(separator: "\n")
  }

  private func lines(_ status: DaemonStatus) -> [String] {
    var lines = [
      "daemon           \(health.level == .down ? "not running" : "process \(status.process)"), version \(status.version)",
      "started          \(moment(status.started))",
      "told             \(moment(status.time))",
      "watching         '\(status.watch.folder)' \(status.watch.isPolling ? "by looking again and again" : "by inotify")"
        + (status.watch.isUp ? "" : ": it is gone"),
      "queue            \(queue(status.queue))",
    ]
    if !status.paused.isEmpty { lines.append("paused           \(status.paused.joined(separator: ", "))") }
    lines += model(status.model) + inspections(status)
    if let drift = status.drift {
      lines.append("drift            \(text(drift))")
      if let note = drift.note { lines.append("                 \(note)") }
    }
    if let files = status.moves.quarantineFiles {
      lines.append("quarantine       \(files) pictures, \(status.moves.quarantineBytes ?? 0) bytes")
    }
    if status.moves.waiting > 0 { lines.append("moves            \(status.moves.waiting) to be tried again") }
    if status.journal.isUsed {
      lines.append(
        "journal          \(status.journal.isFailing ? "takes no entries" : "in use"), \(status.journal.waiting) waiting, \(status.journal.replayed) "
          + "written late, \(status.journal.lost) given up")
    }
    lines.append(
      "last error       \(status.lastError.map { "\(moment($0.time)): \($0.text)" } ?? "none since the start")")
    return lines
  }

  private func queue(_ queue: DaemonStatus.Queue) -> String {
    "\(queue.files) waiting" + (queue.oldestSeconds.map { ", the oldest for \(Self.span($0))" } ?? "")
  }

  private func model(_ model: DaemonStatus.ModelInUse) -> [String] {
    guard let sha256 = model.sha256 else { return ["model            none at '\(model.path)'"] }
    return [
      "model            \(sha256)",
      "                 \(model.summary ?? "-"), calibration \(model.calibration ?? "-")",
      "                 in use since \(model.since.map(moment) ?? "-")",
    ]
  }

  private func text(_ drift: DaemonStatus.Drift) -> String {
    if let alarm = drift.alarm { return "\(moment(alarm.time)): \(alarm.text)" }
    let evidence = "evidence \(drift.evidence.rounded(toDigits: 2)), an alarm comes at \(drift.alarmAt)"
    return "none in \(drift.pictures) pictures since the calibration: \(evidence)"
  }

  private func inspections(_ status: DaemonStatus) -> [String] {
    let inspections = status.inspections
    let counts = Verdict.allCases.map { "\(inspections.verdicts[$0.rawValue, default: 0]) \($0.rawValue)" }
    let minutes = max(1, (DaemonStatus.seconds(from: status.started, to: now) ?? 0) / 60)
    // What was a minute old when it was told is older by now.
    let isRecent = inspections.lastTime.flatMap { DaemonStatus.seconds(from: $0, to: now) }.map { $0 < 60 } ?? false
    let rate = (Double(inspections.total) / minutes).rounded(toDigits: 3)
    return [
      "inspections      \(inspections.total): \(counts.joined(separator: ", "))",
      "rate             \(isRecent ? inspections.lastMinute : 0) in the last minute, \(rate) a minute since the start",
      "last image       \(inspections.lastTime.map(moment) ?? "none since the start")",
    ]
  }

  /// A time, and how long ago it was.
  private func moment(_ text: String) -> String {
    DaemonStatus.seconds(from: text, to: now).map { "\(text) (\(Self.span($0)) ago)" } ?? text
  }

  /// Seconds in the two largest units that fit.
  static func span(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e12)))
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }
  }
}
