internal import Linux
private import SystemPackage

/// Tells the outside what the daemon is doing: the service manager's STATUS and `status.json`.
///
/// Files are written on a thread of its own, so that no disk holds up the watch thread; of several snapshots that come
/// meanwhile the newest counts.
final class StatusPublisher: Sendable {
  /// The file in the state folder.
  static let fileName = FileName("status.json")!

  private let state: Directory
  private let metrics: Metrics
  private let model: Shared<CurrentModel>
  private let newest = Shared(WatchSnapshot())
  private let wanted = BoundedQueue<Bool>(capacity: 1)
  private let lastText = Shared("")
  private let end: Shared<ThreadGroup?>

  /// A publisher that has told nothing yet.
  init(state: Directory, metrics: Metrics, model: Shared<CurrentModel>) {
    self.state = state
    self.metrics = metrics
    self.model = model
    end = Shared(nil)
    let group = ThreadGroup(name: "status", count: 1) { [self] _ in run() }
    end.change { $0 = group }
  }

  /// Leaves a snapshot to be told; never waits. Called on the watch thread when something changed, at most once a second,
  /// and whenever it answers the watchdog.
  func publish(_ snapshot: WatchSnapshot) {
    newest.change { $0 = snapshot }
    _ = wanted.push(true)
  }

  /// Ends the thread after what was left to tell.
  func finish() {
    wanted.close()
    end.value?.wait(atMost: .seconds(2))
  }

  /// What the daemon is doing, in a line for the service manager.
  func text(_ snapshot: WatchSnapshot) -> String {
    let values = metrics.values
    var text = Verdict.allCases.map { "\(values.count($0)) \($0.rawValue)" }.joined(separator: ", ")
    text += "; \(snapshot.pendingCount) waiting"
    if model.value.judge == nil { text = "no model: run ganomaly install; " + text }
    if snapshot.pauses.contains(.diskFloor) { text = "paused: no room on the disk; " + text }
    if snapshot.pauses.contains(.ledger) { text = "paused: the ledger cannot be written; " + text }
    if !snapshot.isWatching { text = "the watched folder is lost; " + text }
    return text
  }

  private func run() {
    while let marks = wanted.pop(atMost: 1, waitingAtMost: .seconds(3600)) {
      if !marks.isEmpty { tell(newest.value) }
    }
  }

  private func tell(_ snapshot: WatchSnapshot) {
    let text = text(snapshot)
    if text != lastText.value { ServiceManager.notify("STATUS=\(text)") }
    lastText.change { $0 = text }
    // It is for people who look; a disk without room for it says so elsewhere.
    try? state.write(
      Array((object(text, snapshot).line + "\n").utf8), to: Self.fileName, mode: 0o644, durability: .none)
  }

  private func object(_ text: String, _ snapshot: WatchSnapshot) -> JSONText {
    let values = metrics.values
    let model = model.value.judge
    return .object(
      [
        ("process", .integer(Int64(CurrentProcess.identifier))), ("time", .text(WallTime.now.iso)),
        ("status", .text(text)), ("waiting", .integer(Int64(snapshot.pendingCount))),
        ("model_sha256", .optional(model?.identity.modelDigest)),
        ("calibration_id", .optional(model?.identity.calibration)),
        ("threshold", model.map { .float($0.identity.threshold) } ?? .null),
      ] + Verdict.allCases.map { ($0.rawValue, .integer(Int64(values.count($0)))) })
  }
}
