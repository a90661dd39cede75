public import Imaging
public import Linux

/// One inspection, as the ledger keeps it.
public struct InspectionRecord: Sendable, Equatable {
  /// How far the work on the file has come.
  public enum State: String, Sendable {
    /// The verdict stands, and the file is still to be moved or removed.
    case intended
    /// Nothing is left to do.
    case done
  }

  /// Row number; rises with time. 0 before it is in the ledger.
  public var number: Int64 = 0
  /// The event's name in ledger, journal, sidecar and file name: a UUID in lower case.
  public var id: String
  /// When it was recorded.
  public var recorded: WallTime
  /// When the file was noticed.
  public var arrived: WallTime
  /// The watched folder's path.
  public var folder: [UInt8]
  /// The number of the folder itself, which tells it from another one at its path; nil where it is not known.
  var folderInode: UInt64?
  /// What makes the arrival.
  public var arrival: Arrival
  /// Last change of the file's name, mode or content as inspected, nanoseconds since 1970.
  public var changed: Int64
  /// Number among arrivals that nothing else tells apart: a file that was moved away and put back.
  public var occurrence = 0
  /// SHA-256 of the bytes; empty where none were read.
  public var digest: [UInt8] = []
  /// Pixels across; nil where it was not decoded.
  public var width: Int?
  /// Pixels down; nil where it was not decoded.
  public var height: Int?
  /// The score; nil where there is none.
  public var score: Float?
  /// The threshold it was compared with.
  public var threshold: Float?
  /// The conformal p-value.
  public var pValue: Double?
  /// Where the picture is above the threshold, in its file's pixels: the most suspicious first, at most
  /// `RegionText.maximumCount`; empty where nothing is.
  public var regions: [PixelBox] = []
  /// What it came to.
  public var verdict: Verdict
  /// A short token; nil where the score says it all.
  public var reason: String?
  /// One sentence for people; nil where there is nothing to say.
  public var detail: String?
  /// The system's number of the error behind it; nil where there was none.
  public var errorNumber: Int32?
  /// What was done with the file, or shall be.
  public var action: FileAction
  /// Its new name in the action's folder; nil where it stays.
  public var destination: FileName?
  /// The number of that folder itself, which tells it from another one at its path; nil where nothing was left in any:
  /// no attempt was begun, or each has failed.
  var targetInode: UInt64?
  /// Whether files are copied to that folder, not renamed; nil where it is not known.
  var isTargetApart: Bool?
  /// SHA-256 of the model file.
  public var modelDigest: String?
  /// Names the calibration.
  public var calibration: String?
  /// From notice to the lane, in microseconds.
  public var waitMicroseconds: Int64 = 0
  /// Reading, hashing and decoding, in microseconds.
  public var decodeMicroseconds: Int64 = 0
  /// The picture's share of its batch's scoring, in microseconds.
  public var inferenceMicroseconds: Int64 = 0
  /// 1 when the first inspection was the one.
  public var attempt = 1
  /// The file's owner.
  public var owner: UInt32 = 0
  /// The file's group.
  public var group: UInt32 = 0
  /// The file's permission bits.
  public var mode: UInt32 = 0
  /// How far the work has come.
  public var state = State.done
  /// Whether its entry is in the journal.
  public var isJournalled = false
  /// Whether the file that lies there is to be looked at again, as if this row were not.
  public var isToBeReinspected = false
  /// Whether it came to its end while its folder was away, so that nobody saw its file go: should the file come back with
  /// the folder, the row is finished again.
  var isAwaited = false

  /// The folder beside `incoming` that the action moves to; nil where it moves nowhere.
  public var destinationFolder: String? {
    switch action {
    case .quarantined, .quarantineFailed: "quarantine"
    case .passed: "passed"
    case .rejected: "rejected"
    case .left, .deleted: nil
    }
  }

  /// Whether the file was away from its name when it was to be moved: should it come back, it is inspected anew.
  var missedItsFile: Bool { state == .done && (reason == Reason.gone || reason == Reason.replaced) }

  /// Whether it says all about its arrival: nothing more is to be done with a file that lies there.
  ///
  /// Not one whose file was away at its move, nor was taken away and is back, nor is to be looked at again.
  var stands: Bool {
    !missedItsFile && !isToBeReinspected && (!action.takesFileAway || state == .intended)
  }

  /// Whether a row that waits for its file waits for this one: the same arrival, in the same folder, with the same bytes.
  func isOf(_ arrived: InspectionRecord) -> Bool {
    guard let folderInode, folderInode == arrived.folderInode, arrived.verdict != .error else { return false }
    return digest == arrived.digest
  }

  /// How the ledger finds its row.
  var row: RowKey { RowKey(number: number, id: id) }

  /// SHA-256 as 64 hexadecimal digits; nil where no bytes were read.
  public var digestText: String? { digest.isEmpty ? nil : hexadecimalText(digest) }
}

/// One row of one ledger: its number alone is another row's once the ledger was begun anew, its id alone is also that of
/// the row that replaced it.
struct RowKey: Sendable, Hashable {
  let number: Int64
  let id: String
}

/// The digits from 0 to f.
private let hexadecimalDigits = Array("0123456789abcdef".utf8)

/// Two lower case digits a byte.
func hexadecimalText(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: bytes.flatMap { [hexadecimalDigits[Int($0 >> 4)], hexadecimalDigits[Int($0 & 15)]] }, as: UTF8.self)
}
