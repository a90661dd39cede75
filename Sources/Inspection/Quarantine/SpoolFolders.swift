public import Linux
public import SystemPackage

/// The folders of a spool: where files arrive and where they go.
public struct SpoolFolders: Sendable {
  /// Files that could not be judged normal: anomalies.
  public let quarantine: Directory
  /// Normal files, where they are moved.
  public let passed: Directory
  /// Unreadable files.
  public let rejected: Directory
  /// Path of the watched folder.
  public let incomingPath: FilePath

  /// Opens the folders below a spool and creates what is missing.
  ///
  /// - Throws: `InspectionError` when one cannot be used or lies inside the watched folder.
  public init(spool: FilePath) throws(InspectionError) {
    incomingPath = spool.appending("incoming")
    let incoming = try Self.open(incomingPath, mode: 0o770)
    quarantine = try Self.open(spool.appending("quarantine"), mode: 0o750)
    passed = try Self.open(spool.appending("passed"), mode: 0o750)
    rejected = try Self.open(spool.appending("rejected"), mode: 0o750)
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
    self.quarantine = quarantine
    self.passed = passed
    self.rejected = rejected
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
