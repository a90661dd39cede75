import Foundation
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: a full disk", .enabled(if: MountNamespace.isPossible)) struct GanomalydFullDiskTests {
  @Test func `anomalies wait where they are while quarantine is full, and move when there is room`() throws {
    let spool = try TestSpool()
    let folder = spool.folder.path
    let anomalies = (0..<40).filter(SamplePictures.shared.isAnomalous)
    try spool.writePictures(anomalies)
    let script = """
      mkdir spool/quarantine
      mount -t tmpfs -o size=12k tmpfs spool/quarantine
      start --settle '50 ms'
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
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
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
    let anomalies = Array((0..<40).filter(SamplePictures.shared.isAnomalous).prefix(5))
    try spool.writePictures(anomalies)
    let script = """
      mkdir spool/quarantine
      mount -t tmpfs -o size=10m tmpfs spool/quarantine
      start --settle '50 ms'
      mount -o remount,ro spool/quarantine
      cp p/*.png spool/incoming/
      until_true '[ "$(grep -c "no-space" lines)" -ge \(anomalies.count) ]'
      for picture in p/*.png; do cmp "$picture" spool/incoming/"$(basename "$picture")"; done
      mount -o remount,rw spool/quarantine
      until_true '[ "$(ls spool/quarantine/*.json 2>/dev/null | wc -l)" -eq \(anomalies.count) ]'
      until_true '[ -z "$(ls spool/incoming)" ]'
      for picture in p/*.png; do cmp "$picture" spool/quarantine/*-"$(basename "$picture")"; done
      [ "$(ls -A spool/quarantine | grep -v 'view.png$' | grep -cv 'lock$')" -eq \(2 * anomalies.count) ]
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 0, "\(output)")
    let records = spool.records()
    #expect(records.count == anomalies.count)
    #expect(records.allSatisfy { $0.action == .quarantined && $0.state == .done && $0.reason == nil })
  }
}
