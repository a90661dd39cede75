private import Foundation
internal import GRDB
private import Linux

extension InspectionRecord {
  /// The columns in the order of `arguments`.
  static let columns = [
    "id", "recorded", "arrived", "folder", "name", "device", "inode", "size", "mtime", "ctime", "occurrence", "sha256",
    "width", "height", "score", "threshold", "p_value", "verdict", "reason", "detail", "action", "destination",
    "model_sha256", "calibration_id", "wait_usec", "decode_usec", "inference_usec", "attempt", "owner", "group_owner",
    "mode", "state", "journalled", "reinspect", "error_number", "folder_inode", "awaited",
    "target_inode", "target_apart", "regions",
  ]

  /// The values of the columns.
  var arguments: StatementArguments {
    let values: [(any DatabaseValueConvertible)?] = [
      id, recorded.nanoseconds, arrived.nanoseconds, Data(folder), Data(arrival.name.bytes),
      Int64(bitPattern: arrival.device), Int64(bitPattern: arrival.inode), arrival.size, arrival.modified, changed,
      occurrence, Data(digest), width, height, score.map { Double($0) }, threshold.map { Double($0) }, pValue,
      verdict.rawValue, reason, detail, action.rawValue, destination.map { Data($0.bytes) }, modelDigest, calibration,
      waitMicroseconds, decodeMicroseconds, inferenceMicroseconds, attempt, Int64(owner), Int64(group), Int64(mode),
      state.rawValue, isJournalled, isToBeReinspected, errorNumber,
      folderInode.map { Int64(bitPattern: $0) }, isAwaited, targetInode.map { Int64(bitPattern: $0) },
      isTargetApart, regions.isEmpty ? nil : RegionText.text(of: regions),
    ]
    precondition(values.count == Self.columns.count, "a value for each column")
    return StatementArguments(values)
  }

  /// A record from a row.
  ///
  /// - Throws: `UnreadableRow` when the row holds what no version ever wrote.
  init(_ row: Row) throws {
    let fields = RowFields(row)
    self.init(
      number: try fields.required("number"), id: try fields.identifier("id"),
      recorded: WallTime(nanoseconds: try fields.required("recorded")),
      arrived: WallTime(nanoseconds: try fields.required("arrived")), folder: try fields.bytes("folder"),
      arrival: Arrival(
        name: try fields.name("name"), device: UInt64(bitPattern: try fields.required("device") as Int64),
        inode: UInt64(bitPattern: try fields.required("inode") as Int64), size: try fields.required("size"),
        modified: try fields.required("mtime")),
      changed: try fields.required("ctime"), occurrence: try fields.required("occurrence"),
      digest: try fields.bytes("sha256"), width: try fields.optional("width"), height: try fields.optional("height"),
      score: (try fields.optional("score") as Double?).map { Float($0) },
      threshold: (try fields.optional("threshold") as Double?).map { Float($0) },
      pValue: try fields.optional("p_value"), verdict: try fields.token("verdict"),
      reason: try fields.optional("reason"), detail: try fields.optional("detail"),
      action: try fields.token("action"), destination: try fields.optionalName("destination"),
      modelDigest: try fields.optional("model_sha256"), calibration: try fields.optional("calibration_id"),
      waitMicroseconds: try fields.required("wait_usec"), decodeMicroseconds: try fields.required("decode_usec"),
      inferenceMicroseconds: try fields.required("inference_usec"), attempt: try fields.required("attempt"),
      owner: UInt32(truncatingIfNeeded: try fields.required("owner") as Int64),
      group: UInt32(truncatingIfNeeded: try fields.required("group_owner") as Int64),
      mode: UInt32(truncatingIfNeeded: try fields.required("mode") as Int64), state: try fields.token("state"),
      isJournalled: try fields.required("journalled"),
      // Format 1 had no such column, and the first ledgers of format 2 none of the later ones.
      isToBeReinspected: try fields.optional("reinspect") ?? false)
    errorNumber = (try fields.optional("error_number") as Int64?).map(Int32.init(truncatingIfNeeded:))
    folderInode = (try fields.optional("folder_inode") as Int64?).map(UInt64.init(bitPattern:))
    isAwaited = try fields.optional("awaited") ?? false
    targetInode = (try fields.optional("target_inode") as Int64?).map(UInt64.init(bitPattern:))
    isTargetApart = try fields.optional("target_apart")
    regions = RegionText.boxes(try fields.optional("regions") ?? "")
    // A move that is still to come has a place to go to, and what is left has nothing still to come.
    if state == .intended, action == .left { throw fields.unreadable("action") }
    if state == .intended, destinationFolder != nil, destination == nil { throw fields.unreadable("destination") }
  }
}
