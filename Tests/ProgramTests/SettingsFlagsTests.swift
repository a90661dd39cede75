import Foundation
import Inspection
import Testing

@Suite("ganomalyd: flags") struct SettingsFlagsTests {
  @Test func `every key of the configuration is taken from its flag`() throws {
    let folder = try ScratchFolder()
    for key in SettingsKey.all {
      let flag = "--" + key.name.replacing("_", with: "-")
      // Nothing is no value of any key: whoever takes it from the flag says so.
      let run = try GanomalydProcess(folder: folder, arguments: ["--check", flag, ""])
      run.process.waitUntilExit()
      #expect(run.process.terminationStatus == 2 && run.output.contains("flag '\(flag)' has the value ''"), "\(flag)")
    }
  }
}
