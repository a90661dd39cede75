internal import GANomalyModel
internal import Imaging
internal import Linux
private import SystemPackage

/// A file on its way to a lane.
struct LaneJob: Sendable {
  let request: InspectionRequest
  /// The watched folder as it was when the file was seen.
  let incoming: Directory
}

/// What a lane found out about a file, on its way to the ledger.
struct Inspected: Sendable {
  /// What a record is to the ledger.
  enum Kind: Sendable {
    /// A new inspection.
    case fresh
    /// A row that is there: its file was renamed or linked elsewhere, and holds the same bytes.
    case touched
    /// A row that is there: its unreadable file is abandoned, and goes to `rejected` now.
    case abandoned
  }

  let name: FileName
  /// The file as it was read.
  let status: FileStatus
  let incoming: Directory
  /// What is to be recorded; its action is planned.
  let record: InspectionRecord
  /// What the record is to the ledger.
  let kind: Kind
  /// The file itself, where it will be moved.
  let file: OpenPicture?
  /// What is to lie beside it in quarantine to show why; nil where nothing is.
  var view: SideView?
}

/// One thread's work: open, read, hash, decode, score in batches, compare again, hand on.
final class Lane {
  /// What all lanes share.
  struct Surroundings: Sendable {
    let jobs: BoundedQueue<LaneJob>
    let results: BoundedQueue<Inspected>
    let mailbox: Mailbox
    let model: Shared<CurrentModel>
    let settings: Shared<Settings>
    let ledger: Shared<Ledger>
    /// Where damage of the ledger is reported to the recorder.
    let damage: Shared<LedgerDamage?>
    let isStopping: Shared<Bool>
    let makeID: @Sendable () -> String
    /// Lanes that take from the same queue.
    var laneCount = 1
    /// Is told which lanes work; nil where no threads help.
    var team: ScoringTeam?
    /// Room for side pictures on their way.
    var room = SideViewRoom()
    /// How long a lane goes on with what is in hand when the daemon stops.
    var stopPatience = Duration.seconds(5)
  }

  /// A file that is read and decoded, and waits for its score.
  struct Held {
    let job: LaneJob
    let file: OpenPicture
    let status: FileStatus
    let picture: Image
    var record: InspectionRecord
  }

  /// A file that is open, and waits for its reading.
  private struct OpenJob {
    let step: LaneStep
    let picture: OpenPicture
    let status: FileStatus
  }

  private let around: Surroundings
  private let heartbeat: Heartbeat
  private var scoring: (generation: Int, judge: PictureJudge, score: PictureJudge.Scoring)?
  private var slices = SliceLength()
  private var outbox: LaneOutbox

  /// A lane that has done nothing.
  init(_ surroundings: Surroundings, heartbeat: Heartbeat) {
    around = surroundings
    self.heartbeat = heartbeat
    outbox = LaneOutbox(surroundings, heartbeat)
  }

  /// Works until the queue is closed or the daemon stops.
  func run() {
    var mark: UInt64 = 0
    while !around.isStopping.value {
      heartbeat.beat()
      // Large pictures one by one: while one is in work, the others are for whoever has nothing to do.
      let count = Self.share(
        of: around.jobs.count, laneCount: around.laneCount,
        batch: min(around.settings.value.batch, around.model.value.judge?.maximumHeldCount ?? .max))
      guard let jobs = around.jobs.pop(atMost: count, waitingAtMost: nil, mark: &mark) else { return }
      if jobs.isEmpty {
        // A model that was replaced is let go also where nothing arrives.
        if scoring?.generation != around.model.value.generation { letGo() }
        continue
      }
      // Asked for in time: what is decided may be told of much later, and nothing else would have more handed out.
      if around.jobs.count <= around.jobs.capacity / 2 { around.mailbox.noteRoom() }
      guard updateModel() else {
        // The model went away after the files were handed out: they wait where they lie.
        around.mailbox.post(jobs.map { Feedback(name: $0.request.name, finding: .changed) })
        continue
      }
      if let team = around.team { team.whileWorking { process(jobs) } } else { process(jobs) }
    }
  }

  /// How many files a lane takes: many only where as many wait for every other lane, which would have nothing to do.
  ///
  /// - Parameters:
  ///   - waiting: files in the queue of all lanes.
  ///   - batch: most that are taken.
  static func share(of waiting: Int, laneCount: Int, batch: Int) -> Int {
    min(batch, max(usualBatch, waiting / laneCount))
  }

  /// Files that are worth a lane's work in any case.
  static let usualBatch = 16

  private func updateModel() -> Bool {
    let current = around.model.value
    if let scoring, scoring.generation == current.generation { return true }
    // The old one first: no lane ever holds two.
    letGo()
    guard let judge = current.judge else { return false }
    scoring = (current.generation, judge, judge.makeScoring(around.settings.value.batch))
    return true
  }

  private func letGo() {
    guard scoring != nil else { return }
    scoring = nil
    around.team?.returnMemory()
    // Much of a model lies in blocks that the C library would keep.
    CurrentProcess.returnFreedMemory()
  }

  private func process(_ jobs: [LaneJob]) {
    guard let scoring else { return }
    let sign = SignOfLife { [heartbeat] in heartbeat.beat() }
    let batch = LaneBatch(around, scoring.judge, around.settings.value, sign: sign)
    let opened = open(jobs, batch)
    let found = lookUp(opened.map(\.step.arrival))
    var held: [Held] = []
    for (index, file) in opened.enumerated() {
      // What is not read yet only waits, and goes on waiting where it lies.
      if around.isStopping.value { break }
      heartbeat.beat()
      outbox.emptyWhereDue()
      guard let found else {
        outbox.post(file.step.job.request.name, .incomplete)
        continue
      }
      switch file.step.examine(file.picture, file.status, found: found[index], since: .now) {
      case .held(let picture):
        held.append(picture)
        if held.count < scoring.judge.maximumHeldCount { continue }
        score(held, batch, scoring.score)
        held = []
        outbox.empty()
      case .ended(let end): note(end, of: file.step.job)
      }
    }
    heartbeat.beat()
    score(held, batch, scoring.score)
    // Nothing that is decided waits for the opening and reading of other files, which may take for ever.
    outbox.empty()
  }

  /// Opens files; what cannot be opened is told of.
  private func open(_ jobs: [LaneJob], _ batch: LaneBatch) -> [OpenJob] {
    var opened: [OpenJob] = []
    for job in jobs {
      // What is not open yet only waits, and goes on waiting where it lies.
      if around.isStopping.value { break }
      heartbeat.beat()
      let step = LaneStep(job, batch, .now)
      switch step.open() {
      case .file(let picture, let status): opened.append(OpenJob(step: step, picture: picture, status: status))
      case .ended(let end): note(end, of: job)
      }
    }
    return opened
  }

  private func note(_ end: LaneStep.End, of job: LaneJob) {
    switch end {
    case .finding(let finding): outbox.post(job.request.name, finding)
    case .result(let result): outbox.hand(on: result)
    }
  }

  /// What the ledger has of arrivals; nil where it cannot be read.
  private func lookUp(_ arrivals: [Arrival]) -> [InspectionRecord?]? {
    switch around.look({ ledger throws(InspectionError) in try ledger.records(of: arrivals) }) {
    case .success(let found): found
    case .failure: nil
    }
  }

  /// Scores what is held, in slices so short that signs of life and the end of the daemon never wait for long. How a
  /// batch is cut changes no score.
  private func score(_ held: [Held], _ batch: LaneBatch, _ score: PictureJudge.Scoring) {
    let (judge, settings) = (batch.judge, batch.settings)
    var rest = held[...]
    var stopTime: ContinuousClock.Instant?
    while !rest.isEmpty {
      guard goesOn(&stopTime) else { return }
      outbox.emptyWhereDue()
      let slice = rest.prefix(slices.count)
      rest = rest.dropFirst(slice.count)
      let started = ContinuousClock.now
      let threshold = judge.identity.threshold
      let scores = score(slice.map(\.picture), explaining: { $0 > threshold }, goesOn: { goesOn(&stopTime) })
      guard scores.count == slice.count else { return }
      let duration = ContinuousClock.now - started
      slices.note(duration, count: slice.count)
      for (picture, score) in zip(slice, scores) {
        heartbeat.beat()
        var picture = picture
        picture.record.inferenceMicroseconds = microseconds(duration / slice.count)
        conclude(picture, score, judge, settings)
      }
    }
  }

  /// Whether scoring goes on. When the daemon stops, what is in hand is finished, unless that takes too long for whoever
  /// stops us: it is inspected at the next start.
  private func goesOn(_ stopTime: inout ContinuousClock.Instant?) -> Bool {
    heartbeat.beat()
    guard around.isStopping.value else { return true }
    let deadline = stopTime ?? .now + around.stopPatience
    stopTime = deadline
    return .now <= deadline
  }

  /// Makes the verdict, unless the file changed while it was looked at.
  private func conclude(
    _ picture: Held, _ scored: PictureLane.Explained, _ judge: PictureJudge, _ settings: Settings
  ) {
    let request = picture.job.request
    let score = scored.score
    do throws(LinuxError) {
      // The name's status is the open file's as well: as long as that is open, no other has its number.
      guard try picture.job.incoming.status(of: request.name) == picture.status else {
        return outbox.post(request.name, .changed)
      }
    } catch {
      return fail(picture, error)
    }
    var record = picture.record
    record.modelDigest = judge.identity.modelDigest
    record.calibration = judge.identity.calibration
    record.threshold = judge.identity.threshold
    if score.isFinite {
      record.score = score
      record.pValue = judge.pValue(score)
      record.verdict = score > judge.identity.threshold ? .anomaly : .normal
      if record.verdict == .anomaly {
        switch isAllowed(record.digest) {
        case .success(true):
          record.verdict = .normal
          (record.reason, record.detail) = (Reason.allowed, Reason.allowedSentence)
        case .success(false): break
        case .failure: return outbox.post(request.name, .incomplete)
        }
      }
    } else {
      if !request.isFinal { return outbox.post(request.name, .incomplete) }
      record.verdict = .error
      record.reason = Reason.notANumber
      record.detail = "the network gave no number; the model may be damaged: see 'ganomaly describe'"
    }
    record.action = Disposition.action(
      for: record.verdict, reason: record.reason, isFinished: request.isFinished, settings: settings)
    let drawer = SideViewDrawer(judge, settings, sign: SignOfLife { [heartbeat] in heartbeat.beat() })
    if record.verdict == .anomaly { record.regions = drawer.regions(of: scored, record) }
    let isViewWanted = settings.sidePictures == .on && record.action == .quarantined
    outbox.hand(
      on: Inspected(
        name: request.name, status: picture.status, incoming: picture.job.incoming, record: record, kind: .fresh,
        file: record.action.takesFileAway ? picture.file : nil,
        view: isViewWanted ? drawer.view(of: picture, scored, record).flatMap(room) : nil))
  }

  /// Room for what shows why a picture is an anomaly; nil where there is none in time, which holds up nothing.
  private func room(for bytes: [UInt8]) -> SideView? {
    if let view = around.room.view(bytes, waitingAtMost: .zero) { return view }
    // What has the room must get on its way: it may be in hand, or wait for more to come.
    outbox.empty()
    around.results.nudge()
    return around.room.view(bytes, waitingAtMost: .seconds(1))
  }

  /// That it is unchanged cannot be known: an error of the disk, which is tried again, and recorded when it is final.
  private func fail(_ picture: Held, _ error: LinuxError) {
    let request = picture.job.request
    if !request.isFinal { return outbox.post(request.name, .incomplete) }
    var record = picture.record
    record.verdict = .error
    record.reason = Reason.inputOutput
    record.detail = error.description
    record.errorNumber = error.code.rawValue
    record.action = .left
    outbox.hand(
      on: Inspected(
        name: request.name, status: picture.status, incoming: picture.job.incoming, record: record, kind: .fresh,
        file: nil))
  }

  /// Whether a person has released these very bytes.
  private func isAllowed(_ digest: [UInt8]) -> Result<Bool, InspectionError> {
    around.look { ledger throws(InspectionError) in try ledger.isAllowed(digest) }
  }
}

extension Lane.Surroundings {
  /// Looks something up; damage of the ledger is reported to the recorder.
  func look<Value>(_ body: (Ledger) throws(InspectionError) -> Value) -> Result<Value, InspectionError> {
    let ledger = ledger.value
    let found = Result { () throws(InspectionError) in try body(ledger) }
    if case .failure(.ledger(_, let reason, isDamaged: true)) = found {
      damage.change { $0 = LedgerDamage(ledger: ledger, reason: reason) }
      // The recorder may have nothing to do, and repairs it.
      results.nudge()
    }
    return found
  }
}

/// What a verdict means for the file.
enum Disposition {
  /// The action that the settings ask for.
  ///
  /// - Parameters:
  ///   - reason: why the verdict is not simply the score's.
  ///   - isFinished: whether a writer was seen to finish the file.
  static func action(
    for verdict: Verdict, reason: String? = nil, isFinished: Bool, settings: Settings
  ) -> FileAction {
    // A person has just put it there.
    if verdict == .normal && reason == Reason.allowed { return .left }
    return switch verdict {
    case .normal:
      switch settings.onNormal {
      case .leave: .left
      case .move: .passed
      case .delete: .deleted
      }
    case .anomaly: settings.onAnomaly == .quarantine ? .quarantined : .left
    case .unreadable: settings.onUnreadable == .move && isFinished ? .rejected : .left
    case .refused, .error: .left
    }
  }

  /// Whether the settings ask by now that a file stays which was to be taken away.
  static func isStayWanted(insteadOf action: FileAction, settings: Settings) -> Bool {
    switch action {
    case .quarantined, .quarantineFailed: settings.onAnomaly == .leave
    case .passed: settings.onNormal == .leave
    case .rejected: settings.onUnreadable == .leave
    // What is removed is gone for good: only where that is still asked for.
    case .deleted: settings.onNormal != .delete
    case .left: true
    }
  }
}

/// Microseconds of a duration, rounded down.
func microseconds(_ duration: Duration) -> Int64 {
  let (seconds, attoseconds) = duration.components
  return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
}
