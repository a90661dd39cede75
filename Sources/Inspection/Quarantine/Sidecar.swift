private import Foundation
public import Imaging
public import Linux

/// What lies beside a quarantined picture as `<picture>.json`: enough to judge it and to put it back.
public struct Sidecar: Sendable, Equatable {
  /// The event's id, as in ledger and journal.
  public let id: String
  /// The picture's name in quarantine.
  public let name: FileName
  /// Folder it came from.
  public let originalFolder: [UInt8]
  /// Its name there.
  public let originalName: FileName
  /// When it was recorded.
  public let recorded: WallTime
  /// The score.
  public let score: Float?
  /// The threshold it was compared with.
  public let threshold: Float?
  /// The conformal p-value.
  public let pValue: Double?
  /// Where the picture is above the threshold, in its pixels: the most suspicious first; empty where nothing is known.
  public let regions: [PixelBox]
  /// SHA-256 of the model file.
  public let modelDigest: String?
  /// Names the calibration.
  public let calibration: String?
  /// SHA-256 of the picture's file, 64 hexadecimal digits.
  public let digest: String?
  /// Bytes.
  public let size: Int64
  /// Last change of the content, nanoseconds since 1970.
  public let modified: Int64
  /// The file's owner; nil where it cannot be known.
  public let owner: UInt32?
  /// The file's group; nil where it cannot be known.
  public let group: UInt32?
  /// Permission bits.
  public let mode: UInt32
  /// What a person said of it; nil where nobody has.
  public let review: Review?

  /// The picture's score over the threshold; nil where one is missing or the threshold is not above zero.
  public var ratio: Float? {
    guard let score, let threshold, threshold > 0 else { return nil }
    return score / threshold
  }

  /// The sidecar's name.
  static func name(for picture: FileName) -> FileName? { FileName(bytes: picture.bytes + Array(".json".utf8)) }

  /// What a record says about the file that was moved to its destination.
  init?(_ record: InspectionRecord, review: Review? = nil) {
    guard let destination = record.destination else { return nil }
    id = record.id
    name = destination
    originalFolder = record.folder
    originalName = record.arrival.name
    recorded = record.recorded
    score = record.score
    threshold = record.threshold
    pValue = record.pValue
    regions = record.regions
    modelDigest = record.modelDigest
    calibration = record.calibration
    digest = record.digestText
    size = record.arrival.size
    modified = record.arrival.modified
    // In a user namespace every foreign owner reads as 65534: that is no owner to put back.
    owner = record.owner == 65_534 ? nil : record.owner
    group = record.group == 65_534 ? nil : record.group
    mode = record.mode
    self.review = review
  }

  /// The file's bytes: one JSON object.
  var encoded: [UInt8] {
    let original = originalFolder + [UInt8(ascii: "/")] + originalName.bytes
    let members: [(String, JSONText)] = [
      ("id", .text(id)),
      ("file", .text(String(decoding: original, as: UTF8.self))),
      ("file_base64", .text(Data(original).base64EncodedString())),
      ("recorded", .text(recorded.iso)),
      ("recorded_nsec", .integer(recorded.nanoseconds)),
      ("score", score.map(JSONText.float) ?? .null),
      ("p_value", pValue.map(JSONText.double) ?? .null),
      ("threshold", threshold.map(JSONText.float) ?? .null),
      ("verdict", .text(Verdict.anomaly.rawValue)),
      ("reason", .null),
      ("regions", .list(regions.map(Self.json))),
      ("sha256", .optional(digest)),
      ("size", .integer(size)),
      ("mtime_nsec", .integer(modified)),
      ("owner", owner.map { .integer(Int64($0)) } ?? .null),
      ("group", group.map { .integer(Int64($0)) } ?? .null),
      ("mode", .text("0" + String(mode, radix: 8))),
      ("model_sha256", .optional(modelDigest)),
      ("calibration_id", .optional(calibration)),
      ("label", .optional(review?.label.rawValue)),
      ("reviewed_nsec", review.map { .integer($0.time.nanoseconds) } ?? .null),
      ("reviewer", review?.user.map { .integer(Int64($0.number)) } ?? .null),
      ("reviewer_name", .optional(review?.user?.name)),
    ]
    return Array((JSONText.object(members).line + "\n").utf8)
  }

  /// A sidecar from a file's bytes; nil when they are not one.
  init?(name: FileName, bytes: [UInt8]) {
    guard let object = try? JSONDecoder().decode(Fields.self, from: Data(bytes)),
      let original = Data(base64Encoded: object.file_base64).map({ [UInt8]($0) }),
      let slash = original.lastIndex(of: UInt8(ascii: "/")),
      let originalName = FileName(bytes: Array(original[(slash + 1)...]))
    else { return nil }
    id = object.id
    self.name = name
    originalFolder = Array(original[..<slash])
    self.originalName = originalName
    recorded = WallTime(nanoseconds: object.recorded_nsec)
    score = object.score
    threshold = object.threshold
    pValue = object.p_value
    // Sidecars of earlier versions have none; a box that cannot be one hides nothing else.
    regions = Array((object.regions?.boxes ?? []).prefix(RegionText.maximumCount))
    modelDigest = object.model_sha256
    calibration = object.calibration_id
    digest = object.sha256
    size = object.size
    modified = object.mtime_nsec
    owner = object.owner
    group = object.group
    mode = UInt32(object.mode, radix: 8) ?? 0
    let user = object.reviewer.map { User(number: $0, name: object.reviewer_name) }
    review = object.label.flatMap(Review.Label.init).map {
      Review(label: $0, time: WallTime(nanoseconds: object.reviewed_nsec ?? object.recorded_nsec), user: user)
    }
  }

  // The names are the file's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Fields: Decodable {
    let id, file_base64, mode: String
    let recorded_nsec, size, mtime_nsec: Int64
    let score, threshold: Float?
    let p_value: Double?
    let owner, group: UInt32?
    let model_sha256, calibration_id, sha256: String?
    let label, reviewer_name: String?
    let reviewed_nsec: Int64?
    let reviewer: UInt32?
    let regions: Regions?
  }

  /// The boxes of a list that are some; none where it is no list.
  private struct Regions: Decodable {
    let boxes: [PixelBox]

    init(from decoder: any Decoder) throws {
      guard let entries = try? [Region](from: decoder) else {
        boxes = []
        return
      }
      boxes = entries.compactMap(\.box)
    }
  }

  /// An entry of such a list: a box, or nil for whatever else stands there.
  private struct Region: Decodable {
    private enum Key: String, CodingKey {
      case x, y, width, height
    }

    let box: PixelBox?

    init(from decoder: any Decoder) throws {
      let container = try? decoder.container(keyedBy: Key.self)
      let numbers = [Key.x, .y, .width, .height].compactMap { try? container?.decode(Int.self, forKey: $0) }
      box = RegionText.box(numbers)
    }
  }

  private static func json(_ box: PixelBox) -> JSONText {
    .object([
      ("x", .integer(Int64(box.x))), ("y", .integer(Int64(box.y))), ("width", .integer(Int64(box.width))),
      ("height", .integer(Int64(box.height))),
    ])
  }
}
