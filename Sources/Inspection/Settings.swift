public import SystemPackage

/// Everything that can be set about the daemon.
public struct Settings: Sendable, Equatable {
  /// How changes of the folder become known.
  public enum Watch: String, Sendable, CaseIterable {
    /// inotify, except on file systems that hide changes from it.
    case auto
    /// The kernel's reports.
    case inotify
    /// Looking again and again.
    case poll
  }

  /// Where records go.
  public enum Records: String, Sendable, CaseIterable {
    /// The journal where there is one (lines too on a terminal), else lines on standard error.
    case auto
    /// The journal.
    case journal
    /// Lines on standard error.
    case stderr
    /// Both.
    case both
  }

  /// Which normal pictures get a record in the journal; the ledger has them all.
  public enum JournalNormal: Sendable, Equatable {
    /// All.
    case all
    /// None.
    case none
    /// One of so many.
    case sample(Int)
  }

  /// What happens with a normal picture.
  public enum OnNormal: String, Sendable, CaseIterable {
    /// It stays.
    case leave
    /// It goes to `passed`.
    case move
    /// It is removed.
    case delete
  }

  /// What happens with a file that cannot be read as a picture.
  public enum OnUnreadable: String, Sendable, CaseIterable {
    /// It goes to `rejected`.
    case move
    /// It stays.
    case leave
  }

  /// What happens with an anomaly.
  public enum OnAnomaly: String, Sendable, CaseIterable {
    /// It goes to `quarantine`.
    case quarantine
    /// It stays: shadow mode for commissioning.
    case leave
  }

  /// Whether a quarantined picture gets another one beside it that shows why.
  public enum SidePictures: String, Sendable, CaseIterable {
    /// It does.
    case on
    /// It does not.
    case off
  }

  /// Folder with `incoming`, `quarantine`, `passed` and `rejected`.
  public var spool = FilePath("/var/spool/ganomaly")
  /// The model file; nil: `model.safetensors` in the state folder.
  public var modelPath: FilePath?
  /// Folder of the ledger; nil: the service manager's, else `state` in the spool.
  public var statePath: FilePath?
  /// Folder of the state as the service manager gives it; no key, only a default.
  public var serviceStatePath: FilePath?
  /// The file of metrics; nil: `metrics.prom` in the service manager's run-time folder, where there is one.
  public var metricsPath: FilePath?
  /// Whether metrics are not written anywhere.
  public var isMetricsOff = false
  /// Folder for files of the running service as the service manager gives it; no key, only a default.
  public var serviceRuntimePath: FilePath?
  /// Largest file that is read, in bytes.
  public var maximumFileBytes = 256 << 20
  /// Longest side of a picture, in pixels.
  public var maximumSide = 32_768
  /// Most pixels of a picture.
  public var maximumPixels = 100_000_000
  /// How long a file must not change before it counts as written, where its writer cannot be asked for.
  public var settle = Duration.milliseconds(200)
  /// How long a file that cannot be decoded may still be completed.
  public var grace = Duration.seconds(10)
  /// How long such a file stays where no writer was ever seen to finish it.
  public var abandon = Duration.seconds(3600)
  /// How often the folder is read in full, whatever was reported.
  public var rescan = Duration.seconds(60)
  /// Names that are inspected.
  public var names = NamePattern("*.png")!
  /// How changes become known.
  public var watch = Watch.auto
  /// Where records go.
  public var records = Records.auto
  /// Which normal pictures are journalled.
  public var journalNormal = JournalNormal.all
  /// Files handed to the lanes ahead of time.
  public var queue = 256
  /// Pictures scored in one pass.
  public var batch = 32
  /// Threads that decode and score; nil: one a processor, at most 16.
  public var lanes: Int?
  /// Room that must be left on the spool's and the state's file systems, in bytes.
  public var minimumFreeBytes = 1 << 30
  /// Waiting files from which the backlog is reported.
  public var backlogHigh = 1000
  /// Waiting files at which it is reported as over.
  public var backlogLow = 100
  /// What happens with a normal picture.
  public var onNormal = OnNormal.leave
  /// What happens with an unreadable file.
  public var onUnreadable = OnUnreadable.move
  /// What happens with an anomaly.
  public var onAnomaly = OnAnomaly.quarantine
  /// Whether a picture in quarantine gets another one beside it that shows why.
  public var sidePictures = SidePictures.on
  /// How long a picture stays in quarantine; nil: until somebody takes it out.
  public var retain: Duration?
  /// Most bytes of pictures in quarantine, the oldest go first; nil: no bound.
  public var retainBytes: Int?
  /// Most records in the ledger; the oldest go first, except those of files that are still there.
  public var retainRecords = 10_000_000

  /// The defaults.
  public init() {}
}
