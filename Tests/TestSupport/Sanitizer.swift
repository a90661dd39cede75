private import Glibc

/// What the tests, and the programs that they start, were built with besides the compiler.
public enum Sanitizer: String, Sendable {
  /// Overflows, uses after free and leaks; about twice as slow.
  case address
  /// Races; five to fifteen times as slow, with a thread of its own that wakes up ten times a second.
  case thread

  /// The one that is in this process; nil in a plain build.
  ///
  /// Source: asan_interface_internal.h and tsan_interface.h of LLVM, whose first functions are looked for.
  public static let current: Sanitizer? =
    if dlsym(nil, "__asan_init") != nil { .address } else if dlsym(nil, "__tsan_init") != nil { .thread } else { nil }

  /// How many times longer than in a plain build a test waits for an event before it gives up: sanitized programs are
  /// slower, and no promise is about them.
  public static let patience = current == nil ? 1.0 : 8.0

  /// Whether a program wakes up for its own work only; said loudly where the sanitizer has a thread.
  public static let letsProgramsRest: Bool = {
    if current == .thread { print("SKIPPED: the thread sanitizer's own thread wakes up whatever a program does") }
    return current != .thread
  }()
}
