private import Foundation
internal import GRDB
private import Linux

extension InspectionRecord {
  /// The columns in the order of `arguments`.
  static let columns = [
    "id", "recorded", "arrived", "folder", "name", "device", "inode", "size", "mtime", "ctime", "occurrence", "sha256",
    "width", "height", "score", "threshold", "p_value", "verdict", "reason", "detail", "action", "destination",
    "model_sha256", "calibration_id", "wait_usec", "decode_usec", "inference_usec", "attempt", "owner", "group_owner",
    "mode", "state", "journalled",
  ]

  /// The values of the columns.
  var arguments: StatementArguments {
    let values: [(any DatabaseValueConvertible)?] = [
      id, recorded.nanoseconds, arrived.nanoseconds, Data(folder), Data(arrival.name.bytes),
      Int64(bitPattern: arrival.device), Int64(bitPattern: arrival.inode), arrival.size, arrival.modified, changed,
      occurrence, Data(digest), width, height, score.map { Double($0) }, threshold.map { Double($0) }, pValue,
      verdict.rawValue, reason, detail, action.rawValue, destination.map { Data($0.bytes) }, modelDigest, calibration,
      waitMicroseconds, decodeMicroseconds, inferenceMicroseconds, attempt, Int64(owner), Int64(group), Int64(mode),
      state.rawValue, isJournalled,
    ]
    return StatementArguments(values)
  }

  /// A record from a row; nil for a row that this version does not understand.
  init?(_ row: Row) {
    guard let name = FileName(bytes: [UInt8](row["name"] as Data)),
      let verdict = Verdict(rawValue: row["verdict"]), let action = FileAction(rawValue: row["action"]),
      let state = State(rawValue: row["state"])
    else { return nil }
    self.init(
      number: row["number"], id: row["id"], recorded: WallTime(nanoseconds: row["recorded"]),
      arrived: WallTime(nanoseconds: row["arrived"]), folder: [UInt8](row["folder"] as Data),
      arrival: Arrival(
        name: name, device: UInt64(bitPattern: row["device"]), inode: UInt64(bitPattern: row["inode"]),
        size: row["size"], modified: row["mtime"]),
      changed: row["ctime"], occurrence: row["occurrence"], digest: [UInt8](row["sha256"] as Data),
      width: row["width"], height: row["height"], score: (row["score"] as Double?).map { Float($0) },
      threshold: (row["threshold"] as Double?).map { Float($0) }, pValue: row["p_value"], verdict: verdict,
      reason: row["reason"], detail: row["detail"], action: action,
      destination: (row["destination"] as Data?).flatMap { FileName(bytes: [UInt8]($0)) },
      modelDigest: row["model_sha256"], calibration: row["calibration_id"], waitMicroseconds: row["wait_usec"],
      decodeMicroseconds: row["decode_usec"], inferenceMicroseconds: row["inference_usec"], attempt: row["attempt"],
      owner: UInt32(truncatingIfNeeded: row["owner"] as Int64),
      group: UInt32(truncatingIfNeeded: row["group_owner"] as Int64),
      mode: UInt32(truncatingIfNeeded: row["mode"] as Int64), state: state, isJournalled: row["journalled"])
  }
}
