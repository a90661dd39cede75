internal import Linux
private import SystemPackage

/// Whether files can be renamed from the watched folder to the others: the same number of a file system does not tell,
/// for two mounts of one file system refuse it too.
enum MountCheck {
  /// What was found out about the folders that files go to.
  struct Finding: Equatable {
    /// Names of the folders to which files are copied.
    var copied: [String] = []
    /// Names of the folders of which it cannot be told.
    var unknown: [String] = []
  }

  /// Tries all folders with an empty hidden file.
  static func examine(_ folders: SpoolFolders) -> Finding {
    examine([folders.quarantine, folders.passed, folders.rejected]) { folder in
      (try? folders.openIncoming()).flatMap { tryMove(from: $0, to: folder) }
    }
  }

  /// Asks about folders.
  ///
  /// - Parameter isOneMount: whether a folder is on the watched folder's mount; nil where it cannot be told.
  static func examine(_ targets: [Directory], isOneMount: (Directory) -> Bool?) -> Finding {
    var finding = Finding()
    for folder in targets {
      let name = folder.path.lastComponent?.string ?? "\(folder.path)"
      switch isOneMount(folder) {
      case true?: break
      case false?: finding.copied.append(name)
      case nil: finding.unknown.append(name)
      }
    }
    return finding
  }

  /// One name for all trials: the next one removes what a killed process has left of it.
  static let trialName = FileName(".ganomaly-trial.tmp")!

  /// - Returns: nil when the trial itself was not possible.
  static func tryMove(from incoming: Directory, to target: Directory) -> Bool? {
    let name = trialName
    for folder in [incoming, target] {
      // Whoever has a file of that name keeps it: a trial's is empty.
      guard removeTrial(from: folder) else { return isOneMount(incoming, target) }
    }
    do throws(LinuxError) {
      _ = try incoming.newFile(name)
    } catch {
      return isOneMount(incoming, target)
    }
    do throws(LinuxError) {
      try incoming.rename(name, to: target, name, .refuseExisting)
    } catch {
      try? incoming.remove(name)
      // Another program may have made a trial of its own meanwhile.
      return error.code == .improperLink ? false : isOneMount(incoming, target)
    }
    try? target.remove(name)
    return true
  }

  /// Removes an empty file that an interrupted trial has left; false where something else has the name.
  private static func removeTrial(from folder: Directory) -> Bool {
    do throws(LinuxError) {
      guard let status = try folder.status(of: trialName) else { return true }
      guard status.kind == .regular, status.size == 0 else { return false }
      try folder.remove(trialName)
      return true
    } catch {
      return error.code == .noSuchFileOrDirectory
    }
  }

  /// Asks without touching a file: the kernel compares the mounts before it misses the name.
  ///
  /// Source: rename(2), EXDEV.
  static func isOneMount(_ incoming: Directory, _ target: Directory) -> Bool? {
    let name = FileName(".ganomaly-\(UInt64.random(in: 0 ... .max))-missing.tmp")!
    do throws(LinuxError) {
      try incoming.rename(name, to: target, name, .refuseExisting)
      return nil
    } catch {
      switch error.code {
      case .improperLink: return false
      case .noSuchFileOrDirectory: return true
      default: return nil
      }
    }
  }

  /// The trial's result in words.
  static func describe(_ folders: SpoolFolders) -> String { describe(examine(folders)) }

  /// A finding in words.
  static func describe(_ finding: Finding) -> String {
    if finding == Finding() { return describe(true) }
    let copied = finding.copied.map { "'\($0)'" }.joined(separator: ", ")
    let unknown = finding.unknown.map { "'\($0)'" }.joined(separator: ", ")
    if copied.isEmpty { return "\(describe(nil)) for \(unknown)" }
    return "\(describe(false)) to \(copied)" + (unknown.isEmpty ? "" : "; \(describe(nil)) for \(unknown)")
  }

  /// A result in words.
  static func describe(_ isOneMount: Bool?) -> String {
    switch isOneMount {
    case true?: "one mount"
    case false?: "several mounts: files are copied and compared instead of renamed"
    case nil: "mounts unknown"
    }
  }
}
