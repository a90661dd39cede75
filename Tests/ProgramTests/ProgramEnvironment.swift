import Foundation

/// What programs that tests start find in their environment.
enum ProgramEnvironment {
  /// A path, and what tells a sanitized program where its findings go: nothing else of whoever runs the tests.
  static let plain: [String: String] = {
    let options = ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"]
    return ProcessInfo.processInfo.environment.filter { options.contains($0.key) }
      .merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 }
  }()

  /// The same with more.
  static func plain(and more: [String: String]) -> [String: String] { plain.merging(more) { $1 } }
}
