internal import Linux
private import SystemPackage

/// Removes the inspected file from the watched folder, and no other that has its name by now: it is taken aside,
/// compared, then removed.
struct SourceRemoval {
  let faults: Faults
  let incoming: Directory
  /// Told of every piece that is compared.
  var sign = SignOfLife.none

  /// The folder in the watched one where a file is compared before it is removed; hidden, so never inspected.
  static let folder = FileName(".ganomaly-removing")!

  /// What came of it.
  enum Outcome: Equatable {
    /// The inspected file is removed.
    case removed
    /// No file had its name.
    case missing
    /// Another file had its name; that one has a place in the watched folder again.
    case other
  }

  /// Takes the file aside, and removes it where it is the inspected one.
  func remove(_ record: InspectionRecord) throws -> Outcome {
    // A file that an interrupted attempt took aside would be in the way.
    if try finish(record) == .removed { return .removed }
    // Nothing is made in a folder that may only stand in for another.
    guard try incoming.status(of: record.arrival.name) != nil else { return .missing }
    let aside = try privateFolder()
    do {
      try incoming.rename(record.arrival.name, to: aside, Self.name(record), .refuseExisting)
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
      return .missing
    }
    try faults.pass(.sourceAside)
    return try finish(record) ?? .missing
  }

  /// Removes what lies aside for a record when it is the inspected file; puts it back when it is not.
  ///
  /// - Returns: nil where nothing lies there.
  func finish(_ record: InspectionRecord) throws -> Outcome? {
    let name = Self.name(record)
    guard let aside = try folder(holding: name) else { return nil }
    // Nobody else can reach it now by a name: what is compared is what is removed.
    if try isRemovable(record, name, in: aside) {
      try aside.remove(name)
      try faults.pass(.sourceRemoved)
      return .removed
    }
    try PutBack(faults: faults).perform(name, in: aside, to: incoming, record.arrival.name, id: record.id)
    return .other
  }

  /// Gives what lies aside for a record its place in the watched folder again, whatever it is.
  func giveBack(_ record: InspectionRecord) throws {
    let name = Self.name(record)
    guard let aside = try folder(holding: name) else { return }
    try PutBack(faults: faults).perform(name, in: aside, to: incoming, record.arrival.name, id: record.id)
  }

  /// Whether a file lies aside for a record.
  func holds(_ record: InspectionRecord) throws(LinuxError) -> Bool { try folder(holding: Self.name(record)) != nil }

  /// Whether the file that lies aside holds the bytes that were judged, and nobody is about to write others.
  private func isRemovable(_ record: InspectionRecord, _ name: FileName, in aside: Directory) throws -> Bool {
    guard let status = try aside.status(of: name), InspectedFile.isAlike(record, status),
      case .file(let file) = try PlainFile.open(name, in: aside)
    else { return false }
    if case .some = file.writers() { return false }
    // Of a file that is too large nothing was read: it is one as long as it has its size.
    return try record.digest.isEmpty || FileDigest.of(file, sign: sign) == record.digest
  }

  /// The ids of the events whose files still lie aside.
  func ids() throws(LinuxError) -> [String] {
    var ids: [String] = []
    for (_, aside) in try privateFolders() { ids += try aside.names().map { Self.parts($0).id } }
    return ids
  }

  /// Gives what still lies aside a place in the watched folder, and removes the folder: no record asks for its removal
  /// any more.
  ///
  /// - Parameter ids: of events whose records still do.
  /// - Returns: how many files were given back.
  func giveBackAll(except ids: Set<String>) throws -> Int {
    var count = 0
    for (folder, aside) in try privateFolders() {
      let names = try aside.names()
      var keptCount = 0
      for name in names {
        let (id, original) = Self.parts(name)
        if ids.contains(id) {
          keptCount += 1
          continue
        }
        try PutBack(faults: faults).perform(name, in: aside, to: incoming, original, id: id)
        count += 1
      }
      if keptCount == 0 { try incoming.removeFolder(folder) }
    }
    if count > 0 { try incoming.synchronizeWherePossible() }
    return count
  }

  /// What is told of files that were given back.
  static func note(_ count: Int) -> String {
    "\(count) files that were to be removed, and that no record asks to remove, are back; they are inspected"
  }

  // MARK: The folder

  /// The names that the folder may have: whoever may write to the watched folder can make folders of these names.
  private static let folders: [FileName] = [folder] + (2...16).map { FileName("\(folder)-\($0)")! }

  /// The folders of these names that are nobody's but ours.
  private func privateFolders() throws(LinuxError) -> [(name: FileName, folder: Directory)] {
    var found: [(name: FileName, folder: Directory)] = []
    for name in Self.folders where try incoming.status(of: name)?.kind == .directory {
      // One that cannot be opened holds nothing of ours.
      guard let folder = try? incoming.existingSubdirectory(name), folder.isPrivate else { continue }
      found.append((name, folder))
    }
    return found
  }

  /// The folder in which a name lies; nil where none holds it.
  private func folder(holding name: FileName) throws(LinuxError) -> Directory? {
    for (_, folder) in try privateFolders() where try folder.status(of: name) != nil { return folder }
    return nil
  }

  /// A folder that is nobody's but ours, made where there is none.
  private func privateFolder() throws(LinuxError) -> Directory {
    if let first = try privateFolders().first { return first.folder }
    for name in Self.folders where try incoming.status(of: name) == nil {
      let folder = try incoming.subdirectory(name, mode: 0o700)
      if folder.isPrivate { return folder }
    }
    throw LinuxError(
      operation: "make a folder of our own in '\(escaped(incoming.path))': remove the folders '\(Self.folder)*' that "
        + "another user made there", code: .fileExists)
  }

  private static let idLength = 36

  /// `<event id>-<name>`: with it the file could be given back without the ledger.
  private static func name(_ record: InspectionRecord) -> FileName {
    let prefix = Array("\(record.id)-".utf8)
    let room = FileName.maximumLength - prefix.count
    guard let name = FileName(bytes: prefix + DestinationName.shortened(record.arrival.name.bytes, to: room)) else {
      preconditionFailure("a shortened name is a name")
    }
    return name
  }

  /// The event's id and the file's name, of a name in the folder.
  private static func parts(_ name: FileName) -> (id: String, original: FileName) {
    let id = String(decoding: name.bytes.prefix(idLength), as: UTF8.self)
    guard name.bytes.count > idLength + 1, name.bytes[idLength] == UInt8(ascii: "-"),
      let original = FileName(bytes: Array(name.bytes[(idLength + 1)...]))
    else { return ("unknown0", name) }
    return (id, original)
  }
}

/// Gives a file that was not inspected its place back, or a name beside it where that is taken.
struct PutBack {
  let faults: Faults

  /// Renames it, never over another file.
  func perform(
    _ name: FileName, in folder: Directory, to incoming: Directory, _ original: FileName, id: String
  ) throws {
    try faults.pass(.beforePutBack)
    var place = original
    var count = 0
    while true {
      do {
        try folder.rename(name, to: incoming, place, .refuseExisting)
        break
      } catch {
        guard error.code == .fileExists, count < 1000 else { throw error }
        count += 1
        place = DestinationName.returned(original, id: id, count: count)
      }
    }
    try faults.pass(.afterPutBack)
  }
}
