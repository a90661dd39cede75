internal import Linux

/// What a piece of the watched folder's list holds: names with their status, and names that have none to be had.
struct FolderReading {
  /// A name that could not be examined.
  struct Failure {
    let name: FileName
    let error: LinuxError
  }

  /// Names that the rules ask for, with their status; names that are gone by now are left out.
  private(set) var entries: [(name: FileName, status: FileStatus)] = []
  /// Names that the rules ask for, and that are there without a status.
  private(set) var failures: [Failure] = []
  /// Names that the rules do not ask for.
  private(set) var foreign: [FileName] = []

  /// Examines what the rules ask for: foreign names are left alone, and one that fails holds up no other.
  ///
  /// - Parameter status: the status of a name now; nil when there is no such name any more.
  init(
    _ found: [DirectoryEntry], rules: IntakeRules, status: (FileName) throws(LinuxError) -> FileStatus?
  ) {
    for entry in found {
      // What the folder's list does not tell the kind of may be a folder, and those are asked for by any name.
      let mayBeFolder = entry.kind == .directory || entry.kind == .unknown
      guard rules.concern(entry.name, isFolder: false) || (mayBeFolder && rules.concern(entry.name, isFolder: true))
      else {
        foreign.append(entry.name)
        continue
      }
      do throws(LinuxError) {
        if let status = try status(entry.name) { entries.append((entry.name, status)) }
      } catch {
        failures.append(Failure(name: entry.name, error: error))
      }
    }
  }
}
