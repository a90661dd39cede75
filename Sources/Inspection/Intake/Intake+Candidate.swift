internal import Linux

extension Intake {
  /// What is known about a name that is not settled yet.
  struct Candidate: Sendable {
    enum Phase: Sendable, Equatable {
      /// Wants to be looked at.
      case noticed
      /// Is looked at again at this time, or when an event comes.
      case waiting(until: Instant)
      /// In the line for the lanes.
      case ready
      /// With a lane.
      case requested
    }

    var phase = Phase.noticed
    /// As last observed.
    var status: FileStatus?
    /// Since when it is like this, by its own times where it was found lying there.
    var unchangedSince: Instant
    /// Since when it was seen like this: the clock of the files may be another, so that a rest counts only when seen.
    var settledSince: Instant
    /// It lay there before the first reading of the folder: its own times tell how long it has rested.
    var isFromBefore = false
    /// The reading of the folder that is under way has not found it yet.
    var isMissing = false
    /// Since when it is a candidate.
    let noticed: Instant
    /// Content was written, and no close has followed.
    var isBeingWritten = false
    /// A close or a rename came last.
    var isClosed = false
    /// A close or a rename does not suffice: a lane could not ask for writers.
    var mustSettle = false
    /// An event came while a lane has it.
    var isTouched = false
    /// Everything was to be looked at anew while a lane has it.
    var isForgotten = false
    var isReported = false
    /// It is known as unreadable, and the time after which it counts as abandoned is over.
    var isAbandoned = false
    /// Inspections of what it is like now.
    var attempts = 0
    /// Those of them that failed for good, and were recorded.
    var failures = 0
    /// Those of them during which it changed, though it looks the same from here.
    var changes = 0
    /// The earliest entry among the deadlines that is its own.
    var queuedTime: Instant?
    /// Why it is ready, once it is.
    var readiness = Readiness.settled
  }
}

extension Intake.Candidate {
  /// Since when it certainly rests: what its own times say counts only for files that were there before us, for they are
  /// another clock's, which may be behind or have jumped.
  var restedSince: Intake.Instant { isFromBefore ? unchangedSince : max(unchangedSince, settledSince) }

  /// What an event says about the writing of a file.
  mutating func update(_ kinds: InotifyEvent.Kinds) {
    if kinds.contains(.created) || kinds.contains(.movedIn) {
      isBeingWritten = false
      isClosed = kinds.contains(.movedIn)
      mustSettle = false
      status = nil
      isFromBefore = false
    }
    if kinds.contains(.modified) {
      isBeingWritten = true
      isClosed = false
    }
    if kinds.contains(.closedAfterWriting) {
      isBeingWritten = false
      isClosed = true
      mustSettle = false
    }
  }
}
