/// When the service manager's watchdog is answered: every thread that files pass through is asked for a sign of life, and
/// shortly afterwards the answers are judged.
struct Watchdog {
  /// What is due.
  enum Step: Equatable {
    /// Asks the threads that wait for work to show that they live.
    case ask
    /// Looks whether all have moved on lately.
    case judge
  }

  /// How long a thread may be silent.
  static let patience = Duration.seconds(10)

  private let interval: Duration
  private var nextQuestion: ContinuousClock.Instant
  private var nextJudgement: ContinuousClock.Instant?
  /// Threads that were silent the last time, told already.
  private var silent: Set<String> = []

  /// A watchdog that wants to be answered at least once an interval; it is answered three times in one.
  init(interval: Duration, at now: ContinuousClock.Instant) {
    self.interval = interval
    nextQuestion = now
  }

  /// When the next step is due.
  var deadline: ContinuousClock.Instant { nextJudgement.map { min($0, nextQuestion) } ?? nextQuestion }

  /// Threads that have been silent for too long, and were not the last time.
  ///
  /// - Parameter silences: each thread's name, and the time since its last sign of life.
  mutating func newlySilent(_ silences: [(name: String, silence: Duration)]) -> [(name: String, silence: Duration)] {
    let found = silences.filter { $0.silence >= Self.patience }
    defer { silent = Set(found.map(\.name)) }
    return found.filter { !silent.contains($0.name) }
  }

  /// The step that is due; nil when none is.
  mutating func step(at now: ContinuousClock.Instant) -> Step? {
    if let time = nextJudgement, time <= now {
      nextJudgement = nil
      return .judge
    }
    guard nextQuestion <= now else { return nil }
    nextQuestion = now + interval / 3
    nextJudgement = now + min(interval / 30, .seconds(1))
    return .ask
  }
}
