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

  /// The same in words.
  static func describe(_ folders: SpoolFolders) -> String {
    switch isOneMount(folders) {
    case true?: "one mount"
    case false?: "several mounts: files are copied and compared instead of renamed"
    case nil: "mounts unknown"
    }
  }
}
