private import Linux
public import SystemPackage

extension SettingsReader {
  /// Where the packaged service keeps its spool.
  static let packagedSpool = FilePath("/var/spool/ganomaly")
  /// Where the packaged service keeps its state.
  static let packagedState = FilePath("/var/lib/ganomaly")

  /// The settings of a daemon as a program beside it finds them: spool, state and model as that daemon has them.
  ///
  /// The units give spool and state to a daemon, not the configuration: `/etc/ganomaly/NAME.yaml` belongs to
  /// `ganomalyd@NAME.service`, which works in the folders of that name.
  ///
  /// - Parameters:
  ///   - config: the daemon's configuration; nil: `defaultPath` where it exists.
  ///   - spool: wins over the configuration's.
  ///   - state: wins over the configuration's.
  ///   - environment: its `GANOMALY_SPOOL`, `GANOMALY_STATE` and `GANOMALY_MODEL` count.
  /// - Throws: `InspectionError.configuration`, also where a named configuration is missing.
  public static func ofService(
    config: FilePath?, spool: String?, state: String?, environment: [String: String]
  ) throws(InspectionError) -> Settings {
    let variables = environment.filter { ["GANOMALY_SPOOL", "GANOMALY_STATE", "GANOMALY_MODEL"].contains($0.key) }
    var flags: [String: String] = [:]
    flags["spool"] = spool
    flags["state"] = state
    let isSpoolGiven = spool != nil || variables["GANOMALY_SPOOL"] != nil
    let packaged = packagedName(of: config ?? defaultPath)
    if !isSpoolGiven, let name = packaged.flatMap(\.self) { flags["spool"] = packagedSpool.appending(name).string }
    var settings = try SettingsReader(path: config, environment: variables, flags: flags).read()
    if !isSpoolGiven, let packaged {
      settings.serviceStatePath = packaged.map(packagedState.appending) ?? packagedState
    } else {
      settings.serviceStatePath = stateFolder(ofPackagedSpool: settings.spool)
    }
    return settings
  }

  /// Whose configuration a file is: nil where it is no packaged service's, else the name behind `ganomalyd@`, nil for
  /// `ganomalyd.service` itself.
  static func packagedName(of config: FilePath) -> String?? {
    let path = absolute(config).lexicallyNormalized()
    guard path.removingLastComponent() == defaultPath.removingLastComponent(), path.extension == "yaml",
      let name = path.stem
    else { return nil }
    return .some(name == defaultPath.stem ? nil : name)
  }

  /// The state folder that belongs to a packaged spool; nil for any other spool.
  static func stateFolder(ofPackagedSpool spool: FilePath) -> FilePath? {
    let spool = spool.lexicallyNormalized()
    if spool == packagedSpool { return packagedState }
    guard spool.removingLastComponent() == packagedSpool, let name = spool.lastComponent else { return nil }
    return packagedState.appending(name)
  }
}
