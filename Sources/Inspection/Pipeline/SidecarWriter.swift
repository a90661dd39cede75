internal import Linux
private import SystemPackage

/// Writes what lies beside quarantined pictures, and tells once when it cannot.
struct SidecarWriter {
  let sink: RecordSink
  let faults: Faults
  private var hasFailed = false
  private var hasViewFailed = false

  /// A writer that has told nothing yet.
  init(_ sink: RecordSink, _ faults: Faults) {
    self.sink = sink
    self.faults = faults
  }

  /// Writes the sidecars of what was quarantined, with one flush of the folder; a record whose sidecar cannot be written
  /// becomes intended, so that it is tried again.
  ///
  /// - Parameters:
  ///   - quarantine: the folder that the pictures went to, whichever has its path by now.
  ///   - sign: told of each.
  mutating func write(
    _ records: inout [InspectionRecord], in quarantine: Directory, sign: SignOfLife = .none
  ) throws(Faults.SimulatedCrash) {
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

  /// Side pictures by what became of them.
  struct ViewCounts: Sendable, Equatable {
    /// Those that lie beside their pictures.
    var written = 0
    /// Pictures in quarantine that should have one and have none.
    var missing = 0
  }

  /// Writes the side pictures of what was quarantined. One that cannot be written, or has no room, is missing: that is told
  /// once, and holds up nothing.
  ///
  /// - Parameters:
  ///   - quarantine: the folder that the pictures went to, whichever has its path by now.
  ///   - areWanted: whether a picture without one lacks it.
  ///   - room: what they may take.
  ///   - sign: told of each.
  mutating func writeViews(
    of pictures: [(record: InspectionRecord, view: SideView?)], in quarantine: Directory, areWanted: Bool,
    room: SideViewAllowance, sign: SignOfLife = .none
  ) -> ViewCounts {
    var counts = ViewCounts()
    var room = room
    var failure: String?
    for (record, view) in pictures where record.action == .quarantined && record.state == .done {
      guard let picture = record.destination, let name = SideView.name(for: picture) else { continue }
      do throws(LinuxError) {
        guard let view else {
          if areWanted, try quarantine.status(of: name) == nil { counts.missing += 1 }
          continue
        }
        guard try room.take(view.bytes.count, in: quarantine) else {
          counts.missing += 1
          failure =
            "'\(quarantine.path)' has no room for side pictures beside the \(room.floor) bytes that are kept "
            + "free there"
          continue
        }
        try quarantine.write(view.bytes, to: name, mode: 0o640, durability: .none)
        counts.written += 1
        sign.give()
      } catch {
        failure = "\(error)"
        counts.missing += 1
      }
    }
    if let failure, !hasViewFailed {
      sink.post(.failed, priority: 4, "\(failure); pictures are in quarantine without one that shows why")
    }
    if counts != ViewCounts() { hasViewFailed = failure != nil }
    return counts
  }
}

extension Directory {
  /// Waits until renames and removals are on the disk; a file system that cannot be asked for that (EINVAL) does what it
  /// does.
  ///
  /// - Returns: whether they are on the disk for certain.
  ///
  /// Source: fsync(2).
  @discardableResult
  func synchronizeWherePossible() throws(LinuxError) -> Bool {
    do { try synchronize() } catch {
      if error.code == .invalidArgument { return false }
      throw error
    }
    return true
  }
}
