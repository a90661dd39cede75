internal import Linux

/// How changes of the watched folder become known, and why so.
struct WatchWay: Equatable {
  /// Whether the folder is looked at again and again instead of watched.
  let isPolling: Bool
  /// Why, for people.
  let reason: String

  /// How often the folder is looked at where it is not watched.
  static let pollingInterval = Duration.seconds(2)

  /// A way and its reason.
  init(isPolling: Bool, reason: String) {
    self.isPolling = isPolling
    self.reason = reason
  }

  /// The way that a setting means on a file system.
  init(_ setting: Settings.Watch, on fileSystem: FileSystem) {
    let name = fileSystem.kindName
    switch setting {
    case .inotify: self.init(isPolling: false, reason: "as set, on \(name)")
    case .poll: self.init(isPolling: true, reason: "as set, on \(name)")
    case .auto where fileSystem.hidesRemoteChanges:
      self.init(isPolling: true, reason: "auto: \(name) does not report what others change")
    case .auto: self.init(isPolling: false, reason: "auto: \(name)")
    }
  }

  /// For the ready entry: `inotify (auto: ext4)`.
  var description: String {
    let way = isPolling ? "looking every \(Self.pollingInterval.components.seconds) s" : "inotify"
    return "\(way) (\(reason))"
  }

  /// The rules with the time between two readings that this way needs.
  func adapted(_ rules: IntakeRules) -> IntakeRules {
    var rules = rules
    if isPolling { rules.rescan = min(rules.rescan, Self.pollingInterval) }
    return rules
  }
}
