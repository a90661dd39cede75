private import Crypto
internal import Linux

/// A copy to another file system: whole, compared and durable under its name, or not there.
struct CheckedCopy {
  let faults: Faults
  /// Told of every piece that is copied.
  var sign = SignOfLife.none

  /// The attributes that the copy gets beside the file's times.
  struct Attributes {
    /// Permission bits.
    var mode: UInt32
    /// The owner; nil: the file's.
    var owner: UInt32?
    /// The group; nil: the file's.
    var group: UInt32?
  }

  /// The copy's name until it is whole; hidden, so never inspected, and the same at every attempt.
  static func temporary(id: String) -> FileName {
    guard let name = FileName(".ganomaly-\(id).tmp") else { preconditionFailure("an event's id is part of a name") }
    return name
  }

  /// Removes what an attempt that was interrupted has left in a folder.
  static func removeLeftover(id: String, in folder: Directory) throws(LinuxError) {
    let name = temporary(id: id)
    if try folder.status(of: name) != nil { try folder.remove(name) }
  }

  /// Copies a file under a name that must be free, and waits until that is on the disk.
  ///
  /// - Returns: whether the file has the expected digest; where not, there is no copy.
  /// - Throws: `LinuxError`, with nothing left behind or the whole copy under its name; `SimulatedCrash`.
  func make(
    of file: borrowing PlainFile, in target: Directory, as name: FileName, id: String, digest: [UInt8],
    attributes: Attributes
  ) throws -> Bool {
    guard try put(file, in: target, as: name, id: id, digest: digest, attributes: attributes) else { return false }
    try faults.pass(.afterRename)
    try target.synchronizeWherePossible()
    try faults.pass(.copyFolderSynchronized)
    return true
  }

  /// Copies a file under a name that must be free; the name is not on the disk yet.
  ///
  /// - Parameter digest: the expected one; empty where none is known.
  /// - Returns: whether the file has the expected digest; where not, there is no copy.
  /// - Throws: `LinuxError`, with nothing left behind; `SimulatedCrash`, with everything left as it is.
  func put(
    _ file: borrowing PlainFile, in target: Directory, as name: FileName, id: String, digest: [UInt8],
    attributes: Attributes
  ) throws -> Bool {
    let temporary = Self.temporary(id: id)
    try Self.removeLeftover(id: id, in: target)
    do {
      guard try fill(temporary, in: target, from: file, digest: digest, attributes: attributes) else {
        try target.remove(temporary)
        return false
      }
      try target.rename(temporary, to: target, name, .refuseExisting)
    } catch let error as LinuxError {
      // Where even that fails, the next attempt removes it.
      try? Self.removeLeftover(id: id, in: target)
      throw error
    }
    return true
  }

  private func fill(
    _ temporary: FileName, in target: Directory, from file: borrowing PlainFile, digest: [UInt8], attributes: Attributes
  ) throws -> Bool {
    let copy = try target.newFile(temporary)
    try faults.pass(.temporaryCreated)
    let before = try file.status()
    var hash = SHA256()
    try copy.append(contentOf: file) { piece in
      hash.update(data: piece)
      sign.give()
    }
    try faults.pass(.copied)
    // Without a digest nothing was read of it before: then it must not have changed while it was copied.
    guard try digest.isEmpty ? file.status() == before : Array(hash.finalize()) == digest else { return false }
    try copy.takeAttributes(
      of: file, mode: attributes.mode, owner: attributes.owner, group: attributes.group)
    try copy.synchronize()
    sign.give()
    try faults.pass(.copySynchronized)
    return true
  }
}
