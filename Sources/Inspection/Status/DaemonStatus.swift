private import Foundation
public import Linux

/// What `status.json` in the state folder says: what the daemon was doing when it wrote it.
public struct DaemonStatus: Sendable, Equatable, Codable {
  /// Files that wait.
  public struct Queue: Sendable, Equatable, Codable {
    /// How many.
    public var files: Int
    /// How long the oldest has waited; nil where none waits.
    public var oldestSeconds: Double?
    /// From how many on the backlog counts as high.
    public var highMark: Int
  }

  /// The watched folder.
  public struct Watch: Sendable, Equatable, Codable {
    /// Its path.
    public var folder: String
    /// Whether it is there.
    public var isUp: Bool
    /// Whether it is looked at again and again instead of watched.
    public var isPolling: Bool
    /// Names that were passed over since the start.
    public var ignoredNames: Int
    /// Overflows of the kernel's queue since the start.
    public var overflows: Int
    /// Readings of the whole folder since the start.
    public var rescans: Int
  }

  /// Something that went wrong.
  public struct Failure: Sendable, Equatable, Codable {
    /// When, in ISO 8601.
    public var time: String
    /// What.
    public var text: String
  }

  /// The model in use and what became of the newest file.
  public struct ModelInUse: Sendable, Equatable, Codable {
    /// Where the daemon looks for it.
    public var path: String
    /// SHA-256 of the file in use; nil where there is none.
    public var sha256: String?
    /// Names the calibration.
    public var calibration: String?
    /// A score above it is an anomaly.
    public var threshold: Float?
    /// For people: size, channels, promise.
    public var summary: String?
    /// Since when it is in use, in ISO 8601.
    public var since: String?
    /// Model files that were refused since the start.
    public var refusals: Int
    /// The last refusal, unless another model was loaded after it.
    public var refused: Failure?
  }

  /// Inspections since the start.
  public struct Inspections: Sendable, Equatable, Codable {
    /// All.
    public var total: Int
    /// By verdict.
    public var verdicts: [String: Int]
    /// Of the minute before the file was written.
    public var lastMinute: Int
    /// When the last one was recorded, in ISO 8601.
    public var lastTime: String?
  }

  /// What left the watched folder.
  public struct Moves: Sendable, Equatable, Codable {
    /// Pictures in quarantine; nil until the folder was read.
    public var quarantineFiles: Int?
    /// Their bytes.
    public var quarantineBytes: Int64?
    /// Files whose move has failed and is tried again.
    public var waiting: Int
  }

  /// How the line's scores compare with the calibration's.
  public struct Drift: Sendable, Equatable, Codable {
    /// Pictures that were compared.
    public var pictures: Int
    /// Evidence that the line has changed, as a logarithm to base 10: 0 is none.
    public var evidence: Double
    /// The evidence that an alarm comes with.
    public var alarmAt: Double
    /// The alarm, once there is one.
    public var alarm: Failure?
    /// What to know of a calibration that little can be told by; nil where that is not so, and after an alarm.
    public var note: String?
  }

  /// The journal.
  public struct Journal: Sendable, Equatable, Codable {
    /// Whether records go there.
    public var isUsed: Bool
    /// Whether it refused the last entry.
    public var isFailing: Bool
    /// Entries that wait for the journal.
    public var waiting: Int
    /// How long the journal had not taken the entry that it was being given; nil where it was given none.
    public var sendingSeconds: Double?
    /// Entries about pictures that it got late.
    public var replayed: Int
    /// Entries about the daemon that were given up.
    public var lost: Int
  }

  /// Whether the daemon was running when it wrote this, or had just stopped.
  public var isRunning: Bool
  /// Its process.
  public var process: Int32
  /// Its version.
  public var version: String
  /// When it started, in ISO 8601.
  public var started: String
  /// When this was written, in ISO 8601.
  public var time: String
  /// After so many seconds at most it is written again, also when nothing happens.
  public var renewalSeconds: Double
  /// One line, the same that the service manager shows.
  public var status: String
  /// Files that wait.
  public var queue: Queue
  /// The watched folder.
  public var watch: Watch
  /// Why nothing is handed out to be inspected; empty where it is.
  public var paused: [String]
  /// Inspections since the start.
  public var inspections: Inspections
  /// The model.
  public var model: ModelInUse
  /// Quarantine and moves.
  public var moves: Moves
  /// How the line compares with its calibration; nil where the model has no scores to compare with.
  public var drift: Drift?
  /// The journal.
  public var journal: Journal
  /// The last thing that went wrong.
  public var lastError: Failure?
}

extension DaemonStatus {
  /// The file in a state folder.
  static let fileName = FileName("status.json")!
  /// Most bytes of it that are read.
  static let maximumBytes = 1 << 20

  /// The file's bytes.
  var encoded: [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a status is encodable: finite numbers, texts")
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }

  /// A status from a file's bytes.
  ///
  /// - Throws: what the decoder says where they are none.
  init(bytes: [UInt8]) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Self.self, from: Data(bytes))
  }

  /// The object as the file has it, for results.
  public var json: String { String(decoding: encoded, as: UTF8.self) }

  /// Seconds from a time in it to another moment; nil where the text is no time.
  public static func seconds(from text: String, to now: WallTime) -> Double? {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = try? Date(text, strategy: style) else { return nil }
    return Double(now.nanoseconds) / 1e9 - date.timeIntervalSince1970
  }
}
