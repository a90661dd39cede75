import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// Where commands beside the daemon look for its folders.
@Suite("settings of a service, found from outside") struct ServiceSettingsTests {
  private func settings(
    _ text: String, spool: String? = nil, state: String? = nil, environment: [String: String] = [:]
  ) throws -> Settings {
    let file = NSTemporaryDirectory() + "ganomalyd-\(UUID().uuidString).yaml"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    return try SettingsReader.ofService(
      config: FilePath(file), spool: spool, state: state, environment: environment)
  }

  @Test func `a configuration's folders are used as a daemon by hand uses them`() throws {
    var found = try settings("spool: /data/parts")
    #expect(found.spool == "/data/parts")
    #expect(found.resolvedStatePath == "/data/parts/state")
    #expect(found.resolvedModelPath == "/data/parts/state/model.safetensors")
    found = try settings("spool: /data/parts\nstate: /data/state\nmodel: /data/m.safetensors")
    #expect(found.resolvedStatePath == "/data/state")
    #expect(found.resolvedModelPath == "/data/m.safetensors")
  }

  @Test func `flags win over the environment, that over the configuration`() throws {
    let text = "spool: /a"
    let variables = ["GANOMALY_SPOOL": "/b", "GANOMALY_QUEUE": "nonsense", "GANOMALY_OTHER": "1"]
    #expect(try settings(text, environment: variables).spool == "/b")
    #expect(try settings(text, spool: "/c", environment: variables).resolvedStatePath == "/c/state")
    #expect(try settings(text, spool: "/c", state: "/d", environment: variables).resolvedStatePath == "/d")
    #expect(try settings(text, state: "/d").spool == "/a")
  }

  @Test func `the packaged spool has the packaged state`() throws {
    #expect(try settings("", spool: "/var/spool/ganomaly/").resolvedStatePath == "/var/lib/ganomaly")
    #expect(try settings("", spool: "/var/spool/ganomaly/line2").resolvedStatePath == "/var/lib/ganomaly/line2")
    #expect(try settings("", spool: "/var/spool/other").resolvedStatePath == "/var/spool/other/state")
  }

  @Test func `only the service's own configurations name a service`() {
    func name(_ path: FilePath) -> String { SettingsReader.packagedName(of: path).map { $0 ?? "itself" } ?? "none" }
    #expect(name("/etc/ganomaly/ganomalyd.yaml") == "itself")
    #expect(name("/etc/ganomaly/../ganomaly/line2.yaml") == "line2")
    #expect(name("/etc/ganomaly/line2.conf") == "none")
    #expect(name("/home/me/ganomalyd.yaml") == "none")
  }

  @Test func `a named configuration that is missing or wrong is refused`() throws {
    #expect(throws: InspectionError.self) {
      try SettingsReader.ofService(config: "/nonexistent/c.yaml", spool: nil, state: nil, environment: [:])
    }
    #expect(throws: InspectionError.self) { try settings("spol: /a") }
  }
}
