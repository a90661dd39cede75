private import Foundation
internal import Linux
private import SystemPackage

/// Temporary files that a process has left which was killed while it wrote.
enum Leftovers {
  /// Removes them from a folder.
  ///
  /// - Parameters:
  ///   - isAlone: whether no other program may be copying into the spool now.
  ///   - isOurs: whether nobody else has files of their own there: else only names are removed that have an event's id.
  /// - Returns: why some could not be removed.
  static func remove(from folder: Directory, isAlone: Bool, isOurs: Bool) -> [LinuxError] {
    var failures: [LinuxError] = []
    do throws(LinuxError) {
      for name in try folder.names() where isLeftover(name, isAlone: isAlone, isOurs: isOurs) {
        do throws(LinuxError) { try folder.remove(name) } catch {
          if error.code != .noSuchFileOrDirectory { failures.append(error) }
        }
      }
    } catch {
      failures.append(error)
    }
    return failures
  }

  /// Whether nobody writes a file of that name any more.
  ///
  /// `.<process>-<number>.tmp` tells its writer; `.ganomaly-<event's id>.tmp` is written by whoever works in the spool.
  static func isLeftover(
    _ name: FileName, isAlone: Bool, isOurs: Bool, isAlive: (Int32) -> Bool = CurrentProcess.exists
  ) -> Bool {
    guard let text = String(validating: name.bytes, as: UTF8.self), text.hasPrefix("."), text.hasSuffix(".tmp") else {
      return false
    }
    let middle = text.dropFirst().dropLast(4)
    if middle.hasPrefix("ganomaly-") { return isAlone && UUID(uuidString: String(middle.dropFirst(9))) != nil }
    guard isOurs else { return false }
    let parts = middle.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let process = Int32(parts[0]), process > 0, UInt64(parts[1]) != nil else { return false }
    return !isAlive(process)
  }
}
