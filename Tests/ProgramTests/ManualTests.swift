import Foundation
import Inspection
import TestSupport
import Testing

/// A manual in mdoc, as far as tests look into it.
struct ManualPage {
  /// Lines of the section of each command (`.Ss`), by the command's name.
  let sections: [String: [String]]
  /// All lines.
  let lines: [String]

  init(_ name: String) throws {
    lines = try SystemTool.text(of: "Documentation/Manual/\(name)").components(separatedBy: "\n")
    var sections: [String: [String]] = [:]
    var current: String?
    for line in lines {
      if line.hasPrefix(".Sh ") { current = nil }
      if line.hasPrefix(".Ss ") {
        current = String(line.dropFirst(4))
        sections[current!] = []
      } else if let current {
        sections[current]!.append(line)
      }
    }
    self.sections = sections
  }

  /// The long options that items of a list are about.
  static func options(in lines: [String]) -> Set<String> {
    Set(
      lines.filter { $0.hasPrefix(".It ") }.flatMap { line in
        line.split(separator: " ").filter { $0.hasPrefix("-") && $0.count > 1 }.map { String($0.dropFirst()) }
      })
  }
}

@Suite("manuals, documents and versions") struct ManualTests {
  @Test func `the manual of ganomaly has every command and option, and no other`() throws {
    let page = try ManualPage("ganomaly.1")
    let commands = try ProgramDescription(of: "ganomaly").commands.filter { !$0.name.isEmpty }
    #expect(Set(page.sections.keys) == Set(commands.map(\.name)))
    for command in commands {
      let section = page.sections[command.name] ?? []
      #expect(ManualPage.options(in: section) == command.options, "\(command.name)")
      for argument in command.arguments {
        #expect(section.contains(".It Ar \(argument)"), "\(command.name): \(argument)")
      }
    }
  }

  @Test func `the manual of ganomalyd has every option, and no other`() throws {
    let page = try ManualPage("ganomalyd.8")
    let program = try #require(try ProgramDescription(of: "ganomalyd").command(""))
    let documented = ManualPage.options(in: page.lines).subtracting(["help", "version"])
    #expect(documented == program.options)
  }

  @Test func `the manual of the settings has every key with its default, and no other`() throws {
    let items = try ManualPage("ganomalyd.yaml.5").lines.filter { $0.hasPrefix(".It Va ") }
    #expect(items == SettingsKey.all.map { ".It Va \($0.name) : Li \($0.defaultText)" })
  }

  @Test(
    .enabled(if: SystemTool.has("mandoc"), "needs the package mandoc, which scripts/setup --tests installs"),
    arguments: ["ganomaly.1", "ganomalyd.8", "ganomalyd.yaml.5"])
  func `a manual is sound`(name: String) throws {
    let (status, text) = try SystemTool.run([
      "mandoc", "-T", "lint", "-W", "warning", SystemTool.root.appending(path: "Documentation/Manual/\(name)").path(),
    ])
    #expect(status == 0)
    #expect(text == "")
  }

  @Test(arguments: [
    "README.md", "Documentation/Manual/ganomaly.1", "Documentation/Manual/ganomalyd.8",
    "Documentation/Manual/ganomalyd.yaml.5",
  ])
  func `commands that documents show exist, with these options`(path: String) throws {
    let programs = [
      "ganomaly": try ProgramDescription(of: "ganomaly"), "ganomalyd": try ProgramDescription(of: "ganomalyd"),
    ]
    var count = 0
    for line in try Self.commandLines(of: SystemTool.text(of: path)) {
      var words = line.split(separator: " ").map(String.init)
      if words.first == "sudo" { words.removeFirst() }
      guard let first = words.first else { continue }
      let options = words.dropFirst().filter { $0.hasPrefix("--") }
        .map { String($0.dropFirst(2).prefix { $0.isLowercase || $0 == "-" || $0.isNumber }) }
      if let program = programs[first] {
        guard words.dropFirst().first != "help" else { continue }
        let command = try #require(program.command(of: Array(words.dropFirst())), "\(line)")
        #expect(
          !(first == "ganomaly" && command.name.isEmpty && words.count > 1 && !words[1].hasPrefix("-")), "\(line)")
        #expect(Set(options).subtracting(["help", "version"]).isSubset(of: command.options), "\(path): \(line)")
        count += 1
      } else if first.hasPrefix("scripts/") {
        let script = SystemTool.root.appending(path: first)
        try #require(FileManager.default.isExecutableFile(atPath: script.path()), "\(line)")
        let (status, usage) = try SystemTool.run([script.path(), "--help"])
        #expect(status == 0)
        for option in options { #expect(usage.contains("--\(option)"), "\(path): \(line)") }
        count += 1
      }
    }
    if path != "Documentation/Manual/ganomalyd.yaml.5" { #expect(count > 2) }
  }

  /// The lines of literal blocks, continued ones joined and comments cut off.
  private static func commandLines(of text: String) -> [String] {
    var lines: [String] = []
    var isLiteral = false
    for line in text.components(separatedBy: "\n") {
      if line.hasPrefix("```") || line.hasPrefix(".Bd ") || line == ".Ed" {
        isLiteral = line.hasPrefix(".") ? line != ".Ed" : !isLiteral
      } else if isLiteral {
        let plain = line.replacing("\\-", with: "-").replacing("\\e", with: "\\").trimmingCharacters(in: .whitespaces)
        if let last = lines.last, last.hasSuffix("\\") {
          lines[lines.count - 1] = last.dropLast() + plain
        } else {
          lines.append(plain)
        }
      }
    }
    return lines.map { line in
      let end = line.range(of: "  #")?.lowerBound ?? line.range(of: " | ")?.lowerBound ?? line.endIndex
      return String(line[..<end])
    }
  }

  @Test func `one version is that of both programs, the package and the changelog`() throws {
    let version = ProjectVersion.text
    #expect(try BuiltProgram.ganomaly("--version").output.hasPrefix("ganomaly \(version),"))
    #expect(try BuiltProgram.start("ganomalyd", "--version").finish().output.hasPrefix("ganomalyd \(version),"))
    #expect(try SystemTool.text(of: "debian/changelog").hasPrefix("ganomalyd (\(version)) "))
    let headings = try SystemTool.text(of: "CHANGELOG.md").components(separatedBy: "\n").filter { $0.hasPrefix("## ") }
    #expect(headings.first { !$0.contains("Unreleased") }?.hasPrefix("## \(version)") == true)
  }
}
