internal import Linux

/// The pictures that a rule takes out of quarantine.
struct PurgePlan {
  /// Their records, oldest first.
  let records: [InspectionRecord]
  /// The bytes that they take.
  let bytes: Int64

  /// Looks at all that lies in a quarantine.
  ///
  /// - Throws: `InspectionError` where the ledger or a file cannot be asked.
  init(
    _ rule: Retention, _ ledger: Ledger, _ quarantine: (InspectionRecord) throws(LinuxError) -> Directory, now: WallTime
  ) throws(InspectionError) {
    var present: [InspectionRecord] = []
    var items: [Retention.Item] = []
    for record in try ledger.quarantined() {
      let status = try onSystem { () throws(LinuxError) -> FileStatus? in
        guard let name = record.destination else { return nil }
        return try quarantine(record).status(of: name)
      }
      guard let status, status.kind == .regular else { continue }
      present.append(record)
      items.append(Retention.Item(recorded: record.recorded, bytes: status.size))
    }
    let victims = rule.victims(items, now: now)
    records = victims.map { present[$0] }
    bytes = victims.reduce(0) { $0 + items[$1].bytes }
  }
}
