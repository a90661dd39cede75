public import Linux
public import SystemPackage

/// The folders of a spool: where files arrive and where they go.
public struct SpoolFolders: Sendable {
  /// Files that could not be judged normal: anomalies.
  public var quarantine: Directory { quarantineFolder.directory }
  /// Normal files, where they are moved.
  public var passed: Directory { passedFolder.directory }
  /// Unreadable files.
  public var rejected: Directory { rejectedFolder.directory }
  /// Path of the watched folder.
  public let incomingPath: FilePath
  private let quarantineFolder: SpoolFolder
  private let passedFolder: SpoolFolder
  private let rejectedFolder: SpoolFolder

  /// Opens the folders below a spool and creates what is missing.
  ///
  /// - Throws: `InspectionError` when one cannot be used or lies inside the watched folder.
  public init(spool: FilePath) throws(InspectionError) {
    incomingPath = spool.appending("incoming")
    let incoming = try Self.open(incomingPath, mode: 0o770)
    quarantineFolder = SpoolFolder(try Self.open(spool.appending("quarantine"), mode: Self.mode))
    passedFolder = SpoolFolder(try Self.open(spool.appending("passed"), mode: Self.mode))
    rejectedFolder = SpoolFolder(try Self.open(spool.appending("rejected"), mode: Self.mode))
    for folder in [quarantine, passed, rejected] {
      guard try !Self.isInside(folder.path, incoming.path) else {
        throw .configuration(
          "'\(escaped(folder.path))' lies inside the watched folder '\(escaped(incoming.path))': "
            + "what is put there would be inspected again; put it beside the watched folder")
      }
    }
  }

  /// Folders that are open already, wherever they lie.
  init(incomingPath: FilePath, quarantine: Directory, passed: Directory, rejected: Directory) {
    self.incomingPath = incomingPath
    quarantineFolder = SpoolFolder(quarantine)
    passedFolder = SpoolFolder(passed)
    rejectedFolder = SpoolFolder(rejected)
  }

  /// The same folders as they are open now, whoever opens them anew later.
  func pinned() -> SpoolFolders {
    SpoolFolders(incomingPath: incomingPath, quarantine: quarantine, passed: passed, rejected: rejected)
  }

  /// Permission bits of the folders that files go to.
  private static let mode: UInt32 = 0o750

  /// The lock's file: in quarantine, where only this user can open it, so that whoever drops pictures cannot keep the
  /// daemon out.
  private static let lockName = FileName(".ganomaly-daemon.lock")!

  /// Locks the spool itself, which another state folder does not get around, until `unlock`; also where its quarantine is
  /// renamed or made anew meanwhile.
  ///
  /// - Throws: `InspectionError.configuration` where another process has it.
  func lock(_ spool: FilePath) throws(InspectionError) {
    guard case .held(let process) = try onSystem({ () throws(LinuxError) in try quarantineFolder.lock(Self.lockName) })
    else { return }
    let holder = process.map { "process \($0)" } ?? "another process"
    throw .configuration(
      "the spool '\(escaped(spool))' is in use by \(holder): stop that one or give another '--spool'")
  }

  /// Ends the spool's lock.
  func unlock() { quarantineFolder.unlock() }

  /// Opens those folders anew that are not where they were: what is moved must be found under the spool's path.
  ///
  /// - Returns: what is to be told, a sentence each.
  func renew() -> [String] {
    [quarantineFolder, passedFolder, rejectedFolder].compactMap { folder in
      let path = escaped(folder.directory.path)
      do throws(LinuxError) {
        switch try folder.renew(mode: Self.mode) {
        case .notNeeded: return nil
        case .done:
          return "the folder '\(path)' was removed, renamed or mounted over; the one that has its path now is used"
        case .held(let process):
          let holder = process.map { "process \($0)" } ?? "another process"
          return
            "the folder '\(path)' was removed, renamed or mounted over, and the spool that has its path now is in use "
            + "by \(holder); the former folder is used on: stop one of the two"
        }
      } catch {
        return "the folder '\(path)' was removed, renamed or mounted over, and cannot be opened anew: \(error)"
      }
    }
  }

  /// Opens the watched folder as it is now.
  public func openIncoming() throws(LinuxError) -> Directory { try Directory(path: incomingPath) }

  /// The folder that an action moves to; nil where it moves nowhere.
  func target(of action: FileAction) -> Directory? {
    switch action {
    case .quarantined, .quarantineFailed: quarantine
    case .passed: passed
    case .rejected: rejected
    case .left, .deleted: nil
    }
  }

  private static func open(_ path: FilePath, mode: UInt32) throws(InspectionError) -> Directory {
    try onSystem { () throws(LinuxError) in try Directory.creating(path: path, mode: mode) }
  }

  /// Whether a folder is another one, or lies somewhere below it.
  static func isInside(_ path: FilePath, _ outer: FilePath) throws(InspectionError) -> Bool {
    let outerStatus = try onSystem { () throws(LinuxError) in try Directory(path: outer).status() }
    var current = try onSystem { () throws(LinuxError) in try Directory(path: path) }
    while true {
      let status = try onSystem { () throws(LinuxError) in try current.status() }
      if status.inode == outerStatus.inode && status.device == outerStatus.device { return true }
      let parent = try onSystem { () throws(LinuxError) in try current.parent() }
      let parentStatus = try onSystem { () throws(LinuxError) in try parent.status() }
      if parentStatus.inode == status.inode && parentStatus.device == status.device { return false }
      current = parent
    }
  }
}
