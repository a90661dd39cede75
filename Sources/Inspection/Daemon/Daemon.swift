private import Foundation
public import GANomalyModel
internal import Linux
public import SystemPackage

/// The daemon: what it needs, opened and checked, and its life from start to stop.
public final class Daemon: Sendable {
  /// What comes from outside: settings, models, faults.
  public struct Environment: Sendable {
    /// Reads the settings again, for a reload.
    public var readSettings: @Sendable () throws(InspectionError) -> Settings
    /// Loads a model file.
    public var loadJudge: @Sendable (FilePath) throws(InspectionError) -> PictureJudge
    /// Threads that help with a picture alone; those that `loadJudge` gives its judges.
    public var team: ScoringTeam?
    /// What happens at fault points.
    public var faults = Faults.none
    /// Versions for the ready entry.
    public var versions = ""
    /// Where records go, where that is not decided by the settings; for tests.
    var printLine: @Sendable (String) -> Void = { CurrentProcess.writeErrorLine($0) }

    /// The surroundings of the real daemon.
    public init(
      readSettings: @escaping @Sendable () throws(InspectionError) -> Settings,
      loadJudge: @escaping @Sendable (FilePath) throws(InspectionError) -> PictureJudge = {
        path throws(InspectionError) in try PictureJudge(modelFile: path)
      },
      team: ScoringTeam? = nil
    ) {
      self.readSettings = readSettings
      self.team = team
      self.loadJudge = loadJudge
    }
  }

  let settings: Settings
  let environment: Environment
  let folders: SpoolFolders
  let state: Directory
  let lock: FileLock
  let ledger: Shared<Ledger>
  let ledgerNote: String?
  /// The model at the start until the pipeline takes it out: kept here, it would stay in memory when it is replaced.
  let firstJudge: Shared<PictureJudge?>
  /// Why the model's file is not used; nil where it is, or there is none.
  let modelRefusal: String?
  /// The model's file as it was before it was loaded; nil where there was none.
  let modelStatus: FileStatus?
  /// Inspected files that may wait for the recorder.
  let resultCapacity: Int
  let isStopping = Shared(false)
  let wake: WakeUp

  /// Opens and checks everything: folders, lock, ledger, model.
  ///
  /// - Throws: `InspectionError` with a sentence, when the daemon must not start.
  public init(settings: Settings, environment: Environment) throws(InspectionError) {
    self.settings = settings
    self.environment = environment
    CurrentProcess.ignoreFileSignals()
    CurrentProcess.returnFreedBlocks()
    try Self.checkProc()
    resultCapacity = try Self.resultCapacity(settings, descriptorLimit: CurrentProcess.raiseDescriptorLimit())
    folders = try SpoolFolders(spool: settings.spool)
    let path = settings.resolvedStatePath
    state = try onSystem { () throws(LinuxError) in try Directory.creating(path: path, mode: 0o750) }
    guard try !SpoolFolders.isInside(state.path, folders.incomingPath) else {
      throw .configuration(
        "the state folder '\(escaped(path))' lies inside the watched folder '\(escaped(folders.incomingPath))'")
    }
    try Self.checkAccess(folders, state, settings)
    lock = try Self.takeLock(state, settings)
    try folders.lock(settings.spool)
    let firstJudge: PictureJudge?
    (firstJudge, modelRefusal, modelStatus) = try Self.loadFirst(settings, environment)
    self.firstJudge = Shared(firstJudge)
    (ledger, ledgerNote) = try Self.openLedger(state, folders, settings, environment)
    wake = try onSystem { () throws(LinuxError) in try WakeUp() }
  }

  /// Threads that end later must not keep the next daemon out.
  deinit { folders.unlock() }

  /// Ends `run` as SIGTERM does; callable from any thread.
  public func stop() {
    isStopping.change { $0 = true }
    wake.raise()
  }

  private static func takeLock(_ state: Directory, _ settings: Settings) throws(InspectionError) -> FileLock {
    var holder = ""
    let note = "process \(CurrentProcess.identifier) on '\(escaped(settings.spool))'"
    let lock = try onSystem { () throws(LinuxError) in
      try FileLock.take(FileName("lock")!, in: state, note: note, holder: &holder)
    }
    guard let lock else {
      throw .configuration(
        "the state folder '\(escaped(state.path))' is in use by \(holder): stop that one or give another '--state'")
    }
    return lock
  }

  /// Refuses a /proc that is missing or another namespace's: files are opened through it, and the runtime's thread pools
  /// read their threads' states there and end the process where they find none.
  static func checkProc() throws(InspectionError) {
    if CurrentProcess.isShownInProc { return }
    throw .configuration(
      "'/proc' does not show this process: it is missing, or belongs to another namespace of processes; "
        + "mount the right one, such as 'unshare --pid --fork --mount-proc' does")
  }

  /// How many inspected files may wait for the recorder: as many as may be open at once beside all else.
  ///
  /// - Parameter limit: files that the process may have open.
  /// - Throws: `InspectionError.configuration` for settings that need more: good pictures would not be readable.
  static func resultCapacity(_ settings: Settings, descriptorLimit limit: Int) throws(InspectionError) -> Int {
    // Each picture stays open from its reading to its record: in the lanes, before the recorder, with the recorder.
    let lanes = settings.laneCount * (settings.batch + LaneOutbox.maximumOpenCount)
    // Folders, ledger connections with their logs, watches, libraries, and what comes and goes.
    let others = lanes + 160
    let capacities = Pipeline.resultCapacities
    let needed = others + 2 * capacities.lowerBound
    if needed <= limit { return min((limit - others) / 2, capacities.upperBound) }
    throw .configuration(
      "\(settings.laneCount) lanes with a batch of \(settings.batch) pictures may have \(needed) files open, and this "
        + "process may have \(limit): lower 'batch' or 'lanes', or raise LimitNOFILE= (ulimit -n)")
  }

  /// Refuses folders in which files could not be moved.
  private static func checkAccess(
    _ folders: SpoolFolders, _ state: Directory, _ settings: Settings
  ) throws(InspectionError) {
    for folder in [folders.quarantine, folders.passed, folders.rejected, state] {
      try onSystem { () throws(LinuxError) in try folder.checkChangeable() }
    }
    guard settings.takesFilesAway else { return }
    try onSystem { () throws(LinuxError) in try folders.openIncoming().checkChangeable() }
  }

  /// The model at the start; nil when there is none yet, or none that can be used: then images wait for another one.
  ///
  /// - Throws: what may pass by itself, for another start.
  private static func loadFirst(
    _ settings: Settings, _ environment: Environment
  ) throws(InspectionError) -> (PictureJudge?, refusal: String?, FileStatus?) {
    let path = settings.resolvedModelPath
    // Looked at first: a file that replaces it meanwhile is another one, and will be loaded.
    guard let status = FileStatus(path: path) else { return (nil, nil, nil) }
    do throws(InspectionError) {
      return (try environment.loadJudge(path), nil, status)
    } catch {
      if error.mayPass { throw error }
      return (nil, "\(error)", status)
    }
  }

  private static func openLedger(
    _ state: Directory, _ folders: SpoolFolders, _ settings: Settings, _ environment: Environment
  ) throws(InspectionError) -> (Shared<Ledger>, String?) {
    do {
      let (ledger, note) = try LedgerRepair.open(
        state, folders, readerCount: settings.laneCount + 3, faults: environment.faults)
      return (Shared(ledger), note)
    } catch let error as InspectionError {
      throw error
    } catch {
      throw .configuration("the repair of the ledger was ended by a test")
    }
  }
}

extension Settings {
  /// Where the ledger lies: as set, else the service manager's folder, else `state` in the spool.
  public var resolvedStatePath: FilePath { statePath ?? serviceStatePath ?? spool.appending("state") }

  /// Where the model lies: as set, else in the state folder.
  public var resolvedModelPath: FilePath { modelPath ?? resolvedStatePath.appending("model.safetensors") }

  /// Where the metrics go: as set, else the service manager's folder, else nowhere.
  public var resolvedMetricsPath: FilePath? {
    isMetricsOff ? nil : metricsPath ?? serviceRuntimePath?.appending("metrics.prom")
  }

  /// Whether any file may leave the watched folder.
  var takesFilesAway: Bool { onAnomaly != .leave || onNormal != .leave || onUnreadable != .leave }

  /// Threads that decode and score.
  public var laneCount: Int { lanes ?? min(16, max(1, ProcessInfo.processInfo.activeProcessorCount)) }
}
