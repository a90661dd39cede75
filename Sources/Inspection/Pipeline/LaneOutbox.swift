internal import Linux

/// What a lane has to say and to hand on, gathered for a moment: one call a moment instead of one a file.
struct LaneOutbox {
  /// For how long anything is kept between the files of a batch; a lane empties it after each batch.
  static let patience = Duration.milliseconds(50)

  /// Results that are kept, at most.
  static let maximumCount = 64
  /// Those of them whose files are open, at most.
  static let maximumOpenCount = 16

  private let around: Lane.Surroundings
  private let heartbeat: Heartbeat
  private var feedback: [Feedback] = []
  private var results: [Inspected] = []
  private var openCount = 0
  private var since: ContinuousClock.Instant?

  /// An empty one.
  init(_ surroundings: Lane.Surroundings, _ heartbeat: Heartbeat) {
    around = surroundings
    self.heartbeat = heartbeat
  }

  /// Something is to be told to the intake.
  mutating func post(_ name: FileName, _ finding: InspectionFinding) {
    feedback.append(Feedback(name: name, finding: finding))
    since = since ?? .now
  }

  /// Something is to be recorded.
  mutating func hand(on result: Inspected) {
    results.append(result)
    if result.file != nil { openCount += 1 }
    since = since ?? .now
    if results.count >= Self.maximumCount || openCount >= Self.maximumOpenCount { empty() }
  }

  /// Whether there is nothing in it.
  var isEmpty: Bool { since == nil }

  /// Says and hands on everything where it has been kept for long enough.
  mutating func emptyWhereDue() {
    if let since, ContinuousClock.now - since >= Self.patience { empty() }
  }

  /// Says and hands on everything.
  mutating func empty() {
    if isEmpty { return }
    since = nil
    around.mailbox.post(feedback)
    feedback = []
    handOn()
  }

  /// Waits for room as long as it takes: the recorder may be waiting for its disk. When the daemon stops meanwhile, the
  /// results are dropped after a while: the files are inspected again at the next start.
  private mutating func handOn() {
    var rest = results[...]
    (results, openCount) = ([], 0)
    var attempts = 0
    while true {
      let count = rest.count
      guard around.results.push(contentsOf: &rest, waitingAtMost: .seconds(1)) == .full else { return }
      heartbeat.beat()
      // As long as there is some room, the recorder is not stuck.
      attempts = around.isStopping.value && rest.count == count ? attempts + 1 : 0
      if attempts == 5 { return }
    }
  }
}
