import GANomalyModel
import Inspection
import Linux

/// Scores for a calibration, from what the daemon has recorded.
struct LedgerCalibration {
  private let service: ServiceOptions
  private let since: String?

  /// Scores from a daemon's ledger.
  ///
  /// - Parameter since: the first moment, as the user gave it.
  init(_ service: ServiceOptions, since: String?) {
    self.service = service
    self.since = since
  }

  /// The scores that a model gave.
  ///
  /// - Throws: where the ledger has none, or some of them are unreviewed.
  func set(for model: Model, named name: String) throws -> CalibrationSet {
    guard let time = try TimeOptions.time(since, "--since") else {
      throw CommandError("--from-ledger needs --since")
    }
    var query = InspectionQuery()
    query.since = time
    let reader = try service.reader()
    let cannot = "cannot calibrate '\(name)' from the ledger since \(time.iso): "
    try refuseWhatIsNotThere(reader, time, cannot)
    var pages = reader.pages(query)
    var scores = LedgerScores(models: model.sameScores)
    while let page = try pages.next() {
      for entry in page { try scores.add(entry) }
    }
    let harvest: LedgerScores.Harvest
    do {
      harvest = try scores.harvest()
    } catch {
      throw CommandError(cannot + "\(error)")
    }
    // After reading: the daemon may have removed or set aside rows meanwhile.
    try refuseWhatIsNotThere(reader, time, cannot)
    guard pages.unreadableCount == 0 else {
      throw CommandError(
        cannot
          + "\(pages.unreadableCount) rows of that time cannot be read, and they may be unreviewed anomalies; take a "
          + "later --since")
    }
    guard !harvest.normal.isEmpty else {
      throw CommandError(
        cannot
          + "it has no normal picture with a score by this model (\(scores.otherModelCount) inspections by others); take "
          + "an earlier --since, or the model file that the daemon has in use")
    }
    guard !harvest.lacksOrdinaryScores else {
      throw CommandError(
        cannot
          + "\(harvest.releasedCount) of \(harvest.normal.count) normal pictures were flagged and released, and those "
          + "below the threshold are missing: the scores are not those of the line's normal pictures; take an earlier "
          + "--since, or calibrate with folders")
    }
    tell(scores, harvest)
    var set = CalibrationSet(normal: harvest.normal.map(\.score), anomalous: harvest.anomalous.map(\.score))
    set.digest = Self.digest(harvest.normal)
    set.anomalousDigest = harvest.anomalous.isEmpty ? nil : Self.digest(harvest.anomalous)
    (set.date, set.ledgerSince) = (WallTime.now.iso, time.iso)
    return set
  }

  /// Refuses a time of which the ledger has not all: what stays longest is what scored highest.
  private func refuseWhatIsNotThere(_ reader: LedgerReader, _ time: WallTime, _ cannot: String) throws {
    if let beginning = try reader.beginning(), time < beginning.since {
      throw CommandError(
        cannot
          + "it has all inspections only since \(beginning.since.roundedUp.iso): \(beginning.reason); take a later "
          + "--since")
    }
    let count = try reader.setAsideCount(since: time)
    guard count == 0 else {
      throw CommandError(
        cannot
          + "\(count) rows of that time could not be read and were set aside, and they may be unreviewed anomalies; "
          + "take a later --since")
    }
  }

  /// The set's name: of the files' bytes, as the prepared pictures are not in the ledger.
  private static func digest(_ scored: [LedgerScores.Scored]) -> String {
    PictureSetDigest.text(of: scored.map { PictureDigest(bytes: $0.digest.prefix(PictureDigest.byteCount)) })
  }

  /// Says what was taken, what was left out, and what cannot be known.
  private func tell(_ scores: LedgerScores, _ harvest: LedgerScores.Harvest) {
    Message.write(
      "note: \(harvest.normal.count) normal pictures, \(harvest.releasedCount) of them released by a person, and "
        + "\(harvest.anomalous.count) confirmed anomalies")
    let left = [
      (scores.repeatedCount, "more of the same bytes"), (scores.otherModelCount, "by other models"),
      (scores.withoutScoreCount, "without a score"),
    ].filter { $0.0 > 0 }
    if !left.isEmpty {
      Message.write("note: left out: " + left.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    }
    Message.write(
      "note: they count as scores of arithmetic version \(Scorer.arithmeticVersion): the ledger does not say which version of "
        + "ganomalyd gave them")
    Message.write(
      "note: whether training saw any of them is not checked: the ledger knows files by their bytes, the model by what the "
        + "network saw")
  }
}
