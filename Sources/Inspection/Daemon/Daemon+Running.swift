public import Linux
private import SystemPackage

extension Daemon {
  /// Inspects until it is stopped.
  ///
  /// - Parameter signals: where SIGTERM, SIGINT and SIGHUP come from; nil where only `stop` ends it.
  /// - Throws: `InspectionError` when the folder cannot be watched.
  public func run(signals: SignalReceiver?) throws(InspectionError) {
    let incoming = try onSystem { () throws(LinuxError) in try folders.openIncoming() }
    let pipeline: Pipeline
    do { pipeline = try Pipeline(self, incoming: incoming) } catch { return }
    let watcher: Watcher
    do {
      watcher = try Watcher(self, pipeline, incoming: incoming, signals: signals)
    } catch {
      pipeline.finish()
      pipeline.finishRecords()
      throw error
    }
    watcher.run()
    ServiceManager.notify("STOPPING=1", "STATUS=finishing what is in hand")
    pipeline.finish()
    let counters = pipeline.counters.value
    let counts = Verdict.allCases.map { "\(counters.verdicts[$0, default: 0]) \($0.rawValue)" }
    pipeline.sink.post(.stopped, "stopped after \(counters.total) inspections: " + counts.joined(separator: ", "))
    pipeline.finishRecords()
  }

  /// Judges settings, folders and model without starting, beside a running daemon too.
  ///
  /// - Returns: what is as it should be, a line each.
  /// - Throws: `InspectionError` with the sentence of what is not.
  public static func check(settings: Settings, environment: Environment) throws(InspectionError) -> [String] {
    var lines = ["settings: sound"]
    let incoming = settings.spool.appending("incoming")
    if FileStatus(path: incoming) == nil {
      lines.append("folders: '\(escaped(incoming))' is missing and will be created")
    } else {
      let folders = try SpoolFolders(spool: settings.spool)
      let fileSystem = try onSystem { () throws(LinuxError) in try FileSystem(of: try folders.openIncoming()) }
      let way = settings.watch == .poll || (settings.watch == .auto && fileSystem.hidesRemoteChanges)
      lines.append("folders: '\(escaped(settings.spool))', \(MountCheck.describe(folders))")
      lines.append("watch: \(way ? "by looking again and again" : "inotify")")
      lines.append("room: \(fileSystem.freeBytes) bytes free, intake needs \(settings.minimumFreeBytes)")
    }
    let path = settings.resolvedModelPath
    if FileStatus(path: path) == nil {
      lines.append("model: none at '\(escaped(path))' yet; images will wait")
    } else {
      let judge = try environment.loadJudge(path)
      lines.append("model: '\(escaped(path))', \(judge.identity.summary)")
    }
    return lines
  }
}
