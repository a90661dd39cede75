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
    /// It lies in quarantine, and nobody knows which score it had, or by which model.
    case withoutScore
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
  /// Of inspections that have no score and whose bytes have no name either: nothing else can tell of them.
  private var nameless = Gap()

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
    let isOurs = record.modelDigest.map(models.contains) ?? false
    let score = record.score.flatMap { $0.isFinite ? $0 : nil }
    guard record.verdict == .normal || record.verdict == .anomaly else {
      withoutScoreCount += 1
      return
    }
    // Before anything is left out: an anomaly of which it is not known that another model found it may be one of ours,
    // and what a person released of those are the line's highest normal scores.
    let isHigh = record.verdict == .anomaly || record.reason == Reason.allowed || entry.review?.label == .normal
    let isForeign = !isOurs && record.modelDigest.map(Self.isDigest) == true
    if isHigh, !isForeign, !isOurs || score == nil || Content(record.digest) == nil {
      withoutScoreCount += 1
      return try addBare(entry)
    }
    guard let score, let content = Content(record.digest) else {
      withoutScoreCount += 1
      return
    }
    guard isOurs else {
      otherModelCount += 1
      return
    }
    try makeRoom(for: content)
    if contents[content]?.score != nil { repeatedCount += 1 }
    contents[content, default: State()].add(entry, score: score)
  }

  /// Takes an inspection without a usable score.
  private mutating func addBare(_ entry: LedgerEntry) throws(InspectionError) {
    if let content = Content(entry.record.digest) {
      try makeRoom(for: content)
      contents[content, default: State()].add(entry, score: nil)
      return
    }
    var state = State()
    state.add(entry, score: nil)
    nameless.add(state)
  }

  private func makeRoom(for content: Content) throws(InspectionError) {
    guard contents[content] != nil || contents.count < Self.mostContents else {
      throw .command(
        "cannot take so many inspections: a calibration holds the scores of \(Self.mostContents) pictures; take a later "
          + "--since")
    }
  }

  /// Whether a text can be the name of a model file.
  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
  }

  /// What was found.
  public struct Harvest: Sendable, Equatable {
    /// Normal contents, those that a person released among them.
    public var normal: [Scored] = []
    /// Contents that a person confirmed as anomalies.
    public var anomalous: [Scored] = []
    /// How many of the normal ones a person released.
    public var releasedCount = 0
    /// Whether more than half of the normal ones were released: no line's threshold flags that many of its normal pictures,
    /// so that most of those below it are missing, and the rest would promise nothing.
    public var lacksOrdinaryScores: Bool { releasedCount > normal.count - releasedCount }
  }

  /// Why the scores are no set for a calibration.
  public struct Gap: Error, Sendable, Equatable {
    /// Unreviewed anomalies by what became of them; without any, all are reviewed.
    public var unreviewed: [Unreviewed: Int] = [:]
    /// Pictures that a person released and that have no score.
    public var releasedWithoutScoreCount = 0
    /// When the last of all these was recorded.
    public var last: WallTime?
    /// Contents of which people said both.
    public var contradictoryCount = 0
    /// The name of one of those.
    public var contradictory: FileName?

    /// Whether nothing is missing.
    var isEmpty: Bool { unreviewed.isEmpty && releasedWithoutScoreCount == 0 && contradictoryCount == 0 }

    /// Notes what is missing of a content: nothing where there is a score, or a person called it an anomaly.
    fileprivate mutating func add(_ state: State) {
      switch (state.isNormal, state.isAnomaly) {
      case (true, true):
        contradictoryCount += 1
        contradictory = state.name ?? contradictory
      case (true, false):
        guard state.score == nil else { return }
        releasedWithoutScoreCount += 1
        last = max(last ?? state.recorded, state.recorded)
      case (false, true): return
      case (false, false):
        guard let kind = state.unreviewed else { return }
        unreviewed[kind, default: 0] += 1
        last = max(last ?? state.recorded, state.recorded)
      }
    }
  }

  /// The scores, if people have said of every anomaly what it is.
  ///
  /// - Throws: `Gap`: without the unreviewed ones the highest normal scores would be missing, and no promise would hold.
  public func harvest() throws(Gap) -> Harvest {
    var harvest = Harvest()
    var gap = nameless
    for (content, state) in contents {
      gap.add(state)
      guard let score = state.score, state.unreviewed == nil || state.isNormal || state.isAnomaly else { continue }
      let scored = Scored(score: score, digest: content.digest)
      if state.isAnomaly {
        harvest.anomalous.append(scored)
      } else {
        harvest.normal.append(scored)
        if state.isNormal { harvest.releasedCount += 1 }
      }
    }
    guard gap.isEmpty else { throw gap }
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
  fileprivate struct State {
    /// The score; nil where no inspection gave a usable one.
    var score: Float?
    /// Whether a person called it normal.
    var isNormal = false
    /// Whether a person called it an anomaly.
    var isAnomaly = false
    /// What became of its last verdict of an anomaly of which nobody has said anything.
    var unreviewed: Unreviewed?
    /// When the last that matters here was recorded.
    var recorded = WallTime(nanoseconds: 0)
    /// The name of a file that a person judged.
    var name: FileName?

    mutating func add(_ entry: LedgerEntry, score: Float?) {
      let record = entry.record
      self.score = self.score ?? score
      switch entry.review?.label {
      case .normal: isNormal = true
      case .anomaly: isAnomaly = true
      case nil:
        // Whoever released these bytes, at whatever time, called them normal.
        if record.verdict == .normal, record.reason == Reason.allowed { isNormal = true }
        if record.verdict == .normal, score != nil { return }
        recorded = max(recorded, record.recorded)
        if record.verdict == .anomaly { unreviewed = LedgerScores.unreviewed(entry, hasScore: score != nil) }
        return
      }
      recorded = max(recorded, record.recorded)
      name = record.arrival.name
    }
  }

  /// What became of an anomaly that nobody has reviewed.
  private static func unreviewed(_ entry: LedgerEntry, hasScore: Bool) -> Unreviewed {
    if entry.isInQuarantine { return hasScore ? .inQuarantine : .withoutScore }
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
    var sentences: [String] = []
    let parts = LedgerScores.Unreviewed.allCases.compactMap { kind in
      unreviewed[kind].map { Self.sentence(kind, $0) }
    }
    if !parts.isEmpty {
      let total = unreviewed.values.reduce(0, +)
      sentences.append(
        "\(total) anomalies of that time are unreviewed, and without them the line's highest scores would be missing: "
          + parts.joined(separator: "; "))
    }
    if releasedWithoutScoreCount > 0 {
      sentences.append(
        "\(releasedWithoutScoreCount) released pictures of that time have no score by this model: put them where the daemon "
          + "inspects them again")
    }
    return sentences.joined(separator: ". ")
      + ". Nothing is missing after \(last?.roundedUp.iso ?? ""): --since with that time does as well"
  }

  private static func sentence(_ kind: LedgerScores.Unreviewed, _ count: Int) -> String {
    switch kind {
    case .inQuarantine:
      "\(count) in quarantine: 'ganomaly quarantine list' shows them, 'release' those that are good and 'confirm' the others"
    case .withoutScore:
      "\(count) in quarantine without a score, recorded anew after damage to the ledger: 'confirm' those that are anomalies, "
        + "and 'release' the good ones to the watched folder, where they are inspected again"
    case .purged: "\(count) purged without a review, which nobody can look at any more"
    case .underWay: "\(count) on their way to quarantine"
    case .left:
      "\(count) left where they arrived ('on_anomaly: leave', or gone before the move): 'ganomaly quarantine confirm' takes "
        + "those that are anomalies; good ones cannot be released from where they never were"
    }
  }
}

extension WallTime {
  /// The next full millisecond, which its text says whole: what was recorded until then lies before it.
  public var roundedUp: WallTime { WallTime(nanoseconds: nanoseconds / 1_000_000 * 1_000_000 + 1_000_000) }
}
