private import Foundation
internal import Linux
private import SystemPackage

/// A ledger that can no longer be read is set aside, and a new one begun with what the sidecars know.
enum LedgerRepair {
  /// The new ledger while it is filled.
  private static let building = FileName("ledger.sqlite.building")!
  /// The new ledger, whole, before it has the name.
  private static let rebuilt = FileName("ledger.sqlite.rebuilt")!

  /// Opens the ledger of a state folder; begins anew where it is damaged, or has nothing while pictures are in quarantine.
  ///
  /// - Returns: the ledger, and a sentence for the record where it is a new one.
  /// - Throws: `InspectionError`, and `Faults.SimulatedCrash` in tests.
  static func open(
    _ state: Directory, _ folders: SpoolFolders, readerCount: Int, faults: Faults
  ) throws -> (Ledger, String?) {
    var damaged: Ledger?
    let why: String
    var what = "was damaged"
    do throws(InspectionError) {
      try adoptRebuilt(in: state)
      let size = try onSystem { () throws(LinuxError) in try state.status(of: Ledger.fileName)?.size }
      let ledger = try Ledger(in: state, readerCount: readerCount)
      // The recovery relies on reading these.
      _ = try ledger.intended()
      guard try ledger.isEmpty(), try holdsPictures(folders.quarantine) else { return (ledger, nil) }
      damaged = ledger
      what = size == nil ? "was missing" : "was empty"
      why = "there are pictures in quarantine"
    } catch {
      guard case .ledger(_, let reason, isDamaged: true) = error else { throw error }
      why = reason
    }
    let (ledger, note) = try beginAnew(
      state, folders, damaged: damaged, reason: why, what: what, readerCount: readerCount, faults: faults)
    return (ledger, note)
  }

  /// Whether a folder has any picture of which the ledger should know.
  private static func holdsPictures(_ quarantine: Directory) throws(InspectionError) -> Bool {
    let names = Set(try onSystem { () throws(LinuxError) in try quarantine.names() })
    if names.contains(where: { DestinationName.Parts($0, among: names) != nil }) { return true }
    // Also one that somebody gave another name, together with its sidecar.
    return try QuarantineFolder(directory: quarantine).entries().contains { UUID(uuidString: $0.id) != nil }
  }

  /// Begins anew: the new ledger is filled before the damaged one loses its name.
  ///
  /// - Parameter damaged: the damaged ledger, where it is open; it is closed.
  /// - Returns: the new ledger, and a sentence for the record.
  /// - Throws: `InspectionError`, and `Faults.SimulatedCrash` in tests.
  static func beginAnew(
    _ state: Directory, _ folders: SpoolFolders, damaged: Ledger?, reason: String, what: String = "was damaged",
    readerCount: Int,
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
    try new.note(LedgerBeginning(since: .now, cause: .begunAnew))
    // Closing moves everything from the log into the file.
    try new.close()
    try faults.reach(.repairFilled)
    try onSystem { () throws(LinuxError) in
      try state.rename(building, to: state, rebuilt, .refuseExisting)
      try state.synchronize()
    }
    try faults.reach(.repairRenamed)
    let aside = try Ledger.setAside(in: state, now: .now)
    let bareCount = known.count { $0.record.threshold == nil }
    let bare = bareCount == 0 ? "" : " (\(bareCount) of them without a score, as nothing describes them)"
    try faults.reach(.repairSetAside)
    let ledger = try Ledger(in: state, readerCount: readerCount)
    return (
      ledger,
      "the ledger \(what) (\(reason)); the former file is kept as '\(aside)', a new one is begun with \(known.count) pictures "
        + "from quarantine\(bare) and \(salvage.summary); files that still lie in the watched folder are inspected again"
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

  /// The records that the pictures in quarantine stand for: as their sidecars say, or as their names and bytes do.
  private static func quarantined(
    _ folders: SpoolFolders
  ) throws(InspectionError) -> [(record: InspectionRecord, review: Review?)] {
    let quarantine = folders.quarantine
    var records: [(record: InspectionRecord, review: Review?)] = []
    var ids: Set<String> = []
    var described: Set<FileName> = []
    for entry in try QuarantineFolder(directory: quarantine).entries().reversed() {
      // A sidecar is anybody's: one without an id of ours, or copied beside a copy, stands for no inspection.
      guard UUID(uuidString: entry.id) != nil, !ids.contains(entry.id) else { continue }
      guard let status = try onSystem({ () throws(LinuxError) in try quarantine.status(of: entry.name) }) else {
        continue
      }
      ids.insert(entry.id)
      described.insert(entry.name)
      records.append((record(entry, status), entry.review))
    }
    let names = try onSystem { () throws(LinuxError) in try quarantine.names().sorted() }
    let all = Set(names)
    for name in names where !described.contains(name) {
      guard let parts = DestinationName.Parts(name, among: all),
        let record = try onSystem({ () throws(LinuxError) in try record(name, parts, folders) }),
        ids.insert(record.id).inserted
      else { continue }
      records.append((record, nil))
    }
    let inode = try onSystem { () throws(LinuxError) in try quarantine.status().inode }
    for index in records.indices { records[index].record.targetInode = inode }
    return records
  }

  private static func record(_ entry: Sidecar, _ status: FileStatus) -> InspectionRecord {
    InspectionRecord(
      id: entry.id, recorded: entry.recorded, arrived: entry.recorded, folder: entry.originalFolder,
      arrival: Arrival(
        name: entry.originalName, device: status.device, inode: status.inode, size: entry.size,
        modified: entry.modified),
      changed: status.changed, digest: entry.digestBytes, score: entry.score, threshold: entry.threshold,
      pValue: entry.pValue, regions: entry.regions, verdict: .anomaly, action: .quarantined, destination: entry.name,
      modelDigest: entry.modelDigest, calibration: entry.calibration, owner: entry.owner ?? 65_534,
      group: entry.group ?? 65_534, mode: entry.mode, state: .done, isJournalled: true)
  }

  /// The record of a picture that nothing describes but its name; nil where that is no plain file.
  private static func record(
    _ name: FileName, _ parts: DestinationName.Parts, _ folders: SpoolFolders
  ) throws(LinuxError) -> InspectionRecord? {
    guard let status = try folders.quarantine.status(of: name), status.kind == .regular,
      let digest = try FileDigest.of(name, in: folders.quarantine)
    else { return nil }
    // The name has the first twelve digits of the id: with them it is still found.
    let rest = UUID().uuidString.lowercased().filter { $0 != "-" }.dropFirst(12)
    var id = Array(parts.identifier + rest)
    for place in [8, 13, 18, 23] { id.insert("-", at: place) }
    return InspectionRecord(
      id: String(id), recorded: parts.time, arrived: parts.time, folder: folders.incomingPath.bytes,
      arrival: Arrival(
        name: parts.original, device: status.device, inode: status.inode, size: status.size, modified: status.modified),
      changed: status.changed, digest: digest, verdict: .anomaly, action: .quarantined, destination: name,
      owner: status.owner, group: status.group, mode: status.mode, state: .done, isJournalled: true)
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
