import Foundation

/// What programs that tests start find in their environment.
enum ProgramEnvironment {
  /// A path, and what a sanitized program needs: nothing else of whoever runs the tests.
  static let plain: [String: String] = {
    let options = ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"]
    return ProcessInfo.processInfo.environment.filter { options.contains($0.key) }
      .merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 }
  }()

  /// The same with more.
  static func plain(and more: [String: String]) -> [String: String] { plain.merging(more) { $1 } }
}
