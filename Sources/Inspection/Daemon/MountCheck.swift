internal import Linux
private import SystemPackage

/// Whether files can be renamed from the watched folder to the others: the same number of a file system does not tell,
/// for two mounts of one file system refuse it too.
enum MountCheck {
  /// Tries it with an empty hidden file.
  ///
  /// - Returns: nil when the trial itself was not possible.
  static func isOneMount(_ folders: SpoolFolders) -> Bool? {
    let name = FileName(".ganomaly-\(CurrentProcess.identifier)-trial.tmp")!
    guard let incoming = try? folders.openIncoming() else { return nil }
    do throws(LinuxError) {
      try incoming.write([], to: name, mode: 0o600, durability: .none)
      defer {
        try? incoming.remove(name)
        try? folders.quarantine.remove(name)
      }
      try incoming.rename(name, to: folders.quarantine, name, .refuseExisting)
      return true
    } catch {
      return error.code == .improperLink ? false : nil
    }
  }

  /// Asks without touching a file: the kernel compares the mounts before it misses the name.
  ///
  /// Source: rename(2), EXDEV.
  static func isOneMount(_ incoming: Directory, _ quarantine: Directory) -> Bool? {
    let name = FileName(".ganomaly-\(UInt64.random(in: 0 ... .max))-missing.tmp")!
    do throws(LinuxError) {
      try incoming.rename(name, to: quarantine, name, .refuseExisting)
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
  static func describe(_ folders: SpoolFolders) -> String { describe(isOneMount(folders)) }

  /// A result in words.
  static func describe(_ isOneMount: Bool?) -> String {
    switch isOneMount {
    case true?: "one mount"
    case false?: "several mounts: files are copied and compared instead of renamed"
    case nil: "mounts unknown"
    }
  }
}
