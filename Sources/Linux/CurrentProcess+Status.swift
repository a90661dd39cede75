private import Glibc

extension CurrentProcess {
  /// Processors that this process may run on, at least 1.
  ///
  /// Source: man page proc(5), /proc/self/status, Cpus_allowed.
  public static var processorCount: Int {
    let digits = statusField("Cpus_allowed")?.compactMap(\.hexDigitValue) ?? []
    return max(1, digits.reduce(0) { $0 + $1.nonzeroBitCount })
  }

  /// Bytes of the machine's memory.
  ///
  /// Source: man page sysconf(3), _SC_PHYS_PAGES.
  public static var machineMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// The most bytes of memory that the process has had so far; nil where the kernel does not say.
  ///
  /// Source: man page proc(5), /proc/self/status, VmHWM.
  public static var peakMemory: Int? {
    statusField("VmHWM")?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Ends the process with a status, from any thread, without running what others have left to do.
  public static func exit(_ status: Int32) -> Never { _exit(status) }

  /// A field of /proc/self/status; nil where there is none.
  static func statusField(_ name: String) -> String? {
    guard let bytes = try? FileContents.read(BytePath("/proc/self/status"), limit: 65_536) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("\(name):") }
    return line.map { String($0.dropFirst(name.count + 1).drop { $0 == "\t" || $0 == " " }) }
  }
}
