private import Imaging
public import Linux

/// One entry for the journal, and the line that stands for it where there is no journal.
public struct RecordEntry: Sendable, Equatable {
  /// What it tells of. Texts of an inspection are made when they are asked for, by the one thread that writes them: most
  /// pictures are asked for one of them only.
  private enum Subject: Sendable, Equatable {
    case daemon(fields: [JournalField], text: String, time: WallTime)
    indirect case inspection(InspectionRecord, spool: [UInt8])
  }

  private let subject: Subject
  /// Whether something went wrong, priority 3 or graver, that is not told of in another way as long as it lasts.
  let isFailure: Bool

  /// The fields, MESSAGE and PRIORITY among them.
  public var fields: [JournalField] {
    switch subject {
    case .daemon(let fields, _, _): fields
    case .inspection(let record, let spool): Self.fields(record, spool)
    }
  }

  /// The sentence alone.
  var text: String {
    switch subject {
    case .daemon(_, let text, _): text
    case .inspection(let record, _): Self.sentence(record)
    }
  }

  /// The line for standard error.
  public var line: String {
    switch subject {
    case .daemon(_, let text, let time): "\(time.iso) \(text)"
    case .inspection(let record, _): "\(record.recorded.iso) \(Self.sentence(record))"
    }
  }

  /// The ledger's row it belongs to; nil for what happens to the daemon itself.
  var row: RowKey? {
    switch subject {
    case .daemon: nil
    case .inspection(let record, _): record.row
    }
  }

  /// An entry about the daemon itself.
  ///
  /// - Parameters:
  ///   - priority: where it differs from the message's own.
  ///   - id: the event's id.
  public init(
    _ message: MessageID, priority: Int? = nil, _ text: String, id: String, fields extra: [JournalField] = [],
    time: WallTime = .now
  ) {
    subject = .daemon(
      fields: Self.head(message, priority ?? message.priority, text, id) + extra, text: text, time: time)
    isFailure = (priority ?? message.priority) <= 3 && !message.tellsOfCondition
  }

  /// The entry of an inspection.
  ///
  /// - Parameter spool: the spool's path, for the destination.
  public init(_ record: InspectionRecord, spool: [UInt8]) {
    subject = .inspection(record, spool: spool)
    isFailure = MessageID(record).priority <= 3
  }

  private static func fields(_ record: InspectionRecord, _ spool: [UInt8]) -> [JournalField] {
    let message = MessageID(record)
    let slash = [UInt8(ascii: "/")]
    var fields = head(message, message.priority, sentence(record), record.id)
    func add(_ name: String, _ value: String?) { if let value { fields.append(JournalField(name, value)) } }
    add("GANOMALY_VERDICT", record.verdict.rawValue)
    add("GANOMALY_ACTION", record.action.rawValue)
    add("GANOMALY_SCORE", record.score.map(nineDigits))
    add("GANOMALY_THRESHOLD", record.threshold.map(nineDigits))
    add("GANOMALY_P_VALUE", record.pValue.map { "\($0)" })
    // One field a region: the journal keeps fields that have one name apart.
    for region in record.regions { add("GANOMALY_REGION", region.text) }
    fields.append(JournalField("GANOMALY_FILE", record.folder + slash + record.arrival.name.bytes))
    if record.action.takesFileAway, let destination = record.destination, let folder = record.destinationFolder {
      fields.append(JournalField("GANOMALY_DESTINATION", spool + slash + folder.utf8 + slash + destination.bytes))
    }
    add("GANOMALY_SHA256", record.digestText)
    // What is no plain file has neither bytes nor a time of their change.
    if record.verdict != .refused { add("GANOMALY_SIZE", "\(record.arrival.size)") }
    add("GANOMALY_WIDTH", record.width.map(String.init))
    add("GANOMALY_HEIGHT", record.height.map(String.init))
    add("GANOMALY_INODE", "\(record.arrival.inode)")
    if record.verdict != .refused { add("GANOMALY_MTIME_USEC", "\(record.arrival.modified / 1000)") }
    add("GANOMALY_MODEL_SHA256", record.modelDigest)
    add("GANOMALY_CALIBRATION_ID", record.calibration)
    add("GANOMALY_WAIT_USEC", "\(record.waitMicroseconds)")
    add("GANOMALY_DECODE_USEC", "\(record.decodeMicroseconds)")
    add("GANOMALY_INFERENCE_USEC", "\(record.inferenceMicroseconds)")
    add("GANOMALY_REASON", record.reason)
    add("GANOMALY_ATTEMPT", "\(record.attempt)")
    add("ERRNO", record.errorNumber.map { "\($0)" })
    return fields
  }

  /// One sentence a record: the verdict first, then the file, the numbers and what was done.
  static func sentence(_ record: InspectionRecord) -> String {
    var parts = ["\(record.verdict.rawValue) '\(record.arrival.name)'"]
    if let score = record.score, let threshold = record.threshold {
      parts.append("score \(score) \(score > threshold ? "above" : "not above") \(threshold)")
    }
    if let pValue = record.pValue { parts.append("p-value \(rounded(pValue))") }
    if let place = RegionText.sentence(of: record.regions) { parts.append(place) }
    if let reason = record.reason { parts.append(record.detail.map { "\(reason): \($0)" } ?? reason) }
    if let destination = record.destination, record.action.takesFileAway {
      parts.append("\(record.action.rawValue) as '\(destination)'")
    } else {
      parts.append(record.action.rawValue)
    }
    return parts.joined(separator: ", ")
  }

  private static func head(_ message: MessageID, _ priority: Int, _ text: String, _ id: String) -> [JournalField] {
    [
      JournalField("MESSAGE", text), JournalField("MESSAGE_ID", message.rawValue),
      JournalField("PRIORITY", "\(priority)"), JournalField("SYSLOG_IDENTIFIER", "ganomalyd"),
      JournalField("GANOMALY_EVENT_ID", id),
    ]
  }

  /// `%.9g`, with a point whatever the locale: a Float reads back exactly.
  static func nineDigits(_ value: Float) -> String { decimalText(Double(value), digits: 9) }

  private static func rounded(_ value: Double) -> String { decimalText(value, digits: 4) }
}
