private import CLinux
private import Glibc
private import SystemPackage

/// A lock on a folder's file that ends with the process, whatever way it ends.
public final class FileLock: Sendable {
  private let descriptor: Descriptor

  /// Takes the lock, or tells who holds it.
  ///
  /// The file is its owner's alone: whoever may only read the folder cannot take the lock and keep others out.
  ///
  /// - Parameter note: text left in the file for whoever finds the lock taken.
  /// - Returns: nil with `holder` set to the holder's note, or its process, when another process has it.
  public static func take(
    _ name: FileName, in directory: Directory, note: String, holder: inout String
  ) throws(LinuxError) -> FileLock? {
    let subject = directory.describe(name)
    let descriptor = try open(private: name, in: directory, O_RDWR, isOurs: true)
    do {
      let number = descriptor.number
      var attempts = 0
      _ = try call("lock '\(subject)'") {
        while true {
          let result = flock(number, LOCK_EX | LOCK_NB)
          attempts += 1
          // `holder(of:in:)` has it for a moment only.
          if result == 0 || errno != EWOULDBLOCK || attempts == 5 { return result }
          poll(nil, 0, 20)
        }
      }
    } catch  where error.code == .wouldBlock {
      holder = holderNote(descriptor)
      // Whoever holds it need not be who left the note.
      let process = KernelLocks.holder(of: try descriptor.status(subject).inode, in: directory)
      if let process, holder.hasPrefix("process "), !holder.hasPrefix("process \(process) ") {
        holder = "process \(process)"
      }
      return nil
    }
    let number = descriptor.number
    _ = try call("write '\(subject)'") { ftruncate(number, 0) }
    try descriptor.write(note.utf8, subject)
    return FileLock(descriptor: descriptor)
  }

  /// What the holder left in the file.
  private static func holderNote(_ descriptor: borrowing Descriptor) -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = pread(descriptor.number, &bytes, bytes.count, 0)
    return escaped(Array(bytes.prefix(max(0, count))))
  }

  /// Who holds a lock, without taking it: whoever may not open the file asks the kernel.
  ///
  /// - Returns: the holder's note, or its process; nil where nobody holds it, or there is no such file.
  public static func holder(of name: FileName, in directory: Directory) throws(LinuxError) -> String? {
    let subject = directory.describe(name)
    let number: Int32
    do {
      number = try call("open '\(subject)'") {
        name.withCString { openat(directory.descriptor.number, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
      }
    } catch  where error.code == .noSuchFileOrDirectory {
      return nil
    } catch  where error.code == .permissionDenied {
      guard let status = try directory.status(of: name) else { return nil }
      return try KernelLocks.read(of: status.inode, in: directory).map { "process \($0)" }
    }
    let descriptor = Descriptor(owning: number)
    do {
      // Shared and for a moment: who takes the lock meanwhile tries more than once.
      _ = try call("lock '\(subject)'") { flock(number, LOCK_SH | LOCK_NB) }
    } catch  where error.code == .wouldBlock {
      return holderNote(descriptor)
    }
    return nil
  }

  /// What an attempt to lock a private file came to.
  public enum Attempt: Sendable {
    /// The lock is ours.
    case taken(FileLock)
    /// Another process has it; its number where the kernel tells.
    case held(process: Int32?)
    /// The file system has no such locks, or no room for the file.
    case notPossible
  }

  /// Locks a file that only the folder's owner can open: whoever may read the folder cannot keep others out of it.
  ///
  /// The file is made where there is none, and given to the folder's owner by the superuser.
  ///
  /// - Throws: `LinuxError`, such as "permission denied" for other users.
  ///
  /// Source: flock(2).
  public static func take(private name: FileName, in folder: Directory) throws(LinuxError) -> Attempt {
    let descriptor: Descriptor
    do {
      // Not for writing: a file system with a file open for that cannot be made read-only.
      descriptor = try open(private: name, in: folder, O_RDONLY, isOurs: false)
    } catch  where error.isNoSpace {
      // No room for one more name: work that makes room must not depend on it.
      return .notPossible
    }
    do {
      let number = descriptor.number
      _ = try call("lock '\(folder.describe(name))'") { flock(number, LOCK_EX | LOCK_NB) }
    } catch  where error.code == .wouldBlock {
      return .held(process: KernelLocks.holder(of: try descriptor.status(folder.describe(name)).inode, in: folder))
    } catch {
      return .notPossible
    }
    return .taken(FileLock(descriptor: descriptor))
  }

  /// Opens a file that only the folder's owner can open; makes it where there is none.
  ///
  /// - Parameter isOurs: whether nobody else may write to the folder: then a file there is a daemon's, and stays as long
  ///   as it is locked.
  private static func open(
    private name: FileName, in folder: Directory, _ access: Int32, isOurs: Bool
  ) throws(LinuxError) -> Descriptor {
    let subject = folder.describe(name)
    let flags = access | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var attempts = 0
    while true {
      attempts += 1
      let number: Int32
      do {
        number = try call("open '\(subject)'") {
          name.withCString { openat(folder.descriptor.number, $0, flags, mode_t(0o600)) }
        }
      } catch  where error.code == .permissionDenied && attempts == 1 {
        // Made by a superuser who was ended before it was given away: the folder's owner makes it anew.
        guard try folder.status().owner == UInt32(geteuid()), let found = try folder.status(of: name) else {
          throw error
        }
        if isOurs, try KernelLocks.read(of: found.inode, in: folder) != nil { throw error }
        try folder.remove(name)
        continue
      }
      let descriptor = Descriptor(owning: number)
      let status = try descriptor.status(subject)
      let owner = try folder.status()
      if attempts == 1, !isOurs, ![owner.owner, UInt32(geteuid()), 0].contains(status.owner) {
        // Somebody else's, who could keep the lock for ever.
        try folder.remove(name)
        continue
      }
      if geteuid() == 0, status.owner == 0, owner.owner != 0 {
        // Where the file system keeps no owners, its options decide who may.
        _ = fchown(number, uid_t(owner.owner), gid_t(owner.group))
      }
      if status.mode & 0o077 != 0 { _ = fchmod(number, mode_t(0o600)) }
      return descriptor
    }
  }

  private init(descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
