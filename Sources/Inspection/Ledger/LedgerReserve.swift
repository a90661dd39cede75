internal import Linux

/// Room in the state folder that is given up where the disk is full: before a picture may be removed the ledger must know
/// of it, and on a full disk it could not be told.
struct LedgerReserve {
  /// The file that holds the room.
  static let name = FileName("ledger.reserve")!
  /// Its bytes: a commit of a hundred departures, some times over.
  static let byteCount = 1 << 20
  /// Free bytes below which none is made: it must not be what fills a disk.
  static let minimumFreeBytes: UInt64 = 64 << 20

  /// The state folder.
  let state: Directory
  /// Bytes that are free in it; given by tests.
  var freeBytes: (Directory) throws(LinuxError) -> UInt64 = { folder throws(LinuxError) in
    try FileSystem(of: folder).freeBytes
  }

  /// Makes it where it is missing and there is room.
  func renew() throws(LinuxError) {
    if try state.status(of: Self.name) != nil { return }
    guard try freeBytes(state) >= Self.minimumFreeBytes else { return }
    // Noise: a file system that compresses keeps no room for zeros.
    let bytes = (0..<Self.byteCount / 8).flatMap { _ in
      let word = UInt64.random(in: 0 ... .max)
      return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    try state.write(bytes, to: Self.name, mode: 0o600)
  }

  /// Runs work on the ledger; where it fails for lack of room, gives the reserve up and runs it once more.
  ///
  /// - Throws: what the work throws; for lack of room with what helps.
  func used<Result>(by body: () throws(InspectionError) -> Result) throws(InspectionError) -> Result {
    do {
      return try body()
    } catch {
      guard case .ledger(let path, let reason, isDamaged: false) = error, isFull(reason) else { throw error }
      if giveUp() { return try body() }
      throw .ledger(
        path: path,
        reason: reason + "; its disk is full, and nothing is removed without a record: free a megabyte in "
          + "'\(escaped(state.path))' or elsewhere on that disk by hand, such as old logs, then try again",
        isDamaged: false)
    }
  }

  /// Whether an error of the ledger means that there is no room: SQLite has several names for that.
  private func isFull(_ reason: String) -> Bool {
    if reason.contains("is full") { return true }
    guard let free = try? freeBytes(state) else { return false }
    return free < UInt64(Self.byteCount) / 4
  }

  private func giveUp() -> Bool {
    do throws(LinuxError) {
      guard try state.status(of: Self.name)?.kind == .regular else { return false }
      try state.remove(Self.name)
      return true
    } catch {
      // Then there is no reserve: the ledger's own error is the one to tell.
      return false
    }
  }
}
