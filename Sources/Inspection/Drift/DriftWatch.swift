internal import Linux

/// Compares the line's scores with the calibration's, on a thread of its own that nobody waits for.
///
/// It reads what the recorder has written to the ledger: so nothing is tested twice and nothing left out, whatever is
/// interrupted.
final class DriftWatch: Sendable {
  private let wanted = BoundedQueue<Bool>(capacity: 1)
  private let end: ThreadGroup

  /// A watch that begins at once.
  init(_ surroundings: DriftKeeper.Surroundings) {
    let wanted = wanted
    end = ThreadGroup(name: "drift", count: 1) { _ in
      var keeper = DriftKeeper(surroundings)
      keeper.work(at: .now)
      while let marks = wanted.pop(atMost: 1, waitingAtMost: keeper.patience(at: .now)) {
        if marks.isEmpty { keeper.catchUp(at: .now) } else { keeper.work(at: .now) }
      }
      keeper.work(at: .now)
      keeper.save()
    }
  }

  /// Something was recorded, or another model is in use; never waits.
  func look() { _ = wanted.push(true) }

  /// Ends the watch after what is recorded by now; a disk that hangs does not hold up the end.
  func finish() {
    wanted.close()
    end.wait(atMost: .seconds(2))
  }
}

/// The watch's thread: rows of the ledger become tests, an alarm is told, the state is shown and kept.
struct DriftKeeper {
  /// What it works with.
  struct Surroundings: Sendable {
    let ledger: Shared<Ledger>
    let model: Shared<CurrentModel>
    let state: Directory
    let metrics: Metrics
    let sink: RecordSink
    /// Called when something else is to be shown than before: see `DriftDisplay`.
    let publish: @Sendable () -> Void
  }

  /// Rows that are read at once.
  static let pageCount = 1000
  /// For how long tests may be known to nobody but this process: after a crash these rows are tested again.
  static let savePause = Duration.seconds(60)

  private let around: Surroundings
  private var state: DriftState?
  private var loadCount: Int?
  private var hasLooked = false
  private var source: Ledger?
  private var unsavedSince: ContinuousClock.Instant?
  private var hasFailed = false
  private var display = DriftDisplay()

  /// A keeper that has read nothing yet.
  init(_ surroundings: Surroundings) { around = surroundings }

  /// How long may be waited for something to do; nil: for ever.
  func patience(at now: ContinuousClock.Instant) -> Duration? {
    [unsavedSince.map { $0 + Self.savePause }, display.deadline].compactMap(\.self).min().map { max(.zero, $0 - now) }
  }

  /// Tests what was recorded since the last time.
  mutating func work(at now: ContinuousClock.Instant) {
    let model = around.model.value
    guard let judge = model.judge, !judge.calibrationScores.isEmpty else {
      if state != nil { save() }
      (state, loadCount) = (nil, model.loadCount)
      return show(at: now)
    }
    let ledger = around.ledger.value
    do throws(InspectionError) {
      try prepare(judge, model.loadCount, ledger)
      show(at: now)
      try read(ledger, judge, at: now)
    } catch {
      // Whoever records meets the same, tells it and repairs it; the rows are read later.
    }
    catchUp(at: now)
  }

  /// Shows and saves what is due by now, without a look at the ledger.
  mutating func catchUp(at now: ContinuousClock.Instant) {
    show(at: now)
    if let unsavedSince, now - unsavedSince >= Self.savePause { save() }
  }

  /// Finds the state that goes with calibration and ledger, or begins a new one.
  private mutating func prepare(
    _ judge: PictureJudge, _ loadCount: Int, _ ledger: Ledger
  ) throws(InspectionError) {
    let calibration = judge.identity.calibration
    let isReloaded = self.loadCount.map { $0 != loadCount } ?? false
    self.loadCount = loadCount
    if state?.calibration != calibration {
      state = hasLooked ? nil : load(judge)
      hasLooked = true
    } else if isReloaded, state?.test.alarm != nil {
      // Somebody has seen to it, and says so.
      state = nil
    }
    if var found = state {
      // Another ledger since: its numbers are others.
      if source !== ledger, try found.row.map({ row throws(InspectionError) in try !ledger.holds(row) }) ?? false {
        let newest = try ledger.newestRow()
        (found.number, found.id) = (newest?.number ?? 0, newest?.id ?? "")
        state = found
      }
    } else {
      state = DriftState(
        calibration: calibration, after: try ledger.newestRow(), calibrationScores: judge.calibrationScores)
      save()
    }
    source = ledger
  }

  /// The state that an earlier process has left for this calibration; nil where there is none.
  private func load(_ judge: PictureJudge) -> DriftState? {
    do throws(LinuxError) {
      guard case .file(let file) = try PlainFile.open(DriftState.fileName, in: around.state) else { return nil }
      guard let bytes = try file.read(maximumCount: DriftState.maximumBytes) else {
        tellOfDamage("it is larger than \(DriftState.maximumBytes) bytes")
        return nil
      }
      if let name = DriftState.calibration(of: bytes), name != judge.identity.calibration { return nil }
      let state = DriftState(bytes: bytes, calibrationCount: judge.calibrationScores.count)
      if state == nil { tellOfDamage("it is not what a daemon of this version writes") }
      return state
    } catch {
      tellOfDamage("\(error)")
      return nil
    }
  }

  private func tellOfDamage(_ reason: String) {
    around.sink.post(
      .failed, priority: 4,
      "what was known of the line's scores is lost, and they are watched from now on: '\(DriftState.fileName)' in the "
        + "state folder cannot be read: \(reason)")
  }

  private mutating func read(
    _ ledger: Ledger, _ judge: PictureJudge, at now: ContinuousClock.Instant
  ) throws(InspectionError) {
    while var state {
      let rows = try ledger.scores(of: state.calibration, after: state.number, limit: Self.pageCount)
      guard let last = rows.last else { return }
      var alarm: DriftTest.Alarm?
      for row in rows {
        guard let score = row.score else { continue }
        let chance = DriftChance.value(of: row.row.id)
        alarm = state.test.note(score: score, chance: chance, time: row.recorded.nanoseconds) ?? alarm
      }
      (state.number, state.id) = (last.row.number, last.row.id)
      self.state = state
      unsavedSince = unsavedSince ?? now
      if let alarm { around.sink.post(.drifted, "\(DriftText(alarm))", fields: Housekeeping.fields(judge)) }
      show(at: now)
      // Told before it is kept: an interruption between both repeats it, and never swallows it.
      if alarm != nil { save() }
      if rows.count < Self.pageCount { return }
    }
  }

  private mutating func show(at now: ContinuousClock.Instant) {
    let drift = state.map { state in
      MetricsValues.Drift(
        count: state.test.count, evidence: state.test.evidence, calibrationCount: state.test.calibrationCount,
        alarm: state.test.alarm.map {
          MetricsValues.Failure(text: "\(DriftText($0))", time: WallTime(nanoseconds: $0.time))
        })
    }
    around.metrics.setDrift(drift)
    if display.isDue(drift, at: now) { around.publish() }
  }

  /// Writes down how far the tests are; where that fails, it is tried again when there is more to write.
  mutating func save() {
    unsavedSince = nil
    guard let state else { return }
    do throws(LinuxError) {
      try around.state.write(state.encoded, to: DriftState.fileName, mode: 0o640)
      hasFailed = false
    } catch {
      if !hasFailed {
        around.sink.post(
          .failed, priority: 4, "\(error); should the daemon end now, it forgets what it knows of a change of the line")
      }
      hasFailed = true
    }
  }
}
