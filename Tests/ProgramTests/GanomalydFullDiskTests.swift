import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

/// A mount namespace of one's own.
enum MountNamespace {
  /// Whether we may have one; said loudly where not.
  static let isPossible: Bool = {
    let (code, output) = run("mount -t tmpfs tmpfs /mnt", seconds: 20)
    if code != 0 { print("SKIPPED: the full disk test needs root to mount a small file system: \(output)") }
    return code == 0
  }()

  /// Runs a shell script inside.
  static func run(_ script: String, seconds: Int = 60) -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments = [
      "--signal=KILL", "\(seconds)", "unshare", "--mount", "--propagation", "private", "--pid", "--fork",
      "--kill-child", "--mount-proc",
      "/bin/bash", "-c", "set -eu; " + script,
    ]
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { return (-1, "\(error)") }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}

@Suite("ganomalyd: a full disk", .enabled(if: MountNamespace.isPossible)) struct GanomalydFullDiskTests {
  @Test func `anomalies wait where they are while quarantine is full, and move when there is room`() throws {
    let spool = try TestSpool()
    let folder = spool.folder.path
    let anomalies = (0..<40).filter(SamplePictures.shared.isAnomalous)
    try FileManager.default.createDirectory(atPath: folder + "/p", withIntermediateDirectories: true)
    for number in anomalies {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: folder + "/p/\(number).png"))
    }
    let script = """
      cd '\(folder)'
      mkdir spool/quarantine
      mount -t tmpfs -o size=12k tmpfs spool/quarantine
      until_true() { for _ in $(seq 600); do if eval "$1"; then return 0; fi; sleep 0.1; done; echo "never: $1"; cat lines; return 1; }
      '\(GanomalydProcess.executable.path())' --spool spool --model model.safetensors --records stderr \
        --settle '50 ms' --minimum-free-bytes 0 2>lines &
      daemon=$!
      until_true 'grep -q "is ready" lines'
      grep -q 'several mounts' lines
      cp p/*.png spool/incoming/
      until_true 'grep -q "no-space" lines'
      until_true '[ "$(ls spool/incoming | wc -l)" -lt \(anomalies.count) ]'
      ls spool/incoming/*.png > waiting
      kill -0 $daemon
      mount -o remount,size=10m spool/quarantine
      until_true '[ -z "$(ls spool/incoming)" ]'
      until_true '[ "$(ls spool/quarantine/*.json | wc -l)" -eq \(anomalies.count) ]'
      for picture in p/*.png; do cmp "$picture" spool/quarantine/*-"$(basename "$picture")"; done
      kill -TERM $daemon
      wait $daemon
      """
    let (code, output) = MountNamespace.run(script)
    let lines = (try? String(contentsOfFile: folder + "/lines", encoding: .utf8)) ?? ""
    #expect(code == 0, "\(output)\(lines)")
    let records = spool.records()
    #expect(records.count == anomalies.count)
    #expect(records.allSatisfy { $0.action == .quarantined && $0.state == .done && $0.reason == nil })
    #expect(lines.contains("quarantine-failed"))
    let waiting = try String(contentsOfFile: folder + "/waiting", encoding: .utf8).split(separator: "\n").count
    #expect(waiting >= 1)
  }

  @Test func `a quarantine that becomes read-only loses nothing, and takes what waits when it is writable again`()
    throws
  {
    let spool = try TestSpool()
    let folder = spool.folder.path
    let anomalies = Array((0..<40).filter(SamplePictures.shared.isAnomalous).prefix(5))
    try FileManager.default.createDirectory(atPath: folder + "/p", withIntermediateDirectories: true)
    for number in anomalies {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: folder + "/p/\(number).png"))
    }
    let script = """
      cd '\(folder)'
      mkdir spool/quarantine
      mount -t tmpfs -o size=10m tmpfs spool/quarantine
      until_true() { for _ in $(seq 600); do if eval "$1"; then return 0; fi; sleep 0.1; done; echo "never: $1"; cat lines; return 1; }
      '\(GanomalydProcess.executable.path())' --spool spool --model model.safetensors --records stderr \
        --settle '50 ms' --minimum-free-bytes 0 2>lines &
      daemon=$!
      until_true 'grep -q "is ready" lines'
      mount -o remount,ro spool/quarantine
      cp p/*.png spool/incoming/
      until_true '[ "$(grep -c "no-space" lines)" -ge \(anomalies.count) ]'
      for picture in p/*.png; do cmp "$picture" spool/incoming/"$(basename "$picture")"; done
      mount -o remount,rw spool/quarantine
      until_true '[ "$(ls spool/quarantine/*.json 2>/dev/null | wc -l)" -eq \(anomalies.count) ]'
      until_true '[ -z "$(ls spool/incoming)" ]'
      for picture in p/*.png; do cmp "$picture" spool/quarantine/*-"$(basename "$picture")"; done
      [ "$(ls -A spool/quarantine | grep -cv 'lock$')" -eq \(2 * anomalies.count) ]
      kill -TERM $daemon
      wait $daemon
      """
    let (code, output) = MountNamespace.run(script)
    #expect(code == 0, "\(output)")
    let records = spool.records()
    #expect(records.count == anomalies.count)
    #expect(records.allSatisfy { $0.action == .quarantined && $0.state == .done && $0.reason == nil })
  }
}
