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
    var pages = try service.reader().pages(query)
    var scores = LedgerScores(models: model.sameScores)
    while let page = try pages.next() {
      for entry in page { try scores.add(entry) }
    }
    let harvest: LedgerScores.Harvest
    do {
      harvest = try scores.harvest()
    } catch {
      throw CommandError("cannot calibrate '\(name)' from the ledger since \(time.iso): \(error)")
    }
    guard !harvest.normal.isEmpty else {
      throw CommandError(
        "cannot calibrate '\(name)' from the ledger since \(time.iso): it has no normal picture with a score by this model "
          + "(\(scores.otherModelCount) inspections by others); take an earlier --since, or the model file that the daemon "
          + "has in use")
    }
    tell(scores, harvest, unreadableCount: pages.unreadableCount)
    var set = CalibrationSet(normal: harvest.normal.map(\.score), anomalous: harvest.anomalous.map(\.score))
    set.digest = Self.digest(harvest.normal)
    set.anomalousDigest = harvest.anomalous.isEmpty ? nil : Self.digest(harvest.anomalous)
    (set.date, set.ledgerSince) = (WallTime.now.iso, time.iso)
    return set
  }

  /// The set's name: of the files' bytes, as the prepared pictures are not in the ledger.
  private static func digest(_ scored: [LedgerScores.Scored]) -> String {
    PictureSetDigest.text(of: scored.map { PictureDigest(bytes: $0.digest.prefix(PictureDigest.byteCount)) })
  }

  /// Says what was taken, what was left out, and what cannot be known.
  private func tell(_ scores: LedgerScores, _ harvest: LedgerScores.Harvest, unreadableCount: Int) {
    Message.write(
      "note: \(harvest.normal.count) normal pictures, \(harvest.releasedCount) of them released by a person, and "
        + "\(harvest.anomalous.count) confirmed anomalies")
    let left = [
      (scores.repeatedCount, "more of the same bytes"), (scores.otherModelCount, "by other models"),
      (scores.withoutScoreCount, "without a score"), (unreadableCount, "in rows that cannot be read"),
    ].filter { $0.0 > 0 }
    if !left.isEmpty {
      Message.write("note: left out: " + left.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    }
    Message.write(
      "note: whether training saw any of them is not checked: the ledger knows files by their bytes, the model by what the "
        + "network saw")
  }
}
