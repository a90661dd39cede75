internal import Linux

/// The metrics of a moment, and their text: a pure function of what was counted.
struct MetricsReport {
  /// What was counted.
  let values: MetricsValues
  /// What the watch thread knows.
  let snapshot: WatchSnapshot
  /// The model in use.
  let model: PictureJudge.Identity?
  /// Entries on their way to the journal.
  let journalWaitingCount: Int
  /// Whether the journal has not taken the entry that it is being given for too long.
  var isJournalHanging = false
  /// The program's version.
  let version: String
  /// When it is written.
  let time: WallTime

  /// What comes of an inspection by the settings there are: these have a sample from the start, others once they occur.
  private static let usual: [(Verdict, [FileAction])] = [
    (.normal, [.left, .passed, .deleted]), (.anomaly, [.quarantined, .quarantineFailed, .left]),
    (.unreadable, [.rejected, .left]), (.refused, [.left]), (.error, [.left]),
  ]

  /// The file's text.
  var text: String {
    var text = PrometheusText()
    addInspections(to: &text)
    addIntake(to: &text)
    addQuarantine(to: &text)
    addJournal(to: &text)
    addModel(to: &text)
    text.gauge("ganomaly_build_info", "Version of the daemon, as a label.", [([("version", version)], 1)])
    text.gauge("ganomaly_start_time_seconds", "When the daemon started, since 1970.", values.started.seconds)
    text.gauge("ganomaly_metrics_time_seconds", "When this file was written, since 1970.", time.seconds)
    return text.text
  }

  private func addInspections(to text: inout PrometheusText) {
    var counts = values.inspections
    for (verdict, actions) in Self.usual {
      for action in actions { counts[MetricsValues.Outcome(verdict: verdict, action: action), default: 0] += 0 }
    }
    let samples = counts.map { outcome, count in
      (labels: [("verdict", outcome.verdict.rawValue), ("action", outcome.action.rawValue)], value: Double(count))
    }
    text.counter(
      "ganomaly_inspections_total",
      "Inspections since the start, by verdict and by what was done with the file when it was recorded.",
      samples.sorted { ($0.labels[0].1, $0.labels[1].1) < ($1.labels[0].1, $1.labels[1].1) })
    text.histogram(
      "ganomaly_wait_seconds", "From the arrival of a file until its inspection began.", values.wait)
    text.histogram(
      "ganomaly_decode_seconds", "Reading, hashing, decoding and preparing a picture.", values.decode)
    text.histogram("ganomaly_inference_seconds", "A picture's share of the scoring of its batch.", values.inference)
    text.histogram(
      "ganomaly_score_threshold_ratio",
      "Score over threshold, at most 1 is normal; only where the threshold is above 0.", values.scoreRatio)
    text.gauge(
      "ganomaly_last_image_time_seconds", "When the last inspection was recorded, since 1970.",
      values.lastImage?.seconds)
  }

  private func addIntake(to text: inout PrometheusText) {
    text.gauge("ganomaly_queue_files", "Files that wait for their inspection.", Double(snapshot.pendingCount))
    text.gauge(
      "ganomaly_queue_oldest_age_seconds", "How long the oldest of them has waited; 0 where none waits.",
      snapshot.oldestPendingAge.map { $0 / .seconds(1) } ?? 0)
    text.counter(
      "ganomaly_overflows_total", "Overflows of the kernel's event queue; the folder is read in full then.",
      snapshot.overflowCount)
    text.counter("ganomaly_rescans_total", "Readings of the whole watched folder.", snapshot.rescanCount)
    text.counter("ganomaly_ignored_names_total", "Names that were passed over.", snapshot.ignoredCount)
    text.gauge("ganomaly_watch_up", "Whether the watched folder is there: 1 or 0.", snapshot.isWatching ? 1 : 0)
    text.gauge(
      "ganomaly_watch_polling", "Whether it is looked at again and again instead of watched: 1 or 0.",
      snapshot.isPolling ? 1 : 0)
    text.gauge(
      "ganomaly_intake_paused", "Whether nothing is handed out, by reason: 1 or 0.",
      PauseReason.allCases.map { ([("reason", $0.rawValue)], snapshot.pauses.contains($0) ? 1 : 0) })
  }

  private func addQuarantine(to text: inout PrometheusText) {
    text.gauge(
      "ganomaly_quarantine_files", "Pictures in quarantine.", values.quarantine.map { Double($0.fileCount) })
    text.gauge(
      "ganomaly_quarantine_bytes", "Bytes of the pictures in quarantine and of what lies beside them.",
      values.quarantine.map { Double($0.byteCount) })
    text.counter(
      "ganomaly_side_pictures_total", "Side pictures that were written beside pictures in quarantine.",
      values.views.written)
    text.counter(
      "ganomaly_side_pictures_missing_total",
      "Pictures in quarantine whose side picture could not be written, had no room, or was lost at an interruption.",
      values.views.missing)
    text.gauge(
      "ganomaly_moves_waiting", "Files whose move has failed and is tried again.", Double(values.waitingMoveCount))
  }

  private func addJournal(to text: inout PrometheusText) {
    text.gauge(
      "ganomaly_journal_up", "Whether the journal took the last entry: 1 or 0; 1 where it is not used.",
      values.isJournalFailing || isJournalHanging ? 0 : 1)
    text.gauge(
      "ganomaly_journal_waiting_entries", "Entries on their way to the journal; many where it hangs.",
      Double(journalWaitingCount))
    text.counter("ganomaly_journal_entries_total", "Entries that the journal took.", values.journalSentCount)
    text.counter(
      "ganomaly_journal_failures_total", "Attempts to write an entry that failed.", values.journalFailureCount)
    text.counter(
      "ganomaly_journal_replayed_total", "Entries about pictures that were written late.", values.journalReplayedCount)
    text.counter(
      "ganomaly_journal_lost_total", "Entries about the daemon that were given up.", values.journalLostCount)
  }

  private func addModel(to text: inout PrometheusText) {
    text.gauge(
      "ganomaly_model_info", "The model in use, as labels.",
      model.map { [([("sha256", $0.modelDigest), ("calibration", $0.calibration)], 1)] } ?? [])
    text.gauge(
      "ganomaly_model_threshold", "A score above it is an anomaly.", model.map { Double($0.threshold) })
    text.gauge(
      "ganomaly_model_load_time_seconds", "When the model in use was loaded, since 1970.", values.modelLoaded?.seconds)
    text.gauge(
      "ganomaly_drift_alarm", "Whether the line has changed since the calibration: 1 or 0.",
      values.drift.map { $0.alarm == nil ? 0 : 1 })
    text.gauge(
      "ganomaly_drift_evidence_log10",
      "Evidence that the line has changed, as a logarithm: 0 is none, an alarm comes at 7.",
      values.drift.map(\.logarithm))
    text.gauge(
      "ganomaly_drift_pictures", "Pictures whose scores were compared with the calibration's.",
      values.drift.map { Double($0.count) })
    text.counter("ganomaly_model_loads_total", "Models that were loaded, the first included.", values.modelLoadCount)
    text.counter(
      "ganomaly_model_refusals_total", "Model files that were refused; the one in use stayed.",
      values.modelRefusalCount)
  }
}

extension WallTime {
  /// Seconds since 1970, to the microsecond.
  var seconds: Double { Double(nanoseconds / 1000) / 1e6 }
}
