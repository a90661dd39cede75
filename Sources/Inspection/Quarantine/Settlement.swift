internal import Linux

/// What became of a departure from quarantine that was interrupted.
public struct Settlement: Sendable {
  /// The ways it can end.
  enum End: Sendable, Equatable {
    /// It is done now.
    case finished
    /// It is not done, and nobody asks for it any more: why.
    case withdrawn(String)
    /// It waits for a folder that is not there, and is tried again later: why.
    case unfinished(String)
    /// It could not be settled because of an error, and is tried again later: which.
    case failed(String)
  }

  let record: InspectionRecord
  let departure: Departure
  let end: End

  /// Whether it is still to be settled.
  public var isPending: Bool { if case .unfinished = end { true } else { isFailure } }

  /// Whether it is still to be settled because of an error.
  public var isFailure: Bool { if case .failed = end { true } else { false } }

  /// What became of it, for people.
  public var text: String {
    let subject = "'\(record.arrival.name)' of event \(record.id)"
    switch (end, departure.kind) {
    case (.finished, .released):
      return "\(subject) is released: the release that was interrupted is finished"
    case (.finished, .purged): return "\(subject) is removed: the purge that was interrupted is finished"
    case (.withdrawn(let reason), .released):
      return "\(subject) was not released: that was interrupted, and \(reason); release it again if that is wanted"
    case (.withdrawn(let reason), .purged):
      return "\(subject) was not removed: the purge was interrupted, and \(reason)"
    case (.unfinished(let reason), _), (.failed(let reason), _):
      return "\(subject) is still to leave quarantine: \(reason)"
    }
  }

  /// Its entry for the journal.
  public var entry: RecordEntry {
    let place: BytePath? = departure.folder.flatMap { folder in
      departure.name.map { BytePath(bytes: folder).appending($0.bytes) }
    }
    switch end {
    case .finished:
      let message: MessageID = departure.kind == .released ? .released : .purged
      return CommandJournal.entry(message, text, record, place: place, user: departure.user)
    case .withdrawn: return CommandJournal.entry(.failed, priority: 4, text, record, user: nil)
    case .unfinished, .failed: return CommandJournal.entry(.failed, text, record, user: nil)
    }
  }
}
