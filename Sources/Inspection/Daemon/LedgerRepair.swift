internal import Linux
private import SystemPackage

/// A ledger that can no longer be read is set aside, and a new one begun with what the sidecars know.
enum LedgerRepair {
  /// Begins anew.
  ///
  /// - Returns: the new ledger, and a sentence for the record.
  static func beginAnew(
    _ state: Directory, _ folders: SpoolFolders, reason: String, readerCount: Int
  ) throws(InspectionError) -> (Ledger, String) {
    let aside = try Ledger.setAside(in: state, now: .now)
    let ledger = try Ledger(in: state, readerCount: readerCount)
    let records = try quarantined(folders)
    _ = try ledger.begin(records)
    return (
      ledger,
      "the ledger was damaged (\(reason)); it is kept as '\(aside)', a new one is begun with \(records.count) pictures "
        + "from quarantine; files that still lie in the watched folder are inspected again"
    )
  }

  /// The records that the sidecars in quarantine stand for.
  private static func quarantined(_ folders: SpoolFolders) throws(InspectionError) -> [InspectionRecord] {
    let quarantine = QuarantineFolder(directory: folders.quarantine)
    var records: [InspectionRecord] = []
    for entry in try quarantine.entries().reversed() {
      guard let status = try onSystem({ () throws(LinuxError) in try folders.quarantine.status(of: entry.name) }) else {
        continue
      }
      records.append(
        InspectionRecord(
          id: entry.id, recorded: entry.recorded, arrived: entry.recorded, folder: entry.originalFolder,
          arrival: Arrival(
            name: entry.originalName, device: status.device, inode: status.inode, size: entry.size,
            modified: entry.modified),
          changed: status.changed, digest: entry.digestBytes, score: entry.score, threshold: entry.threshold,
          pValue: entry.pValue, verdict: .anomaly, action: .quarantined, destination: entry.name,
          modelDigest: entry.modelDigest, calibration: entry.calibration, owner: entry.owner ?? 65_534,
          group: entry.group ?? 65_534, mode: entry.mode, state: .done, isJournalled: true))
    }
    return records
  }
}

extension Sidecar {
  /// The digest's bytes; empty where there is none.
  var digestBytes: [UInt8] {
    guard let digest else { return [] }
    let digits = Array(digest.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
    }
  }
}
