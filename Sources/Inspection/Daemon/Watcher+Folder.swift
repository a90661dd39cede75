internal import Linux
private import SystemPackage

/// A reading of the watched folder that is under way, a piece a turn: a folder of a million files must not keep the watch
/// thread from its signals, nor the lanes from their work.
struct FolderPass {
  /// Names that are examined in one turn.
  static let pieceSize = 2048
  /// Failures that are remembered by name.
  static let maximumFailureCount = 1024

  let reader: DirectoryReader
  /// Names that could not be examined, the first of them.
  var failures: [FolderReading.Failure] = []
  /// How many they were.
  var failureCount = 0
}

extension Watcher {
  /// Begins to hear of the folder's events, where it is to be watched.
  func startWatch(_ folder: Directory) throws(LinuxError) {
    let fileSystem = try FileSystem(of: folder)
    housekeeping.way = WatchWay(daemon.settings.watch, on: fileSystem)
    var rules = intake.rules
    rules.rescan = pipeline.settings.value.rescan
    intake.apply(housekeeping.way.adapted(rules), at: .now)
    guard !housekeeping.way.isPolling else { return }
    watch = try inotify.watch(
      folder,
      for: [
        .created, .closedAfterWriting, .movedIn, .movedOut, .modified, .deleted, .folderDeleted, .folderMoved,
      ])
  }

  // MARK: Looking

  /// Reads on in the folder where that is due, and looks at the names that want it.
  func look() {
    let now = ContinuousClock.now
    if incoming != nil, reading == nil, intake.isScanDue(at: now) { beginReading() }
    if reading != nil { readOn() }
    // The reading may have found another folder at the path: what follows is about that one.
    guard let incoming else { return }
    for name in intake.namesToObserve(at: now) {
      do throws(LinuxError) {
        let status = try incoming.status(of: name)
        intake.observe(name, status, age: status.map(Self.age) ?? .zero, at: ContinuousClock.now)
      } catch {
        intake.postpone(name, at: now)
      }
    }
    for report in intake.takeReports() { housekeeping.announce(report) }
  }

  private func beginReading() {
    lookAround()
    guard let incoming else { return }
    do throws(LinuxError) {
      reading = FolderPass(reader: try DirectoryReader(incoming))
      intake.beginScan()
    } catch {
      failReading(error)
    }
  }

  private func readOn() {
    guard let incoming, let reader = reading?.reader else { return reading = nil }
    do throws(LinuxError) {
      let names = try reader.next(atMost: FolderPass.pieceSize)
      if names.isEmpty { return endReading() }
      let piece = FolderReading(names, rules: intake.rules) { name throws(LinuxError) in
        try incoming.status(of: name)
      }
      for name in piece.foreign { intake.passOver(name) }
      for (name, status) in piece.entries { intake.found(name, status, age: Self.age(status), at: .now) }
      let room = FolderPass.maximumFailureCount - (reading?.failures.count ?? 0)
      reading?.failures += piece.failures.prefix(room)
      reading?.failureCount += piece.failures.count
    } catch {
      failReading(error)
    }
  }

  private func endReading() {
    intake.endScan(at: .now)
    if let reading { tell(reading.failures, count: reading.failureCount) }
    reading = nil
  }

  private func failReading(_ error: LinuxError) {
    reading = nil
    pipeline.sink.post(.failed, "\(error); the watched folder is read again in a moment")
    intake.postponeScan(until: .now + .seconds(5))
  }

  /// Tells of names that cannot be examined, each once as long as that lasts.
  private func tell(_ failures: [FolderReading.Failure], count: Int) {
    let isNew = failures.contains { !unexamined.contains($0.name) }
    unexamined = Set(failures.map(\.name))
    guard isNew, let first = failures.first else { return }
    pipeline.sink.post(
      .failed,
      "\(first.error); \(count) names of the watched folder cannot be examined and are left out until they can")
  }

  /// Time since a file's last change, by the system's clock; none where its times are beyond counting.
  static func age(_ status: FileStatus) -> Duration {
    let (age, isOverflow) = WallTime.now.nanoseconds
      .subtractingReportingOverflow(max(status.changed, status.modified))
    return isOverflow ? .zero : .nanoseconds(max(0, age))
  }

  // MARK: The folder's place

  /// Notices that the path leads to another folder by now, or to none; and that a lost folder is back.
  func checkPlace() {
    nextPlaceCheck = nil
    if let folder = incoming, !folder.isInPlace { lose(folder) }
    if incoming == nil { findFolder() }
  }

  private func lose(_ folder: Directory) {
    incoming = nil
    reading = nil
    if let watch { inotify.remove(watch: watch) }
    watch = nil
    intake.forgetAll()
    pipeline.sink.post(
      .folderLost,
      "the watched folder '\(escaped(folder.path))' is gone or was replaced; nothing is inspected until it is back")
  }

  private func findFolder() {
    do throws(LinuxError) {
      let folder = try daemon.folders.openIncoming()
      guard folder.isInPlace else { return lookAgain() }
      try startWatch(folder)
      incoming = folder
      // Before any of its files is handed out.
      pipeline.announceReturn(of: folder)
      toldPlaceFailure = nil
      intake.requestScan()
      pipeline.sink.post(
        .folderBack,
        "the watched folder '\(escaped(folder.path))' is back, by \(housekeeping.way.description); it is read in full")
    } catch {
      tellPlaceFailure(error)
      lookAgain()
    }
  }

  /// Tells once why a folder that is there again cannot be watched.
  private func tellPlaceFailure(_ error: LinuxError) {
    // That it is gone was told.
    let failure = error.code == .noSuchFileOrDirectory ? nil : "\(error)"
    defer { toldPlaceFailure = failure }
    guard let failure, failure != toldPlaceFailure else { return }
    pipeline.sink.post(.folderLost, "something is at the watched folder's place, and cannot be watched: \(failure)")
  }

  /// No event need come when the folder is back.
  private func lookAgain() { nextPlaceCheck = .now + .seconds(1) }
}
