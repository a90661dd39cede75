private import CLinux
private import Glibc
public import SystemPackage

/// What the process asks about itself or sets for itself.
public enum CurrentProcess {
  /// Its number.
  public static var identifier: Int32 { getpid() }

  /// Whether it may do what is forbidden to others.
  public static var isRoot: Bool { geteuid() == 0 }

  /// Whether /proc shows this process under its own number: not where it is missing, or belongs to another namespace of
  /// processes.
  ///
  /// Source: man page proc(5), /proc/self; pid_namespaces(7), "/proc and PID namespaces".
  public static var isShownInProc: Bool {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = bytes.withUnsafeMutableBytes { readlink("/proc/self", $0.baseAddress!, $0.count) }
    return count > 0 && String(decoding: bytes.prefix(count), as: UTF8.self) == "\(getpid())"
  }

  /// The folder that relative paths start from; nil when it was removed.
  public static var workingDirectory: FilePath? {
    guard let text = getcwd(nil, 0) else { return nil }
    defer { free(text) }
    return FilePath(platformString: text)
  }

  /// Whether standard error is a terminal.
  public static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Ignores SIGPIPE, and SIGIO: a writer that opens a file while it is probed makes the kernel send that, and its
  /// default action would end the process.
  public static func ignoreFileSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGIO, SIG_IGN)
  }

  /// Lets every large block of memory go back to the system when it is freed.
  ///
  /// By itself the C library keeps blocks of up to 32 MiB once one of such a size was freed: models that replace each other
  /// would add up. What an anomaly's side picture takes, half a mebibyte, is kept for the next: given back, each of its
  /// pages costs a fault.
  ///
  /// Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD; to set one ends their adjustment.
  public static func returnFreedBlocks() {
    _ = mallopt(M_MMAP_THRESHOLD, 640 << 10)
    _ = mallopt(M_TRIM_THRESHOLD, 768 << 10)
  }

  /// Gives the system back what was freed in small blocks and lies between others that are in use: a call for when much was
  /// freed, some milliseconds long.
  ///
  /// Source: malloc_trim(3).
  public static func returnFreedMemory() { _ = malloc_trim(0) }

  /// Allows itself as many open files as it may.
  ///
  /// - Returns: how many that are; where more is forbidden, as many as before.
  ///
  /// Source: man page getrlimit(2), RLIMIT_NOFILE.
  public static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    return Int(clamping: limit.rlim_cur)
  }

  /// Writes a line to standard error; blocks as long as nobody reads a full pipe, and gives up when it is closed.
  public static func writeErrorLine(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if count == -1 && errno != EINTR { return }
    }
  }

  /// Ends the process at once, as SIGKILL would: nothing is flushed, no clean-up runs.
  public static func endWithoutCleanUp() -> Never {
    kill(getpid(), SIGKILL)
    while true { pause() }
  }
}
