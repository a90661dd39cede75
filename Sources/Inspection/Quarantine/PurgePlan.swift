internal import Linux

/// Finds the pictures that a rule takes out of quarantine, some at a time: memory stays the same however many there are.
struct PurgePlan {
  /// Most pictures that are handed on together: one commit's.
  static let batchSize = 100

  let rule: Retention
  let ledger: Ledger
  /// The folder of a record's picture.
  let quarantine: (InspectionRecord) throws(LinuxError) -> Directory

  /// Hands on what goes, oldest first, in batches of one folder.
  ///
  /// - Parameter body: takes a batch; false ends it.
  /// - Returns: how many pictures were handed on, and their bytes.
  func run(now: WallTime, _ body: ([InspectionRecord]) throws -> Bool) throws -> (count: Int, bytes: Int64) {
    var total: Int64 = 0
    if rule.maximumBytes != nil {
      try forEachPage { page in
        for (_, item) in page { total += item.bytes }
        return true
      }
    }
    var (count, bytes) = (0, Int64(0))
    try forEachPage { page in
      var batch: [InspectionRecord] = []
      func handOn() throws -> Bool {
        defer { batch = [] }
        return try batch.isEmpty || body(batch)
      }
      for (record, item) in page {
        guard rule.takes(item, total: total, now: now) else {
          _ = try handOn()
          return false
        }
        if batch.count == Self.batchSize || batch.first.map({ $0.folder != record.folder }) == true {
          guard try handOn() else { return false }
        }
        batch.append(record)
        total -= item.bytes
        count += 1
        bytes += item.bytes
      }
      return try handOn()
    }
    return (count, bytes)
  }

  /// Goes through the pictures that lie there, oldest first.
  private func forEachPage(_ body: ([(InspectionRecord, Retention.Item)]) throws -> Bool) throws {
    var last: (recorded: WallTime, number: Int64)?
    while true {
      let records = try ledger.quarantined(after: last, limit: 500)
      guard let end = records.last else { return }
      last = (end.recorded, end.number)
      let page = try records.compactMap { record -> (InspectionRecord, Retention.Item)? in
        guard let name = record.destination, let status = try quarantine(record).status(of: name),
          status.kind == .regular
        else { return nil }
        return (record, Retention.Item(recorded: record.recorded, bytes: status.size))
      }
      guard try body(page) else { return }
    }
  }
}
