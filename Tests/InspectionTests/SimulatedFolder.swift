import Linux
import Testing

@testable import Inspection

/// A folder, a clock and an intake, moved on by hand: no file, no thread, no waiting.
struct SimulatedFolder {
  static let start = ContinuousClock.now
  var intake: Intake
  var now = SimulatedFolder.start
  var files: [FileName: FileStatus] = [:]
  var requests: [InspectionRequest] = []
  var reports: [IntakeReport] = []
  /// How old files look by their own times; zero where it is not said.
  var ages: [FileName: Duration] = [:]
  /// Nothing is handed out, as without a model.
  var isPaused = false
  private var nextInode: UInt64 = 100
  private var clock: Int64 = 1_000_000

  /// An empty folder.
  ///
  /// - Parameters:
  ///   - tick: the file system's; none where a test is not about it.
  ///   - isRead: whether its first reading has been done.
  init(rules: IntakeRules = IntakeRules(), tick: Duration = .zero, isRead: Bool = true) {
    var rules = rules
    rules.timestampTick = tick
    intake = Intake(rules: rules)
    if isRead { turn() }
  }

  static func name(_ text: String) -> FileName { FileName(text)! }

  // MARK: What happens to files

  /// A new file, or a new one under an old name.
  mutating func put(_ name: String, size: Int64 = 10, kind: FileStatus.Kind = .regular) {
    nextInode += 1
    clock += 1
    files[Self.name(name)] = FileStatus(kind: kind, inode: nextInode, size: size, modified: clock, changed: clock)
  }

  /// The same file with other content.
  mutating func write(_ name: String, size: Int64) {
    let old = files[Self.name(name)]!
    clock += 1
    files[Self.name(name)] = FileStatus(inode: old.inode, size: size, modified: clock, changed: clock)
  }

  /// The same file and content with a new time of change.
  mutating func touchChangeTime(_ name: String) {
    let old = files[Self.name(name)]!
    clock += 1
    files[Self.name(name)] = FileStatus(inode: old.inode, size: old.size, modified: old.modified, changed: clock)
  }

  mutating func remove(_ name: String) { files[Self.name(name)] = nil }

  mutating func event(_ name: String, _ kinds: InotifyEvent.Kinds...) {
    for kind in kinds { intake.notice(InotifyEvent(watch: 1, kinds: kind, name: Self.name(name)), at: now) }
  }

  // MARK: Time

  /// What the watch thread does in one turn.
  mutating func turn() {
    if intake.isScanDue(at: now) {
      intake.beginScan()
      for (name, status) in files { intake.found(name, status, age: age(name), at: now) }
      intake.endScan(at: now)
    }
    for name in intake.namesToObserve(at: now) { intake.observe(name, files[name], age: age(name), at: now) }
    while !isPaused, let request = intake.nextRequest(at: now) { requests.append(request) }
    reports += intake.takeReports()
  }

  private func age(_ name: FileName) -> Duration { ages[name] ?? .zero }

  /// Lets time pass, with a turn at every moment something is planned.
  mutating func pass(_ duration: Duration) {
    turn()
    let end = now + duration
    while let deadline = intake.nextDeadline(at: now), deadline <= end {
      now = max(deadline, now + .microseconds(1))
      turn()
    }
    now = end
    turn()
  }

  /// The names requested since the last time.
  mutating func takeRequests() -> [String] {
    defer { requests = [] }
    return requests.map(\.name.description)
  }

  /// Tells the intake what became of a request.
  mutating func finish(_ name: String, _ finding: InspectionFinding) {
    intake.finish(Self.name(name), finding, at: now)
  }

  /// Recorded, and left where it lies.
  mutating func record(_ name: String) { finish(name, .recorded(files[Self.name(name)]!)) }
}
