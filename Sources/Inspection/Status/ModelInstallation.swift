private import GANomalyModel
internal import Linux
public import SystemPackage

/// A model on its way to the place where the daemon loads it: checked as the daemon will check it, then put there in one
/// step, the one before kept.
public struct ModelInstallation {
  /// A model that is there already.
  public enum Present: Sendable, Equatable {
    /// A model that the daemon could use.
    case model(PictureJudge.Identity)
    /// A file that is none.
    case unusable(String)
  }

  /// What the daemon made of the model.
  public enum Answer: Sendable, Equatable {
    /// No daemon runs: it is loaded at the next start.
    case noDaemon
    /// It is in use.
    case taken
    /// It was refused.
    case refused(String)
    /// Nothing was heard within the time.
    case silent
  }

  /// The new model.
  public let identity: PictureJudge.Identity
  /// Where it goes.
  public let target: FilePath
  /// What is there now; nil where nothing is.
  public let present: Present?
  private let bytes: [UInt8]
  private let folder: Directory
  private let name: FileName
  private let state: FilePath

  /// Reads and checks a model, and looks at its place.
  ///
  /// - Parameters:
  ///   - source: the model file.
  ///   - settings: the daemon's.
  /// - Throws: `InspectionError` where it is none that the daemon would take, or its place cannot be used.
  public init(source: FilePath, settings: Settings) throws(InspectionError) {
    state = settings.resolvedStatePath
    do {
      bytes = try FileContents.read(BytePath(bytes: source.bytes), limit: ModelFile.maximumBytes)
    } catch {
      throw .model(error.description)
    }
    identity = try PictureJudge(modelBytes: bytes, name: source).identity
    target = Self.target(settings)
    guard let last = target.lastComponent, let name = FileName(last.string) else {
      throw .configuration("'\(escaped(target))' is no path of a file")
    }
    self.name = name
    let target = target
    folder = try onSystem { () throws(LinuxError) in
      try Directory(path: target.removingLastComponent().appending("."))
    }
    present = try Self.look(at: name, in: folder, target)
  }

  /// The model's path as the daemon that runs has it, else as the settings say.
  private static func target(_ settings: Settings) -> FilePath {
    guard settings.modelPath == nil, let status = try? DaemonHealth.read(settings).status,
      // A path with escapes is for people.
      status.model.path.hasPrefix("/"), !status.model.path.contains("\\")
    else { return settings.resolvedModelPath }
    return FilePath(status.model.path)
  }

  private static func look(
    at name: FileName, in folder: Directory, _ target: FilePath
  ) throws(InspectionError) -> Present? {
    guard let status = try onSystem({ () throws(LinuxError) in try folder.status(of: name) }) else { return nil }
    guard status.kind == .regular else {
      throw .configuration(
        "'\(escaped(target))' is a \(status.kind.rawValue), expected a file or nothing; remove it, or name the model's "
          + "place with the key 'model'")
    }
    do { return .model(try PictureJudge(modelFile: target).identity) } catch { return .unusable(error.description) }
  }

  /// Whether this very file is there already.
  public var isPresent: Bool {
    if case .model(let identity) = present { identity.modelDigest == self.identity.modelDigest } else { false }
  }

  /// Where the model before is kept.
  public var previousTarget: FilePath { FilePath(target.string + ".previous") }

  /// Puts the model there: a daemon, or a crash at any moment, finds the old one or the new one.
  ///
  /// A usable model that was there stays as `previousTarget`; what is no model is not kept over one.
  public func carryOut() throws(InspectionError) {
    try onSystem { () throws(LinuxError) in
      if case .model = present { try keepPrevious() }
      try folder.write(bytes, to: name, mode: 0o644)
    }
  }

  private func keepPrevious() throws(LinuxError) {
    guard let previous = FileName(bytes: name.bytes + Array(".previous".utf8)),
      let link = FileName(bytes: Array(".\(CurrentProcess.identifier)-".utf8) + previous.bytes)
    else { return }
    if try folder.status(of: link) != nil { try folder.remove(link) }
    try folder.link(name, to: folder, link)
    try folder.rename(link, to: folder, previous, .replaceExisting)
  }

  /// How many models the daemon has refused so far; to be asked before `carryOut`.
  public func refusalCount() -> Int { (try? daemonStatus())?.model.refusals ?? 0 }

  /// Waits until the daemon has taken the model, or refused it.
  ///
  /// - Parameters:
  ///   - refusalsBefore: `refusalCount` before the model was put in its place.
  ///   - timeout: longest wait.
  public func waitForDaemon(refusalsBefore: Int, atMost timeout: Duration) throws(InspectionError) -> Answer {
    let deadline = ContinuousClock.now + timeout
    while true {
      guard try isDaemonRunning() else { return .noDaemon }
      if let status = try daemonStatus(), status.isRunning {
        if status.model.sha256 == identity.modelDigest { return .taken }
        if status.model.refusals > refusalsBefore, let refused = status.model.refused { return .refused(refused.text) }
      }
      if ContinuousClock.now >= deadline { return .silent }
      _ = try onSystem { () throws(LinuxError) in try waitForInput([], timeout: .milliseconds(50)) }
    }
  }

  private func isDaemonRunning() throws(InspectionError) -> Bool {
    guard FileStatus(path: state) != nil else { return false }
    return try onSystem { () throws(LinuxError) in
      try FileLock.holder(of: FileName("lock")!, in: Directory(path: state.appending("."))) != nil
    }
  }

  private func daemonStatus() throws(InspectionError) -> DaemonStatus? {
    guard FileStatus(path: state) != nil else { return nil }
    return try onSystem { () throws(LinuxError) in
      try DaemonHealth.status(in: Directory(path: state.appending(".")))
    }
  }
}
