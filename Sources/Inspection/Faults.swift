private import Linux
public import SystemPackage

/// Places at which a test may end the work as a crash would, or let it fail.
public enum FaultPoint: String, Sendable, CaseIterable {
  // One batch of the recorder.
  /// The intents are in the ledger; no file has moved.
  case afterIntent = "after-intent"
  /// A file is to be renamed or copied next.
  case beforeMove = "before-move"
  /// A file has its new name; nothing was checked.
  case afterRename = "after-rename"
  /// The files have moved and were checked; the folders are not synchronised.
  case afterMoves = "after-moves"
  /// The folders are synchronised; no sidecar is written.
  case afterSynchronization = "after-synchronization"
  /// A sidecar is written; its folder is not synchronised.
  case sidecarWritten = "sidecar-written"
  /// The sidecars are written; the ledger does not know.
  case afterSidecars = "after-sidecars"
  /// The ledger knows; no record was handed on.
  case afterDone = "after-done"

  // A copy to another file system.
  /// The copy's file is there, and empty.
  case temporaryCreated = "temporary-created"
  /// All is copied; nothing was compared.
  case copied
  /// The copy is compared and on the disk, under its temporary name.
  case copySynchronized = "copy-synchronized"
  /// The copy's name is on the disk; the source is where it was.
  case copyFolderSynchronized = "copy-folder-synchronized"

  // The removal of a source.
  /// The source is out of the watched folder's reach; it was not compared.
  case sourceAside = "source-aside"
  /// The source is removed.
  case sourceRemoved = "source-removed"

  // What was moved by mistake.
  /// A file that was never inspected lies at the destination.
  case beforePutBack = "before-put-back"
  /// It has its place back.
  case afterPutBack = "after-put-back"

  // The repair of the ledger.
  /// The new ledger is filled, under a name for building.
  case repairFilled = "repair-filled"
  /// The new ledger has the name under which a start finds it.
  case repairRenamed = "repair-renamed"
  /// The damaged ledger has lost its name.
  case repairSetAside = "repair-set-aside"

  // Commands.
  /// The release is in the ledger; the picture lies in quarantine.
  case releaseIntended = "release-intended"
  /// The picture is where it goes, and the ledger knows; its sidecar is still there.
  case releaseMoved = "release-moved"
  /// The sidecar is gone; the ledger says intended.
  case releaseSidecarRemoved = "release-sidecar-removed"
  /// The ledger knows; nothing was told.
  case releaseDone = "release-done"
  /// The confirmation is in the ledger; the sidecar does not know.
  case confirmRecorded = "confirm-recorded"
  /// The sidecar knows; nothing was told.
  case confirmWritten = "confirm-written"
  /// The purge is in the ledger; all pictures are there.
  case purgeIntended = "purge-intended"
  /// A picture is removed; its sidecar is there.
  case purgeRemoved = "purge-removed"
  /// All files are removed; the ledger says intended.
  case purgeEmptied = "purge-emptied"
  /// The ledger knows; nothing was told.
  case purgeDone = "purge-done"
  /// The rows are marked; the daemon was not asked.
  case reinspectMarked = "reinspect-marked"
}

/// What happens at a fault point: nothing, except in tests.
public struct Faults: Sendable {
  /// Thrown by a test's function in place of a crash: whoever catches it leaves everything as it is.
  public struct SimulatedCrash: Error, Sendable {
    /// A crash.
    public init() {}
  }

  let reach: @Sendable (FaultPoint) throws(SimulatedCrash) -> Void
  private let failure: @Sendable (FaultPoint) -> Errno?

  /// Faults by a function that is called at every point.
  ///
  /// - Parameter failure: as for errors alone; asked after the function.
  public init(
    _ reach: @escaping @Sendable (FaultPoint) throws(SimulatedCrash) -> Void,
    failure: @escaping @Sendable (FaultPoint) -> Errno? = { _ in nil }
  ) {
    self.reach = reach
    self.failure = failure
  }

  /// Errors that system calls seem to have.
  ///
  /// - Parameter failure: asked at every point among system calls: the error, or nil for none.
  public init(failure: @escaping @Sendable (FaultPoint) -> Errno?) {
    reach = { _ throws(SimulatedCrash) in }
    self.failure = failure
  }

  /// No fault anywhere.
  public static let none = Faults { _ throws(SimulatedCrash) in }

  /// Ends the process at the point that a text names, such as `after-rename`; nil for a text that names none.
  public static func endingProcess(at text: String) -> Faults? {
    guard let point = FaultPoint(rawValue: text) else { return nil }
    return Faults { reached throws(SimulatedCrash) in if reached == point { CurrentProcess.endWithoutCleanUp() } }
  }

  /// Passes a point among system calls: crash or error, or nothing.
  func pass(_ point: FaultPoint) throws {
    try reach(point)
    if let code = failure(point) { throw LinuxError(operation: "go on at '\(point.rawValue)'", code: code) }
  }
}
