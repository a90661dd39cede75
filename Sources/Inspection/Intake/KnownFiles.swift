internal import Linux

/// The files of the watched folder that need no work: each by two numbers instead of its name and its status, so that a
/// folder of a million inspected pictures takes some ten megabytes.
///
/// The numbers are hashes with a key of this process that nobody can guess: that a file is taken for another happens once
/// in 2^63 comparisons of the same name's.
struct KnownFiles: Sendable {
  /// Most files that are remembered; the ledger is asked about the others whenever they are seen.
  let maximumCount: Int
  /// By the name's hash: the status' hash, its lowest bit the reading of the folder by which it was seen last.
  private var files: [UInt64: UInt64] = [:]
  private var reading: UInt64 = 0

  /// Nothing is known.
  init(maximumCount: Int = 4_194_304) { self.maximumCount = maximumCount }

  /// Files that are remembered.
  var count: Int { files.count }

  /// Whether the name is known, in whatever state.
  func contains(_ name: FileName) -> Bool { files[Self.key(name)] != nil }

  /// Whether the name is known in this state.
  func contains(_ name: FileName, _ status: FileStatus) -> Bool {
    files[Self.key(name)].map { $0 | 1 } == Self.fingerprint(status) | 1
  }

  /// Remembers a file; where there are too many, it stays unknown.
  mutating func remember(_ name: FileName, _ status: FileStatus) {
    let key = Self.key(name)
    guard files.count < maximumCount || files[key] != nil else { return }
    files[key] = (Self.fingerprint(status) & ~1) | reading
  }

  /// Remembers a name alone.
  ///
  /// - Returns: whether there was room for it.
  mutating func remember(_ name: FileName) -> Bool {
    guard files.count < maximumCount else { return false }
    files[Self.key(name)] = reading
    return true
  }

  /// Forgets a name.
  mutating func forget(_ name: FileName) { files[Self.key(name)] = nil }

  /// Forgets everything.
  mutating func forgetAll() { files = [:] }

  // MARK: Readings of the folder

  /// Begins a reading of the folder.
  mutating func beginReading() { reading ^= 1 }

  /// The reading has found the name.
  mutating func markSeen(_ name: FileName) {
    let key = Self.key(name)
    if let file = files[key] { files[key] = (file & ~1) | reading }
  }

  /// Ends the reading: what it has not found is not there any more.
  mutating func endReading() {
    let reading = reading
    if files.contains(where: { $0.value & 1 != reading }) { files = files.filter { $0.value & 1 == reading } }
  }

  private static func key(_ name: FileName) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(name)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// A folder is the same whatever happens inside it.
  private static func fingerprint(_ status: FileStatus) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(status.kind)
    hasher.combine(status.device)
    hasher.combine(status.inode)
    if status.kind != .directory { hasher.combine(status) }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
