private import Foundation
internal import Linux

/// What was counted since the start; a value, so that a report of it is a pure function.
struct MetricsValues: Sendable, Equatable {
  /// What an inspection came to.
  struct Outcome: Hashable, Sendable {
    let verdict: Verdict
    let action: FileAction
  }

  /// Something that went wrong and has an entry of priority 3 or graver.
  struct Failure: Sendable, Equatable {
    let text: String
    let time: WallTime
  }

  /// Files and their bytes.
  struct Content: Sendable, Equatable {
    var fileCount = 0
    var byteCount: Int64 = 0
  }

  /// What the comparison of the line's scores with the calibration's has come to.
  struct Drift: Sendable, Equatable {
    /// Pictures that were compared.
    var count: Int
    /// `DriftTest.alarmLevel` and more is an alarm.
    var evidence: Double
    /// The calibration's scores.
    var calibrationCount: Int
    /// The alarm, once there is one.
    var alarm: Failure?

    /// The evidence on a scale on which an alarm is at `alarmScale`, and nothing seen at 0.
    var logarithm: Double { log10(max(1, evidence)) }
    /// What to know of a calibration that little can be told by; nil where that is not so, and after an alarm.
    var note: String? { alarm == nil ? DriftText.note(calibrationCount: calibrationCount) : nil }
    /// Where on that scale an alarm is.
    static let alarmScale = log10(DriftTest.alarmLevel)
  }

  /// When the daemon started.
  let started: WallTime
  /// Inspections by what they came to when they were recorded.
  var inspections: [Outcome: Int] = [:]
  /// From the arrival of a file until a lane took it, in seconds.
  var wait = Histogram(bounds: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600])
  /// Reading, hashing, decoding and preparing, in seconds.
  var decode = Histogram(bounds: seconds)
  /// A picture's share of its batch's scoring, in seconds.
  var inference = Histogram(bounds: seconds)
  /// Scores over their thresholds: models differ in scale, not in what 1 means, so that what lies at or below 1 is normal
  /// and a drift shows as a shift between the ranges below.
  var scoreRatio = Histogram(bounds: [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 5, 10])
  /// How the line's scores compare with the calibration's; nil where there is nothing to compare.
  var drift: Drift?
  /// When the last inspection was recorded.
  var lastImage: WallTime?
  /// The last thing that went wrong.
  var lastFailure: Failure?
  /// Pictures in quarantine; nil until the folder was read.
  var quarantine: Content?
  /// Side pictures that lie beside pictures in quarantine, and such that are missing there.
  var views = SidecarWriter.ViewCounts()
  /// Files whose move has failed and is tried again.
  var waitingMoveCount = 0
  /// Entries that the journal took.
  var journalSentCount = 0
  /// Attempts to send an entry that failed.
  var journalFailureCount = 0
  /// Entries about pictures that were sent late.
  var journalReplayedCount = 0
  /// Entries about the daemon that were given up.
  var journalLostCount = 0
  /// Whether the last attempt to send an entry failed.
  var isJournalFailing = false
  /// When the entry was begun that the journal is being given now; nil where none is.
  var journalSendStart: ContinuousClock.Instant?
  /// Inspections of the last minute.
  var recent = RecentCount()
  /// When the model in use was loaded.
  var modelLoaded: WallTime?
  /// Why the last model file was refused, and when; nil once another was loaded.
  var modelRefusal: Failure?
  /// Models that were loaded, the first included.
  var modelLoadCount = 0
  /// Models that were refused.
  var modelRefusalCount = 0

  /// Inspections by verdict; a verdict that none came to is not in it.
  var verdicts: [Verdict: Int] {
    Dictionary(inspections.map { ($0.key.verdict, $0.value) }, uniquingKeysWith: +)
  }

  /// Inspections that came to a verdict.
  func count(_ verdict: Verdict) -> Int { verdicts[verdict, default: 0] }

  /// How long the journal has not taken the entry that it is being given; nil where it is given none.
  func journalSilence(at now: ContinuousClock.Instant) -> Duration? {
    journalSendStart.map { max(now - $0, .zero) }
  }

  /// For how long an entry may be on its way before the journal counts as hanging.
  static let journalPatience = Duration.seconds(5)

  /// All inspections.
  var total: Int { inspections.values.reduce(0, +) }

  private static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
}
