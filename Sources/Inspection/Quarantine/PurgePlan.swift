internal import Linux

/// Finds the pictures that a rule takes out of quarantine, some at a time: memory stays the same however many there are.
struct PurgePlan {
  /// Most pictures that are handed on together: one commit's.
  static let batchSize = 100

  let rule: Retention
  let ledger: Ledger
  /// The folder of a record's picture; nil where that is left out.
  let quarantine: (InspectionRecord) throws(InspectionError) -> Directory?

  /// What a plan came to.
  struct Outcome: Equatable {
    /// Pictures that were handed on.
    var count = 0
    /// Their bytes, with those of what lies beside them.
    var bytes: Int64 = 0
    /// Pictures that stay because their age is not known.
    var undatedCount = 0
  }

  /// Hands on what goes, oldest first, in batches of one folder.
  ///
  /// - Parameter body: takes a batch, its folder, and the bytes of each record's files by its id; false ends it.
  func run(
    now: WallTime, _ body: ([InspectionRecord], Directory, _ bytes: [String: Int64]) throws -> Bool
  ) throws -> Outcome {
    var total: Int64 = 0
    if rule.maximumBytes != nil {
      try forEachPage { page in
        for victim in page { total += victim.item.bytes }
        return true
      }
    }
    var outcome = Outcome()
    try forEachPage { page in
      var batch: [Picture] = []
      func handOn() throws -> Bool {
        defer { batch = [] }
        guard let folder = batch.first?.folder else { return true }
        let bytes = Dictionary(batch.map { ($0.record.id, $0.item.bytes) }, uniquingKeysWith: max)
        return try body(batch.map(\.record), folder, bytes)
      }
      for picture in page {
        switch rule.decision(picture.item, total: total, now: now) {
        case .takes: break
        case .undated:
          outcome.undatedCount += 1
          continue
        case .keeps:
          _ = try handOn()
          return false
        }
        if batch.count == Self.batchSize || batch.first.map({ $0.folder !== picture.folder }) == true {
          guard try handOn() else { return false }
        }
        batch.append(picture)
        total -= picture.item.bytes
        outcome.count += 1
        outcome.bytes += picture.item.bytes
      }
      return try handOn()
    }
    return outcome
  }

  /// A picture that lies there.
  private struct Picture {
    let record: InspectionRecord
    let item: Retention.Item
    let folder: Directory
  }

  /// Goes through the pictures that lie there, oldest first.
  private func forEachPage(_ body: ([Picture]) throws -> Bool) throws {
    var last: (recorded: WallTime, number: Int64)?
    while true {
      let records = try ledger.quarantined(after: last, limit: 500)
      guard let end = records.last else { return }
      last = (end.recorded, end.number)
      let page = try records.compactMap { record -> Picture? in
        guard let name = record.destination, let folder = try quarantine(record),
          let bytes = try DestinationName.bytes(of: name, in: folder)
        else { return nil }
        return Picture(record: record, item: Retention.Item(recorded: record.recorded, bytes: bytes), folder: folder)
      }
      guard try body(page) else { return }
    }
  }
}
