internal import Linux

/// Whether a file that lies somewhere is the one that a record is about: the very bytes that were judged.
enum InspectedFile {
  /// Compares a file with a record.
  ///
  /// - Parameters:
  ///   - before: the file as it was where it was inspected, just before it was renamed by us; nil where that is not known:
  ///     then its bytes are compared. A rename changes the time by which a change in place would show.
  ///   - sign: told of every piece that is read.
  /// - Throws: `LinuxError` when its bytes cannot be read.
  static func isIt(
    _ record: InspectionRecord, _ name: FileName, in folder: Directory, before: FileStatus? = nil,
    sign: SignOfLife = .none
  ) throws(LinuxError) -> Bool {
    guard let status = try folder.status(of: name), isAlike(record, status) else { return false }
    // Nothing was read of a file that is too large: its size, which is the same, is all that it was judged by.
    if record.digest.isEmpty { return true }
    if let before, isCertain(record, before), before.inode == status.inode { return true }
    return try FileDigest.of(name, in: folder, sign: sign) == record.digest
  }

  /// The file's number, size and time; the file system may have another number since it was mounted again.
  static func isAlike(_ record: InspectionRecord, _ status: FileStatus) -> Bool {
    status.kind == .regular && status.inode == record.arrival.inode && status.size == record.arrival.size
      && status.modified == record.arrival.modified
  }

  /// Whether a file that is like the inspected one may be its copy: two file systems number their files each on its own.
  ///
  /// - Parameters:
  ///   - source: what has the inspected file's name in the watched folder; nil where nothing has.
  ///   - isElsewhere: whether that is another folder than the one in which the file was seen: what lies in that one is not
  ///     known.
  static func mayBeCopy(
    _ record: InspectionRecord, _ found: FileStatus, source: FileStatus?, isElsewhere: Bool
  ) -> Bool {
    if let source, isAlike(record, source) { return source.device != found.device }
    return isElsewhere && found.device != record.arrival.device
  }

  /// Whether the kernel's times alone prove that the bytes are those that were read.
  private static func isCertain(_ record: InspectionRecord, _ status: FileStatus) -> Bool {
    // A file rests for more than a tick before it is read: whatever wrote to it since has changed this time.
    record.arrival.device == status.device && record.changed == status.changed
  }
}
