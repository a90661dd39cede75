import Foundation
import TestSupport

/// Scripts in namespaces of their own: what they mount or start ends with them.
enum Namespaces {
  /// Runs a shell script inside, and ends it where it takes too long.
  ///
  /// - Parameters:
  ///   - seconds: how long at most, in a build without a sanitizer.
  ///   - more: further namespaces, as options of `unshare`.
  ///   - launcher: a program that runs the shell, with its arguments; none runs it directly.
  /// - Returns: its exit status, 137 where it took too long, and what it wrote to both outputs.
  static func run(
    _ script: String, seconds: Int, more: [String] = [], launcher: [String] = []
  ) -> (Int32, String) {
    let limit = ["timeout", "--signal=KILL", "\(Int(Double(seconds) * Sanitizer.patience))"]
    let unshare =
      ["unshare", "--mount", "--propagation", "private"] + more + ["--pid", "--fork", "--kill-child", "--mount-proc"]
    do {
      return try SystemTool.run(
        limit + unshare + launcher + ["/bin/bash", "-c", "set -eu; " + script], environment: ProgramEnvironment.plain)
    } catch {
      return (-1, "\(error)")
    }
  }
}

/// A mount namespace of one's own.
enum MountNamespace {
  /// Whether we may have one; said loudly where not.
  static let isPossible: Bool = {
    let (code, output) = run("mount -t tmpfs tmpfs /mnt", seconds: 20)
    if code != 0 { print("SKIPPED: what mounts a file system needs root: \(output)") }
    return code == 0
  }()

  /// Runs a shell script inside.
  static func run(_ script: String, seconds: Int = 90) -> (Int32, String) {
    Namespaces.run(script, seconds: seconds)
  }
}

/// The program beside a journald of its own, in namespaces of its own.
enum PrivateJournald {
  /// Whether this machine lets us make the namespaces and has a journald; said loudly where not.
  static let isPossible: Bool = {
    let (code, output) = run("true", seconds: 20)
    if code != 0 {
      print("SKIPPED: the journal tests need root (or user namespaces) and systemd-journald: \(output)")
    }
    return code == 0
  }()

  /// Runs a shell script inside.
  static func run(_ script: String, seconds: Int = 90) -> (Int32, String) {
    let launcher = SystemTool.root.appending(path: "scripts/test-support/private-journald").path()
    return Namespaces.run(script, seconds: seconds, more: ["--net"], launcher: [launcher])
  }
}
