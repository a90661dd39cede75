internal import Linux
private import SystemPackage

extension Daemon {
  /// Judges settings, folders and model without starting and without changing anything, beside a running daemon too.
  ///
  /// - Returns: what is as it should be, a line each.
  /// - Throws: `InspectionError` with the sentence of what is not.
  public static func check(settings: Settings, environment: Environment) throws(InspectionError) -> [String] {
    try checkProc()
    var lines = ["settings: sound"]
    let incoming = try judge(settings.spool.appending("incoming"), isChanged: settings.takesFilesAway, &lines)
    let state = settings.resolvedStatePath
    let targets = ["quarantine", "passed", "rejected"].map { settings.spool.appending($0) }
    let others = targets + [state]
    var present: [Directory] = []
    for path in targets { if let folder = try judge(path, &lines) { present.append(folder) } }
    _ = try judge(state, &lines)
    if let incoming {
      for path in others {
        // What is missing would lie where its nearest parent lies.
        let there = FileStatus(path: path) == nil ? Directory.nearestParent(of: path).appending(".") : path
        guard try !SpoolFolders.isInside(there, incoming.path) else {
          throw .configuration(
            "'\(escaped(path))' lies inside the watched folder '\(escaped(incoming.path))'; put it beside that")
        }
      }
      let fileSystem = try onSystem { () throws(LinuxError) in try FileSystem(of: incoming) }
      let way = settings.watch == .poll || (settings.watch == .auto && fileSystem.hidesRemoteChanges)
      if !present.isEmpty {
        let finding = MountCheck.examine(present) { MountCheck.isOneMount(incoming, $0) }
        lines.append("folders: '\(escaped(settings.spool))', \(MountCheck.describe(finding))")
      }
      lines.append("watch: \(way ? "by looking again and again" : "inotify")")
      lines.append("room: \(fileSystem.freeBytes) bytes free, intake needs \(settings.minimumFreeBytes)")
    }
    let path = settings.resolvedModelPath
    if FileStatus(path: path) == nil {
      lines.append("model: none at '\(escaped(path))' yet; images will wait")
    } else {
      let judge = try environment.loadJudge(path)
      lines.append("model: '\(escaped(path))', \(judge.identity.summary)")
      if let bytes = judge.largestPictureBytes(
        fileBytes: settings.maximumFileBytes, pixels: settings.maximumPixels)
      {
        lines.append(
          "memory: \(settings.laneCount) lanes, each with up to \(bytes >> 20) MiB for a picture of the largest size "
            + "(maximum_pixels \(settings.maximumPixels), maximum_file_bytes \(settings.maximumFileBytes))")
      }
    }
    return lines
  }

  /// Judges one folder: usable, or missing where it can be created.
  ///
  /// - Returns: the folder where it exists.
  private static func judge(
    _ path: FilePath, isChanged: Bool = true, _ lines: inout [String]
  ) throws(InspectionError) -> Directory? {
    let folder = try onSystem { () throws(LinuxError) in try Directory.checkCreating(path: path) }
    guard let folder else {
      lines.append("folders: '\(escaped(path))' is missing and will be created")
      return nil
    }
    if isChanged { try onSystem { () throws(LinuxError) in try folder.checkChangeable() } }
    return folder
  }
}
