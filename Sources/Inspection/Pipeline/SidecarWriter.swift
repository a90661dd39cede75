internal import Linux
private import SystemPackage

/// Writes what lies beside quarantined pictures, and tells once when it cannot.
struct SidecarWriter {
  let folders: SpoolFolders
  let sink: RecordSink
  let faults: Faults
  private var hasFailed = false

  /// A writer for a spool's quarantine.
  init(_ folders: SpoolFolders, _ sink: RecordSink, _ faults: Faults) {
    self.folders = folders
    self.sink = sink
    self.faults = faults
  }

  /// Writes the sidecars of what was quarantined, with one flush of the folder; a record whose sidecar cannot be written
  /// becomes intended, so that it is tried again.
  ///
  /// - Parameter sign: told of each.
  mutating func write(
    _ records: inout [InspectionRecord], sign: SignOfLife = .none
  ) throws(Faults.SimulatedCrash) {
    let quarantine = folders.quarantine
    var failure: LinuxError?
    var written: [Int] = []
    for index in records.indices where records[index].action == .quarantined && records[index].state == .done {
      guard let sidecar = Sidecar(records[index]), let name = Sidecar.name(for: sidecar.name) else { continue }
      do throws(LinuxError) {
        try quarantine.write(sidecar.encoded, to: name, mode: 0o640, durability: .content)
        written.append(index)
        sign.give()
      } catch {
        failure = error
        records[index].state = .intended
      }
      try faults.reach(.sidecarWritten)
    }
    do throws(LinuxError) {
      if !written.isEmpty { try quarantine.synchronizeWherePossible() }
    } catch {
      failure = error
      for index in written { records[index].state = .intended }
    }
    if let failure, !hasFailed {
      sink.post(.failed, "\(failure); pictures are in quarantine without the file that describes them, for now")
    }
    if failure != nil || !written.isEmpty { hasFailed = failure != nil }
  }
}

extension Directory {
  /// Waits until renames and removals are on the disk; a file system that cannot be asked for that (EINVAL) does what it
  /// does.
  ///
  /// Source: fsync(2).
  func synchronizeWherePossible() throws(LinuxError) {
    do { try synchronize() } catch { if error.code != .invalidArgument { throw error } }
  }
}
