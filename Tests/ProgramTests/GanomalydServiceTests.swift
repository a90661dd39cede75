import Foundation
import Glibc
import Inspection
import Linux
import SystemPackage
import Testing

/// A service manager's ear: a datagram socket that remembers what it is told.
final class NotifyListener {
  let path: String
  private let descriptor: Int32
  private(set) var lines: [String] = []

  init(folder: ScratchFolder) throws {
    path = folder.path + "/notify"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
  }

  deinit { close(descriptor) }

  /// Takes in what has come, and tells whether a line is among all that came.
  func has(_ line: String) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0 { break }
      lines += String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }
    return lines.contains(line)
  }

  /// Forgets what came so far.
  func clear() {
    _ = has("")
    lines = []
  }
}

@Suite("ganomalyd: the service") struct GanomalydServiceTests {
  @Test func `the service manager hears ready, status, watchdog, reload and stop`() throws {
    let spool = try TestSpool()
    let listener = try NotifyListener(folder: spool.folder)
    let daemon = try spool.start(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "2000000"])
    try eventually("READY") { listener.has("READY=1") }
    try eventually("WATCHDOG") { listener.has("WATCHDOG=1") }
    try spool.copyIn(1, as: "a.png")
    try eventually("STATUS") { listener.has("STATUS=1 normal, 0 anomaly, 0 unreadable, 0 refused, 0 error; 0 waiting") }
    listener.clear()
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("RELOADING, then READY") { listener.has("RELOADING=1") && listener.has("READY=1") }
    listener.clear()
    try eventually("still alive") { listener.has("WATCHDOG=1") }
    #expect(daemon.stop() == 0)
    #expect(listener.has("STOPPING=1"))
  }

  @Test func `a missing model is shown in the status, and a failed reload ends with READY too`() throws {
    let spool = try TestSpool(withModel: false)
    let listener = try NotifyListener(folder: spool.folder)
    let file = spool.folder.path + "/c.yaml"
    try "settle: 50 ms\n".write(toFile: file, atomically: true, encoding: .utf8)
    let daemon = try spool.start(["--config", file], environment: ["NOTIFY_SOCKET": listener.path])
    try eventually("STATUS") {
      _ = listener.has("")
      return listener.lines.contains { $0.hasPrefix("STATUS=no model: run ganomaly install") }
    }
    listener.clear()
    try "nonsense: 1\n".write(toFile: file, atomically: true, encoding: .utf8)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("RELOADING, then READY") { listener.has("RELOADING=1") && listener.has("READY=1") }
    #expect(daemon.stop() == 0)
    #expect(!listener.has("WATCHDOG=1"))
  }

  @Test(arguments: ["ganomalyd.service", "ganomalyd@.service"])
  func `the unit is sound and exposes next to nothing`(name: String) throws {
    let folder = try ScratchFolder()
    let source = SystemTool.root.appending(path: "systemd/\(name)")
    // The program must exist for the check: the built one stands for the installed one.
    let text = try String(contentsOf: source, encoding: .utf8)
      .replacing("/usr/bin/ganomalyd", with: BuiltProgram.path(of: "ganomalyd"))
    let unit = folder.path + "/" + name.replacing("@.", with: "@line1.")
    try text.write(toFile: unit, atomically: true, encoding: .utf8)
    let (code, output) = try SystemTool.run(["systemd-analyze", "verify", "--man=no", unit])
    #expect(code == 0)
    // Unknown keys are only warned of.
    #expect(output == "")
    let (exposure, report) = try SystemTool.run([
      "systemd-analyze", "security", "--offline=true", "--threshold=2", unit,
    ])
    #expect(exposure == 0, "\(report.split(separator: "\n").last ?? "")")
  }

  @Test func `the catalog explains every message and is accepted`() throws {
    let folder = try ScratchFolder()
    let target = folder.path + "/usr/lib/systemd/catalog"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    let source = SystemTool.root.appending(path: "systemd/ganomalyd.catalog")
    try FileManager.default.copyItem(at: source, to: URL(filePath: target + "/ganomalyd.catalog"))
    let (code, output) = try SystemTool.run(["journalctl", "--update-catalog", "--root=\(folder.path)"])
    #expect(code == 0, "\(output)")
    #expect(output == "")
    let text = try String(contentsOf: source, encoding: .utf8)
    for message in MessageID.allCases { #expect(text.contains("-- \(message.rawValue)\n"), "\(message)") }
    #expect(text.components(separatedBy: "\n-- ").count - 1 == MessageID.allCases.count)
  }

  @Test func `systemd-sysusers and systemd-tmpfiles accept their files`() throws {
    let folder = try ScratchFolder()
    let source = SystemTool.root.appending(path: "systemd").path()
    let (users, said) = try SystemTool.run([
      "systemd-sysusers", "--dry-run", "--root=\(folder.path)", "\(source)/ganomaly.sysusers.conf",
    ])
    #expect(users == 0, "\(said)")
    let tmpfiles = try String(contentsOfFile: source + "/ganomaly.tmpfiles.conf", encoding: .utf8)
    for name in ["incoming   2770", "quarantine 2750", "passed     2750", "rejected   2750"] {
      #expect(tmpfiles.contains("/var/spool/ganomaly/\(name)"))
    }
  }
}
