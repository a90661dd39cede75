private import Configuration
private import Linux
public import SystemPackage
private import Yams

/// Finds the settings in a configuration file, the environment and flags, the later over the earlier.
public struct SettingsReader: Sendable {
  /// Where the configuration is looked for when no file is named.
  public static let defaultPath = FilePath("/etc/ganomaly/ganomalyd.yaml")
  /// Most bytes of a configuration file.
  static let maximumBytes = 1 << 20

  /// The file; nil for the default path, which need not exist.
  let path: FilePath?
  /// The environment, `GANOMALY_KEY` by name.
  let environment: [String: String]
  /// Flags by the key's name.
  let flags: [String: String]

  /// A reader of these sources.
  public init(path: FilePath?, environment: [String: String], flags: [String: String]) {
    self.path = path
    self.environment = environment
    self.flags = flags
  }

  /// Reads everything again.
  ///
  /// - Throws: `InspectionError.configuration` naming the source, the key and what would be right.
  public func read() throws(InspectionError) -> Settings {
    let file = try readFile()
    let variables = try readEnvironment()
    let reader = ConfigReader(providers: [
      Self.provider("flags", flags), Self.provider("environment", variables), Self.provider("file", file),
    ])
    var settings = Settings()
    // systemd.exec(5), StateDirectory=: several folders are separated by colons, the first is ours.
    settings.serviceStatePath = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map { FilePath(String($0)) }
    settings.serviceRuntimePath = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first
      .map { FilePath(String($0)) }
    for key in SettingsKey.all {
      guard let text = reader.string(forKey: ConfigKey([key.name])) else { continue }
      guard key.apply(&settings, text) else {
        let source =
          flags[key.name] != nil
          ? "flag '--\(key.name.replacing("_", with: "-"))'"
          : variables[key.name] != nil ? "variable '\(key.environmentName)'" : "key '\(key.name)' in '\(shownPath)'"
        throw .configuration("\(source) has the value '\(text)', expected \(key.expected)")
      }
    }
    // Records and ledger name files by whole paths: they are read elsewhere than the daemon was started.
    settings.spool = Self.absolute(settings.spool)
    settings.modelPath = settings.modelPath.map(Self.absolute)
    settings.statePath = settings.statePath.map(Self.absolute)
    settings.metricsPath = settings.metricsPath.map(Self.absolute)
    guard settings.backlogLow < settings.backlogHigh else {
      throw .configuration(
        "'backlog_low' is \(settings.backlogLow), expected less than 'backlog_high', which is \(settings.backlogHigh)")
    }
    return settings
  }

  static func absolute(_ path: FilePath) -> FilePath {
    path.isAbsolute ? path : CurrentProcess.workingDirectory?.pushing(path) ?? path
  }

  private var shownPath: String { escaped(path ?? Self.defaultPath) }

  private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
    InMemoryProvider(
      name: name,
      values: Dictionary(
        uniqueKeysWithValues: values.map {
          (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: false))
        }
      ))
  }

  private func readEnvironment() throws(InspectionError) -> [String: String] {
    var values: [String: String] = [:]
    for (name, value) in environment where name.hasPrefix("GANOMALY_") {
      guard let key = SettingsKey.all.first(where: { $0.environmentName == name }) else {
        throw .configuration("variable '\(name)' names no setting; see 'ganomalyd --help' for the keys")
      }
      values[key.name] = value
    }
    return values
  }

  private func readFile() throws(InspectionError) -> [String: String] {
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(BytePath(bytes: (path ?? Self.defaultPath).bytes), limit: Self.maximumBytes)
    } catch {
      if path == nil, error.cause == .system(Errno.noSuchFileOrDirectory.rawValue) { return [:] }
      if let passing = InspectionError(passing: error) { throw passing }
      throw .configuration(error.description)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .configuration("cannot read '\(shownPath)': it is not UTF-8 text")
    }
    return try parse(text)
  }

  /// The top-level keys and values of a YAML text.
  func parse(_ text: String) throws(InspectionError) -> [String: String] {
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      let reason = "\(error)".prefix { $0 != "\n" }
      throw .configuration("cannot read '\(shownPath)': it is not YAML: \(reason)")
    }
    guard let root, root != Node("", Tag(.null)) else { return [:] }
    guard let mapping = root.mapping else {
      if root.scalar?.string.isEmpty == true { return [:] }
      throw .configuration("cannot read '\(shownPath)': expected lines such as 'settle: 200 ms'")
    }
    var values: [String: String] = [:]
    for (key, value) in mapping {
      let name = key.scalar?.string ?? "?"
      guard SettingsKey.all.contains(where: { $0.name == name }) else {
        throw .configuration("'\(shownPath)' has the unknown key '\(name)'; see 'ganomalyd --help' for the keys")
      }
      guard let scalar = value.scalar else {
        throw .configuration("key '\(name)' in '\(shownPath)' has a list or a group, expected one value")
      }
      values[name] = scalar.string
    }
    return values
  }
}
