import Linux
import Testing

@testable import Inspection

struct LedgerScoresTests {
  private static let model = String(repeating: "a", count: 64)
  private static let start = WallTime(nanoseconds: 1_000_000_000_000_000_000)

  /// An inspection of content number `content`.
  private func entry(
    _ content: UInt8?, _ score: Float?, _ verdict: Verdict = .normal, reason: String? = nil,
    action: FileAction = .left, state: InspectionRecord.State = .done, model: String? = Self.model,
    review: Review.Label? = nil, departure: Departure.Kind? = nil, at seconds: Int64 = 0
  ) -> LedgerEntry {
    let time = WallTime(nanoseconds: Self.start.nanoseconds + seconds * 1_000_000_000)
    let record = InspectionRecord(
      id: "id-\(content ?? 0)-\(seconds)", recorded: time, arrived: time, folder: Array("/spool/incoming".utf8),
      arrival: Arrival(name: FileName("\(content ?? 0).png")!, device: 1, inode: 2, size: 3, modified: 4), changed: 5,
      digest: content.map { [UInt8](repeating: $0, count: 32) } ?? [], score: score, threshold: 1, verdict: verdict,
      reason: reason,
      action: action, destination: action == .left ? nil : FileName("d-\(content ?? 0).png")!, modelDigest: model,
      state: state)
    return LedgerEntry(
      record: record, review: review.map { Review(label: $0, time: time, user: nil) },
      departure: departure.map { Departure($0, time: time, user: nil, state: .done) })
  }

  private func scores(_ entries: [LedgerEntry], models: [String] = [Self.model]) throws -> LedgerScores {
    var scores = LedgerScores(models: models)
    for entry in entries { try scores.add(entry) }
    return scores
  }

  @Test func `normal and released pictures are normal, confirmed ones anomalous`() throws {
    let harvest = try scores([
      entry(1, 0.5), entry(2, 0.25), entry(3, 3, .anomaly, action: .quarantined, review: .normal, departure: .released),
      entry(4, 4, .anomaly, action: .quarantined, review: .anomaly),
      entry(5, 5, .anomaly, action: .quarantined, review: .anomaly, departure: .purged),
      entry(6, 6, .anomaly, review: .anomaly),
    ]).harvest()
    #expect(harvest.normal.map(\.score).sorted() == [0.25, 0.5, 3])
    #expect(harvest.anomalous.map(\.score).sorted() == [4, 5, 6])
    #expect(harvest.releasedCount == 1)
    #expect(harvest.normal.contains(.init(score: 0.5, digest: [UInt8](repeating: 1, count: 32))))
  }

  @Test func `unreviewed anomalies are refused by what became of them, with the time after which none is`() throws {
    let gap = try #require(throws: LedgerScores.Gap.self) {
      try scores([
        entry(1, 0.5, at: 1), entry(2, 3, .anomaly, action: .quarantined, at: 2),
        entry(3, 3, .anomaly, action: .quarantined, departure: .purged, at: 3),
        entry(4, 3, .anomaly, action: .quarantineFailed, state: .intended, at: 9),
        entry(5, 3, .anomaly, action: .quarantined, state: .intended, at: 4), entry(6, 3, .anomaly, at: 5),
        entry(7, 3, .anomaly, reason: Reason.gone, at: 6),
      ]).harvest()
    }
    #expect(gap.unreviewed == [.inQuarantine: 1, .purged: 1, .underWay: 2, .left: 2])
    #expect(gap.last == WallTime(nanoseconds: Self.start.nanoseconds + 9_000_000_000))
    let sentence = "\(gap)"
    for words in [
      "6 anomalies of that time are unreviewed", "1 in quarantine: 'ganomaly quarantine list'",
      "1 purged without a review",
      "2 on their way", "2 left where they arrived", "Nothing is missing after \(gap.last!.roundedUp.iso)",
    ] {
      #expect(sentence.contains(words), "\(sentence)")
    }
  }

  @Test func `the same bytes count once, and what a person said of them counts for all copies`() throws {
    let found = try scores([
      entry(1, 0.5), entry(1, 0.5, at: 1), entry(1, 0.5, at: 2),
      entry(2, 3, .anomaly, action: .quarantined, review: .normal, departure: .released, at: 3),
      entry(2, 3, .normal, reason: Reason.allowed, at: 4), entry(2, 3, .anomaly, at: 5),
      entry(3, 4, .anomaly, action: .quarantined, at: 6),
      entry(3, 4, .anomaly, action: .quarantined, review: .anomaly, at: 7),
    ])
    let harvest = try found.harvest()
    #expect(harvest.normal.map(\.score).sorted() == [0.5, 3])
    #expect(harvest.anomalous.map(\.score) == [4])
    #expect(found.repeatedCount == 5)
  }

  @Test(arguments: [nil, Self.model, "", "abc", String(repeating: "A", count: 64)])
  func `anomalies without a usable score, by us or by nobody knows whom, are unreviewed ones`(model: String?) throws {
    for score in [nil, .infinity, .nan, model == Self.model ? nil : 3] as [Float?] {
      for content in [2, nil] as [UInt8?] {
        let gap = try #require(throws: LedgerScores.Gap.self) {
          try scores([
            entry(1, 0.5), entry(content, score, .anomaly, action: .quarantined, model: model, at: 1),
            entry(3, nil, .anomaly, model: model, at: 2),
          ]).harvest()
        }
        #expect(gap.unreviewed == [.withoutScore: 1, .left: 1])
        #expect("\(gap)".contains("1 in quarantine without a score"), "\(gap)")
      }
    }
  }

  @Test func `a released picture without a score is missing until it is inspected again`() throws {
    let released = entry(
      2, nil, .anomaly, action: .quarantined, model: nil, review: .normal, departure: .released, at: 1)
    let gap = try #require(throws: LedgerScores.Gap.self) { try scores([entry(1, 0.5), released]).harvest() }
    #expect(gap.releasedWithoutScoreCount == 1)
    #expect("\(gap)".contains("1 released pictures of that time have no score"), "\(gap)")
    let again = try scores([entry(1, 0.5), released, entry(2, 3, reason: Reason.allowed, at: 2)])
    #expect(try again.harvest().normal.map(\.score).sorted() == [0.5, 3])
    // Of a confirmed one no score is needed: it is no normal picture's.
    let confirmed = entry(2, nil, .anomaly, action: .quarantined, model: nil, review: .anomaly, at: 1)
    let harvest = try scores([entry(1, 0.5), confirmed]).harvest()
    #expect(harvest.normal.map(\.score) == [0.5] && harvest.anomalous.isEmpty)
  }

  @Test func `released pictures with few others are not the line's normal scores`() throws {
    func released(_ content: UInt8) -> LedgerEntry {
      entry(content, 3, .anomaly, action: .quarantined, review: .normal, departure: .released)
    }
    #expect(try scores([released(1)]).harvest().lacksOrdinaryScores)
    #expect(try scores([released(1), released(2), entry(3, 0.5)]).harvest().lacksOrdinaryScores)
    #expect(try !scores([released(1), entry(3, 0.5)]).harvest().lacksOrdinaryScores)
  }

  @Test func `the time that a refusal names does, as people can write it`() throws {
    let last = WallTime(nanoseconds: 1_000_000_000_123_456_789)
    let named = try #require(TimeText.parse(last.roundedUp.iso, now: .now))
    #expect(named == last.roundedUp && named > last)
    #expect(named.nanoseconds - last.nanoseconds <= 1_000_000)
  }

  @Test func `bytes that were released before the span are normal by the word of who released them`() throws {
    let harvest = try scores([entry(2, 3, .normal, reason: Reason.allowed)]).harvest()
    #expect(harvest.normal.map(\.score) == [3])
    #expect(harvest.releasedCount == 1)
  }

  @Test func `a picture that was normal under one threshold and an anomaly under another must be reviewed`() throws {
    #expect(throws: LedgerScores.Gap.self) {
      try scores([entry(1, 3), entry(1, 3, .anomaly, action: .quarantined, at: 1), entry(1, 3, at: 2)]).harvest()
    }
  }

  @Test func `a picture of which people said both is refused with its name`() throws {
    let gap = try #require(throws: LedgerScores.Gap.self) {
      try scores([
        entry(1, 3, .anomaly, action: .quarantined, review: .normal, departure: .released),
        entry(1, 3, .anomaly, action: .quarantined, review: .anomaly, at: 1),
      ]).harvest()
    }
    #expect(gap.contradictoryCount == 1)
    #expect("\(gap)".contains("'1.png' for one"))
  }

  @Test func `inspections by other models and those without a score are left out and counted`() throws {
    let other = String(repeating: "b", count: 64)
    let entries = [
      entry(1, 0.5), entry(2, 9, .anomaly, action: .quarantined, model: other), entry(3, 0.1, model: nil),
      entry(4, nil, .unreadable, action: .rejected, model: nil), entry(5, nil, .error), entry(6, .nan, .error),
    ]
    let found = try scores(entries)
    #expect(try found.harvest().normal.map(\.score) == [0.5])
    #expect(found.otherModelCount == 2)
    #expect(found.withoutScoreCount == 3)
    // A model that was calibrated anew is known by the files that it was before.
    #expect(throws: LedgerScores.Gap.self) { try scores(entries, models: [Self.model, other]).harvest() }
    #expect(try scores([], models: []).harvest() == LedgerScores.Harvest())
  }
}
