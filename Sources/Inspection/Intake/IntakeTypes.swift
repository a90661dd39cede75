public import Linux

/// How long the intake waits for what.
public struct IntakeRules: Sendable, Equatable {
  /// Names that are inspected.
  public var names = NamePattern("*.png")!
  /// How long a file must not change where its writer cannot be asked for.
  public var settle = Duration.milliseconds(200)
  /// How long a file that cannot be decoded may still be completed.
  public var grace = Duration.seconds(10)
  /// How long a file whose writer never finished stays before it counts as abandoned.
  public var abandon = Duration.seconds(3600)
  /// How often everything is looked at, whatever was reported.
  public var rescan = Duration.seconds(60)
  /// After which time a file that is still being written is reported.
  public var slowWriter = Duration.seconds(60)
  /// How long a status must have been seen before the file is read: two writes within one tick of the file system's clock
  /// leave the same times. Kernels before 6.13 tick every 1 to 10 ms.
  public var timestampTick = Duration.milliseconds(20)
  /// The same where times are whole seconds, as on FAT, which counts every other one, and on old file servers.
  public var wholeSecondTick = Duration.milliseconds(2100)
  /// Most names that wait; more are left to a later reading of the folder, however many files there are. So many fill the
  /// hash table of their size: one more would double it.
  public var maximumPending = 12_288

  /// The defaults.
  public init() {}

  /// The rules that settings ask for.
  public init(_ settings: Settings) {
    names = settings.names
    settle = settings.settle
    grace = settings.grace
    abandon = settings.abandon
    rescan = settings.rescan
  }

  /// How long a file must have looked like this before its bytes can be told from later ones.
  ///
  /// What is read then is what every write in the tick of `status` left, and a later write shows in another time.
  ///
  /// Source: Documentation/Decisions/0017; git describes the same trap in `racy-git`.
  func tick(of status: FileStatus) -> Duration {
    status.changed % 1_000_000_000 == 0 ? wholeSecondTick : timestampTick
  }

  /// Whether a name is looked at: pictures by their pattern, folders by any name that is not hidden, to be refused.
  func concern(_ name: FileName, isFolder: Bool) -> Bool {
    isFolder ? !name.bytes.starts(with: [UInt8(ascii: ".")]) : names.matches(name)
  }
}

extension FileName {
  /// Whether only this program gives such a name: to its trials, its copies, its folder for removal, and to files that this
  /// process is writing.
  var isOurOwn: Bool {
    bytes.starts(with: ".ganomaly-".utf8)
      || bytes.starts(with: ".\(CurrentProcess.identifier)-".utf8) && bytes.suffix(4).elementsEqual(".tmp".utf8)
  }
}

/// Why the intake believes that a file is complete.
public enum Readiness: Sendable, Equatable {
  /// Its writer closed it or renamed it here; whether another writes is still to be asked.
  case closed
  /// It did not change for a while.
  case settled
  /// A writer was seen, and not its end; only proof that nobody writes will do.
  case stalled
}

/// A file that a lane shall inspect.
public struct InspectionRequest: Sendable, Equatable {
  /// Its name.
  public let name: FileName
  /// The file as it was observed; what else is said here is said of this state.
  public let status: FileStatus
  /// Why it is believed to be complete.
  public let readiness: Readiness
  /// Whether damage or failure is now final: it did not change for the whole grace.
  public let isFinal: Bool
  /// Whether a writer was seen to finish it, so that an unreadable file may be moved away at once.
  public let isFinished: Bool
  /// Whether it is recorded as unreadable, and has stayed so for the whole time after which it counts as abandoned.
  public let isAbandoned: Bool
  /// 1 for the first inspection of this content.
  public let attempt: Int
  /// When it was first noticed.
  public let noticed: ContinuousClock.Instant
}

/// What became of a request, told back to the intake.
public enum InspectionFinding: Sendable, Equatable {
  /// It is in the ledger, and lies where it lay, in this state.
  case recorded(FileStatus)
  /// It is in the ledger as unreadable, and lies where it lay because no writer was seen to finish it.
  case unfinished(FileStatus)
  /// It is in the ledger as not inspectable for now; another attempt is worth making later.
  case failing
  /// It has left the folder, or was never there.
  case gone
  /// Somebody still writes it.
  case busy
  /// Whether somebody writes cannot be known; time must tell.
  case unknownWriters
  /// It changed while it was inspected.
  case changed
  /// It could not be decoded or read, and that was not final.
  case incomplete
}

/// Something about the intake that belongs in a record.
public enum IntakeReport: Sendable, Equatable {
  /// A file has been written for longer than the rules' `slowWriter`.
  case slowWriter(FileName)
  /// Events were lost; the folder is read in full.
  case overflow(count: Int)
}
