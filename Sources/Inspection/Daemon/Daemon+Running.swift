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
    let values = pipeline.metrics.values
    let counts = Verdict.allCases.map { "\(values.count($0)) \($0.rawValue)" }
    pipeline.sink.post(.stopped, "stopped after \(values.total) inspections: " + counts.joined(separator: ", "))
    pipeline.finishRecords()
    pipeline.publisher.finish()
    // Closing brings the log into the file, so that one file is the whole ledger; where somebody still reads it, the next
    // start does that.
    try? ledger.value.close()
  }
}
