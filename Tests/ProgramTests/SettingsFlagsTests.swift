import Inspection
import Testing

@testable import ganomalyd

@Suite("ganomalyd: flags") struct SettingsFlagsTests {
  @Test func `every key of the configuration is taken from its flag`() throws {
    let arguments = SettingsKey.all.flatMap { ["--" + $0.name.replacing("_", with: "-"), "value of \($0.name)"] }
    let given = try SettingsFlags.parse(arguments).given
    #expect(given.count == SettingsKey.all.count)
    for key in SettingsKey.all { #expect(given[key.name] == "value of \(key.name)") }
  }
}
