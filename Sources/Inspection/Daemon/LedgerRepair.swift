private import Foundation
internal import Linux
private import SystemPackage

/// A ledger that can no longer be read is set aside, and a new one begun with what the sidecars know.
enum LedgerRepair {
  /// The new ledger while it is filled.
  private static let building = FileName("ledger.sqlite.building")!
  /// The new ledger, whole, before it has the name.
  private static let rebuilt = FileName("ledger.sqlite.rebuilt")!

  /// Begins anew: the new ledger is filled before the damaged one loses its name.
  ///
  /// - Parameter damaged: the damaged ledger, where it is open; it is closed.
  /// - Returns: the new ledger, and a sentence for the record.
  /// - Throws: `InspectionError`, and `Faults.SimulatedCrash` in tests.
  static func beginAnew(
    _ state: Directory, _ folders: SpoolFolders, damaged: Ledger?, reason: String, readerCount: Int,
    faults: Faults = .none
  ) throws -> (Ledger, String) {
    try damaged?.close()
    let known = try quarantined(folders)
    let salvage = LedgerSalvage(path: state.path.string + "/\(Ledger.fileName)")
    try onSystem { () throws(LinuxError) in
      for name in Ledger.files(building) + [rebuilt] where try state.status(of: name) != nil { try state.remove(name) }
    }
    let new = try Ledger(in: state, building, readerCount: 1)
    _ = try new.begin(known.map(\.record))
    try salvage.store(in: new)
    for (record, review) in known { if let review { try new.review(record.id, review) } }
    // Closing moves everything from the log into the file.
    try new.close()
    try faults.reach(.repairFilled)
    try onSystem { () throws(LinuxError) in
      try state.rename(building, to: state, rebuilt, .refuseExisting)
      try state.synchronize()
    }
    try faults.reach(.repairRenamed)
    let aside = try Ledger.setAside(in: state, now: .now)
    try faults.reach(.repairSetAside)
    let ledger = try Ledger(in: state, readerCount: readerCount)
    return (
      ledger,
      "the ledger was damaged (\(reason)); it is kept as '\(aside)', a new one is begun with \(known.count) pictures "
        + "from quarantine and \(salvage.summary); files that still lie in the watched folder are inspected again"
    )
  }

  /// Gives a new ledger the name, where the damaged one has lost it: here a repair ends, also one that was interrupted.
  static func adoptRebuilt(in state: Directory) throws(InspectionError) {
    try onSystem { () throws(LinuxError) in
      guard try state.status(of: Ledger.fileName) == nil, try state.status(of: rebuilt) != nil else { return }
      // A log without its file belongs to the damaged ledger.
      for name in Ledger.files(Ledger.fileName) where try state.status(of: name) != nil { try state.remove(name) }
      try state.rename(rebuilt, to: state, Ledger.fileName, .refuseExisting)
      try state.synchronize()
    }
  }

  /// The records that the sidecars in quarantine stand for.
  private static func quarantined(
    _ folders: SpoolFolders
  ) throws(InspectionError) -> [(record: InspectionRecord, review: Review?)] {
    let quarantine = QuarantineFolder(directory: folders.quarantine)
    var records: [(record: InspectionRecord, review: Review?)] = []
    var ids: Set<String> = []
    for entry in try quarantine.entries().reversed() {
      // A sidecar is anybody's: one without an id of ours, or copied beside a copy, stands for no inspection.
      guard UUID(uuidString: entry.id) != nil, !ids.contains(entry.id) else { continue }
      guard let status = try onSystem({ () throws(LinuxError) in try folders.quarantine.status(of: entry.name) }) else {
        continue
      }
      ids.insert(entry.id)
      records.append(
        (
          InspectionRecord(
            id: entry.id, recorded: entry.recorded, arrived: entry.recorded, folder: entry.originalFolder,
            arrival: Arrival(
              name: entry.originalName, device: status.device, inode: status.inode, size: entry.size,
              modified: entry.modified),
            changed: status.changed, digest: entry.digestBytes, score: entry.score, threshold: entry.threshold,
            pValue: entry.pValue, verdict: .anomaly, action: .quarantined, destination: entry.name,
            modelDigest: entry.modelDigest, calibration: entry.calibration, owner: entry.owner ?? 65_534,
            group: entry.group ?? 65_534, mode: entry.mode, state: .done, isJournalled: true),
          entry.review
        ))
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
