public import Linux

/// The scores that a ledger has for a calibration: what was inspected by one model, and what people said of it.
///
/// Each content counts once, whatever number of its copies was inspected: a picture that was released and lies in the
/// watched folder again is still one picture. What people said of it counts for all its copies.
public struct LedgerScores: Sendable {
  /// A content with its score.
  public struct Scored: Sendable, Equatable {
    /// The score.
    public let score: Float
    /// SHA-256 of the file's bytes.
    public let digest: [UInt8]
  }

  /// Why nobody has said of an anomaly whether it is one, or can.
  public enum Unreviewed: Int, Sendable, CaseIterable {
    /// It lies in quarantine.
    case inQuarantine
    /// It was removed from quarantine for good.
    case purged
    /// It is on its way to quarantine, or could not be moved yet.
    case underWay
    /// It was left where it arrived, as the settings had it, or was gone before it could be moved.
    case left
  }

  /// Different contents that a calibration can hold; a later time gives fewer.
  public static let mostContents = 2_000_000

  /// Inspections by other models, which are left out.
  public private(set) var otherModelCount = 0
  /// Inspections without a score: files that were no pictures, or could not be read.
  public private(set) var withoutScoreCount = 0
  /// Inspections of a content that was inspected before.
  public private(set) var repeatedCount = 0
  private let models: Set<String>
  private var contents: [Content: State] = [:]

  /// An empty collection.
  ///
  /// - Parameter models: SHA-256s of the model files that give the same scores, in hexadecimal.
  public init(models: [String]) {
    self.models = Set(models)
  }

  /// Takes an inspection, in the order of the ledger.
  ///
  /// - Throws: `InspectionError.command` where there are too many.
  public mutating func add(_ entry: LedgerEntry) throws(InspectionError) {
    let record = entry.record
    guard let score = record.score, score.isFinite, let content = Content(record.digest),
      record.verdict == .normal || record.verdict == .anomaly
    else {
      withoutScoreCount += 1
      return
    }
    guard let model = record.modelDigest, models.contains(model) else {
      otherModelCount += 1
      return
    }
    if contents[content] != nil { repeatedCount += 1 }
    guard contents[content] != nil || contents.count < Self.mostContents else {
      throw .command(
        "cannot take so many inspections: a calibration holds the scores of \(Self.mostContents) pictures; take a later "
          + "--since")
    }
    contents[content, default: State(score: score)].add(entry)
  }

  /// What was found.
  public struct Harvest: Sendable, Equatable {
    /// Normal contents, those that a person released among them.
    public var normal: [Scored] = []
    /// Contents that a person confirmed as anomalies.
    public var anomalous: [Scored] = []
    /// How many of the normal ones a person released.
    public var releasedCount = 0
  }

  /// Why the scores are no set for a calibration.
  public struct Gap: Error, Sendable, Equatable {
    /// Unreviewed anomalies by what became of them; without any, all are reviewed.
    public var unreviewed: [Unreviewed: Int] = [:]
    /// When the last of the unreviewed ones was recorded.
    public var last: WallTime?
    /// Contents of which people said both.
    public var contradictoryCount = 0
    /// The name of one of those.
    public var contradictory: FileName?
  }

  /// The scores, if people have said of every anomaly what it is.
  ///
  /// - Throws: `Gap`: without the unreviewed ones the highest normal scores would be missing, and no promise would hold.
  public func harvest() throws(Gap) -> Harvest {
    var harvest = Harvest()
    var gap = Gap()
    for (content, state) in contents {
      let scored = Scored(score: state.score, digest: content.digest)
      switch (state.isNormal, state.isAnomaly) {
      case (true, true):
        gap.contradictoryCount += 1
        gap.contradictory = state.name ?? gap.contradictory
      case (true, false):
        harvest.normal.append(scored)
        harvest.releasedCount += 1
      case (false, true): harvest.anomalous.append(scored)
      case (false, false):
        guard let unreviewed = state.unreviewed else {
          harvest.normal.append(scored)
          continue
        }
        gap.unreviewed[unreviewed.kind, default: 0] += 1
        gap.last = max(gap.last ?? unreviewed.recorded, unreviewed.recorded)
      }
    }
    guard gap.unreviewed.isEmpty, gap.contradictoryCount == 0 else { throw gap }
    return harvest
  }

  /// A SHA-256 without a list's storage.
  private struct Content: Hashable {
    private let words: SIMD4<UInt64>

    init?(_ digest: [UInt8]) {
      guard digest.count == 32 else { return nil }
      var words = SIMD4<UInt64>()
      for (place, byte) in digest.enumerated() { words[place / 8] = words[place / 8] << 8 | UInt64(byte) }
      self.words = words
    }

    var digest: [UInt8] { (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> (56 - 8 * UInt64($0 % 8))) } }
  }

  /// What is known of a content.
  private struct State {
    let score: Float
    /// Whether a person called it normal.
    var isNormal = false
    /// Whether a person called it an anomaly.
    var isAnomaly = false
    /// Its last verdict of an anomaly of which nobody has said anything.
    var unreviewed: (kind: Unreviewed, recorded: WallTime)?
    /// The name of a file that a person judged.
    var name: FileName?

    init(score: Float) {
      self.score = score
    }

    mutating func add(_ entry: LedgerEntry) {
      let record = entry.record
      switch entry.review?.label {
      case .normal: isNormal = true
      case .anomaly: isAnomaly = true
      case nil:
        if record.verdict == .normal {
          // Whoever released these bytes, at whatever time, called them normal.
          if record.reason == Reason.allowed { isNormal = true }
          return
        }
        unreviewed = (LedgerScores.unreviewed(entry), record.recorded)
        return
      }
      name = record.arrival.name
    }
  }

  /// What became of an anomaly that nobody has reviewed.
  private static func unreviewed(_ entry: LedgerEntry) -> Unreviewed {
    if entry.isInQuarantine { return .inQuarantine }
    if entry.departure?.state == .done { return .purged }
    if entry.record.state == .intended { return .underWay }
    return entry.record.action == .quarantined ? .purged : .left
  }
}

extension LedgerScores.Gap: CustomStringConvertible {
  /// What is missing and what to do, as it reads behind a reason.
  public var description: String {
    guard contradictoryCount == 0 else {
      let name = contradictory.map { ", '\($0)' for one" } ?? ""
      return
        "\(contradictoryCount) pictures were released and confirmed\(name): a picture is one or the other; 'ganomaly "
        + "history' shows them. Take a later --since, or calibrate with folders"
    }
    let parts = LedgerScores.Unreviewed.allCases.compactMap { kind in
      unreviewed[kind].map { Self.sentence(kind, $0) }
    }
    let total = unreviewed.values.reduce(0, +)
    return
      "\(total) anomalies of that time are unreviewed, and without them the line's highest scores would be missing: "
      + parts.joined(separator: "; ") + ". All after \(last?.iso ?? "") are reviewed: a later --since does as well"
  }

  private static func sentence(_ kind: LedgerScores.Unreviewed, _ count: Int) -> String {
    switch kind {
    case .inQuarantine:
      "\(count) in quarantine: 'ganomaly quarantine list' shows them, 'release' those that are good and 'confirm' the others"
    case .purged: "\(count) purged without a review, which nobody can look at any more"
    case .underWay: "\(count) on their way to quarantine"
    case .left:
      "\(count) left where they arrived ('on_anomaly: leave', or gone before the move): 'ganomaly quarantine confirm' takes "
        + "those that are anomalies; good ones cannot be released from where they never were"
    }
  }
}
