import Foundation
import Testing

@Suite("installation") struct InstallationTests {
  /// Where scripts/install puts things in these tests.
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func script(_ name: String, _ arguments: String...) throws -> (Int32, String) {
    try SystemTool.run([SystemTool.root.appending(path: "scripts/\(name)").path()] + arguments)
  }

  private func install(prefix: String) throws -> (Int32, String) {
    try script(
      "install", "--prefix", prefix, "--destdir", folder.path, "--programs", BuiltProgram.folder)
  }

  /// Plain files below the folder, by their paths from it.
  private func files() throws -> [String] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
    return paths.filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder.path + "/" + $0, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: folder.path + path, encoding: .utf8)
  }

  @Test func `what is installed goes away whole, but for settings that were changed`() throws {
    let (status, output) = try install(prefix: "/opt/line")
    #expect(status == 0, "\(output)")
    let installed = try files()
    for path in [
      "opt/line/bin/ganomalyd", "opt/line/bin/ganomaly", "opt/line/share/man/man8/ganomalyd.8",
      "opt/line/share/man/man1/ganomaly.1", "opt/line/share/man/man5/ganomalyd.yaml.5",
      "opt/line/share/bash-completion/completions/ganomaly", "opt/line/share/zsh/site-functions/_ganomalyd",
      "opt/line/share/fish/vendor_completions.d/ganomaly.fish", "usr/local/lib/systemd/system/ganomalyd.service",
      "usr/local/lib/systemd/system/ganomalyd@.service", "usr/local/lib/systemd/catalog/ganomalyd.catalog",
      "usr/local/lib/sysusers.d/ganomalyd.conf", "usr/local/lib/tmpfiles.d/ganomalyd.conf",
      "etc/ganomaly/ganomalyd.yaml",
    ] {
      #expect(installed.contains(path), "\(path)")
    }
    for unit in ["ganomalyd.service", "ganomalyd@.service"] {
      let lines = try text("/usr/local/lib/systemd/system/\(unit)").split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("ExecStart=/opt/line/bin/ganomalyd ") })
      #expect(lines.contains { $0.hasPrefix("ExecPaths=/opt/line/bin/ganomalyd ") })
    }
    try "settle: 1 s\n".write(toFile: folder.path + "/etc/ganomaly/ganomalyd.yaml", atomically: true, encoding: .utf8)
    let (removed, said) = try script("uninstall", "--prefix", "/opt/line", "--destdir", folder.path)
    #expect(removed == 0, "\(said)")
    #expect(said.contains("'/etc/ganomaly/ganomalyd.yaml' was changed since it was installed, and stays"))
    #expect(try files() == ["etc/ganomaly/ganomalyd.yaml"])
  }

  @Test func `installing again keeps changed settings, and takes away what the new version does not have`() throws {
    #expect(try install(prefix: "/usr").0 == 0)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/usr/lib/systemd/system/ganomalyd.service"))
    let settings = folder.path + "/etc/ganomaly/ganomalyd.yaml"
    try "settle: 1 s\n".write(toFile: settings, atomically: true, encoding: .utf8)
    let list = folder.path + "/usr/share/ganomaly/installed"
    let old = folder.path + "/usr/share/doc/ganomalyd/OLD"
    try "of an earlier version".write(toFile: old, atomically: true, encoding: .utf8)
    let (_, sum) = try SystemTool.run(["sha256sum", old])
    let entry = "\(sum.prefix(64))  /usr/share/doc/ganomalyd/OLD\n"
    try (entry + text("/usr/share/ganomaly/installed")).write(toFile: list, atomically: true, encoding: .utf8)
    #expect(try install(prefix: "/usr").0 == 0)
    #expect(try text("/etc/ganomaly/ganomalyd.yaml") == "settle: 1 s\n")
    #expect(!FileManager.default.fileExists(atPath: old))
    #expect(try script("uninstall", "--prefix", "/usr", "--destdir", folder.path).0 == 0)
    #expect(try files() == ["etc/ganomaly/ganomalyd.yaml"])
  }

  @Test(arguments: [
    ("install", "--prefix=/opt"), ("install", "--destdir"), ("uninstall", "--all"), ("package", "--version"),
    ("test-system", "--here"),
  ])
  func `wrong usage ends with status 2 and says what is wrong`(name: String, argument: String) throws {
    let (status, output) = try script(name, argument)
    #expect(status == 2)
    #expect(output.contains(argument))
  }

  @Test(arguments: ["relative", "/home/me", "/tmp/here", "/with space", "/root"])
  func `a prefix that the service cannot have is refused`(prefix: String) throws {
    let (status, output) = try install(prefix: prefix)
    #expect(status == 2)
    #expect(output.contains("'\(prefix)'"))
    #expect(try files() == [])
  }

  @Test func `nothing is removed where nothing was installed`() throws {
    let (status, output) = try script("uninstall", "--destdir", folder.path)
    #expect(status == 2)
    #expect(output.contains("nothing is installed with the prefix '/usr/local'"))
  }

  @Test(.enabled(if: SystemTool.has("bash"), "needs the package bash"), arguments: ["ganomaly", "ganomalyd"])
  func `completions for bash are right`(program: String) throws { try checkCompletions(of: program, for: "bash") }

  @Test(.enabled(if: SystemTool.has("zsh"), "needs the package zsh"), arguments: ["ganomaly", "ganomalyd"])
  func `completions for zsh are right`(program: String) throws { try checkCompletions(of: program, for: "zsh") }

  @Test(.enabled(if: SystemTool.has("fish"), "needs the package fish"), arguments: ["ganomaly", "ganomalyd"])
  func `completions for fish are right`(program: String) throws { try checkCompletions(of: program, for: "fish") }

  /// Lets a shell read the completions that a program prints for it.
  private func checkCompletions(of program: String, for shell: String) throws {
    let script = try BuiltProgram.start(program, "--generate-completion-script", shell).finish()
    #expect(script.status == 0)
    #expect(script.output.contains(program))
    let file = folder.path + "/completion"
    try script.output.write(toFile: file, atomically: true, encoding: .utf8)
    let (status, output) = try SystemTool.run([shell, "-n", file])
    #expect(status == 0, "\(output)")
  }

  @Test func `bash completes a command and an option`() throws {
    let file = folder.path + "/completion"
    try BuiltProgram.ganomaly("--generate-completion-script", "bash").output
      .write(toFile: file, atomically: true, encoding: .utf8)
    for (words, expected) in [(["quar"], "quarantine"), (["score", "--form"], "--format")] {
      let (status, output) = try SystemTool.run(
        [
          "bash", "-c",
          """
          . "$1"; shift
          COMP_WORDS=(ganomaly "$@"); COMP_CWORD=$#; COMP_LINE="ganomaly $*"; COMP_POINT=${#COMP_LINE}
          function=$(complete -p ganomaly | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
          "$function" ganomaly "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
          printf '%s\\n' "${COMPREPLY[@]}"
          """, "complete", file,
        ] + words)
      #expect(status == 0, "\(output)")
      let candidates = output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(candidates.contains(expected), "\(words): \(output)")
    }
  }
}
