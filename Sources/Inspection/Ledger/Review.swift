public import Linux

/// What a person said of a picture.
public struct Review: Sendable, Equatable {
  /// The true answer.
  public enum Label: String, Sendable, CaseIterable {
    /// A good part: the verdict was wrong.
    case normal
    /// An anomaly indeed.
    case anomaly
  }

  /// The answer.
  public let label: Label
  /// When it was given.
  public let time: WallTime
  /// Who gave it; nil where that is not known.
  public let user: User?

  /// A review from its parts.
  public init(label: Label, time: WallTime, user: User?) {
    self.label = label
    self.time = time
    self.user = user
  }
}

/// How a picture left quarantine.
public struct Departure: Sendable, Equatable {
  /// The ways out.
  public enum Kind: String, Sendable {
    /// A person gave it back.
    case released
    /// It was removed for good.
    case purged
  }

  /// The way.
  public let kind: Kind
  /// When.
  public let time: WallTime
  /// Who; nil for the daemon itself.
  public let user: User?
  /// The folder it went to; nil where it is gone.
  public let folder: [UInt8]?
  /// Its name there.
  public let name: FileName?
  /// Whether that is still to be done.
  public var state: InspectionRecord.State

  /// A departure from its parts.
  init(
    _ kind: Kind, time: WallTime, user: User?, folder: [UInt8]? = nil, name: FileName? = nil,
    state: InspectionRecord.State = .intended
  ) {
    self.kind = kind
    self.time = time
    self.user = user
    self.folder = folder
    self.name = name
    self.state = state
  }
}

/// An inspection with all that came after it.
public struct LedgerEntry: Sendable, Equatable {
  /// The inspection.
  public let record: InspectionRecord
  /// What a person said of it; nil where nobody has.
  public let review: Review?
  /// How the picture left quarantine; nil where it has not.
  public let departure: Departure?

  /// Whether the picture should lie in quarantine.
  public var isInQuarantine: Bool {
    record.action == .quarantined && record.state == .done && departure?.state != .done
  }

  /// Whether a release that is not finished has brought the picture to its place all the same.
  var hasArrived: Bool {
    guard let departure, departure.kind == .released, let review else { return false }
    return review.label == .normal && review.time == departure.time
  }
}
