private import CLinux
private import Glibc
private import SystemPackage

/// Who holds locks on files, as the kernel lists them: for whoever may not open the files.
///
/// Source: proc_locks(5), proc_pid_mountinfo(5), proc_pid_fdinfo(5), makedev(3).
enum KernelLocks {
  /// The process that has a file of a folder locked by flock(2); nil where nobody has, or that cannot be known.
  ///
  /// - Parameter inode: the file's number.
  static func holder(of inode: UInt64, in folder: Directory) -> Int32? { try? read(of: inode, in: folder) }

  /// The same for whoever relies on it.
  ///
  /// - Throws: `LinuxError` where the kernel's list cannot be read.
  static func read(of inode: UInt64, in folder: Directory) throws(LinuxError) -> Int32? {
    let device = try device(of: folder)
    return holder(of: inode, device: device, in: try lines("/proc/locks"))
  }

  /// The holder in the lines of /proc/locks, such as `1: FLOCK  ADVISORY  WRITE 77 08:01:4711 0 EOF`.
  ///
  /// - Parameter device: major and minor number of the file system.
  static func holder(of inode: UInt64, device: (UInt32, UInt32), in lines: [Substring]) -> Int32? {
    for line in lines {
      let words = line.split(separator: " ")
      // A waiting one has an arrow before its kind.
      guard words.count > 5, words[1] == "FLOCK" else { continue }
      let place = words[5].split(separator: ":")
      guard place.count == 3, UInt64(place[2]) == inode, UInt32(place[0], radix: 16) == device.0,
        UInt32(place[1], radix: 16) == device.1
      else { continue }
      return Int32(words[4])
    }
    return nil
  }

  /// The number of a folder's file system as the kernel's lists have it, which `stat` does not give on all of them.
  private static func device(of folder: Directory) throws(LinuxError) -> (UInt32, UInt32) {
    let status = try folder.status()
    // As the C library's `major` and `minor` take them apart, which are macros.
    let known = (
      UInt32(truncatingIfNeeded: (status.device >> 8) & 0xFFF | (status.device >> 32) & ~0xFFF),
      UInt32(truncatingIfNeeded: status.device & 0xFF | (status.device >> 12) & ~0xFF)
    )
    guard let information = try? lines("/proc/self/fdinfo/\(folder.descriptor.number)"),
      let mount = information.first(where: { $0.hasPrefix("mnt_id:") })?.split(separator: "\t").last,
      let mounts = try? lines("/proc/self/mountinfo")
    else { return known }
    for line in mounts {
      let words = line.split(separator: " ")
      guard words.count > 2, words[0] == mount else { continue }
      let numbers = words[2].split(separator: ":").compactMap { UInt32($0) }
      return numbers.count == 2 ? (numbers[0], numbers[1]) : known
    }
    return known
  }

  private static func lines(_ path: String) throws(LinuxError) -> [Substring] {
    do throws(FileError) {
      let bytes = try FileContents.read(BytePath(path), limit: 16 << 20)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    } catch {
      throw LinuxError(operation: "read '\(path)', which tells who holds a lock", code: .permissionDenied)
    }
  }
}
