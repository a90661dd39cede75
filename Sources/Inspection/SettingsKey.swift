private import SystemPackage

/// One key of `ganomalyd.yaml`: its name, its default as text, and how a text becomes its value.
public struct SettingsKey: Sendable {
  /// The name as in the file; in capitals after `GANOMALY_` in the environment, with dashes as a flag.
  public let name: String
  /// What the right values are, for messages.
  let expected: String
  /// The default as it would be written.
  public let defaultText: String
  /// Sets the value; false when the text is not one.
  let apply: @Sendable (inout Settings, String) -> Bool

  /// The variable of the environment.
  public var environmentName: String { "GANOMALY_" + name.uppercased() }

  /// All keys, in the order of the example file.
  public static let all: [SettingsKey] = [
    SettingsKey(name: "spool", expected: "a path", defaultText: "/var/spool/ganomaly") {
      $0.spool = FilePath($1)
      return !$1.isEmpty
    },
    SettingsKey(
      name: "model", expected: "a path", defaultText: "/var/lib/ganomaly/model.safetensors"
    ) {
      $0.modelPath = FilePath($1)
      return !$1.isEmpty
    },
    SettingsKey(name: "state", expected: "a path", defaultText: "/var/lib/ganomaly") {
      $0.statePath = FilePath($1)
      return !$1.isEmpty
    },
    SettingsKey(name: "metrics", expected: "a path, or off", defaultText: "/run/ganomaly/metrics.prom") {
      $0.isMetricsOff = $1 == "off"
      $0.metricsPath = $0.isMetricsOff ? nil : FilePath($1)
      return !$1.isEmpty
    },
    .count("maximum_file_bytes", \.maximumFileBytes, 1...(1 << 40), "256 MiB"),
    .count("maximum_side", \.maximumSide, 1...1_000_000, "32768"),
    .count("maximum_pixels", \.maximumPixels, 1...10_000_000_000, "100 million"),
    .duration("settle", \.settle, .milliseconds(1) ... .seconds(3600), "200 ms"),
    .duration("grace", \.grace, .milliseconds(1) ... .seconds(86_400), "10 s"),
    .duration("abandon", \.abandon, .milliseconds(1) ... .seconds(30 * 86_400), "1 h"),
    .duration("rescan", \.rescan, .milliseconds(100) ... .seconds(86_400), "60 s"),
    SettingsKey(name: "names", expected: "patterns such as '*.png'", defaultText: "'*.png'") {
      guard let pattern = NamePattern($1) else { return false }
      $0.names = pattern
      return true
    },
    .choice("watch", \.watch, "auto"),
    .choice("records", \.records, "auto"),
    SettingsKey(
      name: "journal_normal", expected: "all, none or sample:N", defaultText: "all"
    ) {
      switch $1 {
      case "all": $0.journalNormal = .all
      case "none": $0.journalNormal = .none
      default:
        guard $1.hasPrefix("sample:"), let number = Int($1.dropFirst(7)), number > 0 else { return false }
        $0.journalNormal = .sample(number)
      }
      return true
    },
    .count("queue", \.queue, 1...65_536, "256"),
    .count("batch", \.batch, 1...1024, "32"),
    SettingsKey(name: "lanes", expected: "auto, or 1 to 16", defaultText: "auto") {
      if $1 == "auto" {
        $0.lanes = nil
        return true
      }
      guard let number = Int($1), 1...16 ~= number else { return false }
      $0.lanes = number
      return true
    },
    .count("minimum_free_bytes", \.minimumFreeBytes, 0...(1 << 50), "1 GiB"),
    .count("backlog_high", \.backlogHigh, 1...1_000_000_000, "1000"),
    .count("backlog_low", \.backlogLow, 0...1_000_000_000, "100"),
    .choice("on_normal", \.onNormal, "leave"),
    .choice("on_unreadable", \.onUnreadable, "move"),
    .choice("on_anomaly", \.onAnomaly, "quarantine"),
    .choice("side_pictures", \.sidePictures, "on"),
    SettingsKey(name: "retain", expected: "off, or a time of at least 1 h, such as '30 d'", defaultText: "off") {
      if $1 == "off" {
        $0.retain = nil
        return true
      }
      guard let time = Quantity.duration($1), .seconds(3600) ... .seconds(36_500 * 86_400) ~= time else { return false }
      $0.retain = time
      return true
    },
    SettingsKey(
      name: "retain_bytes", expected: "off, or a size of at least 1 MiB, such as '10 GiB'", defaultText: "off"
    ) {
      if $1 == "off" {
        $0.retainBytes = nil
        return true
      }
      guard let count = Quantity.count($1), (1 << 20)...(1 << 60) ~= count else { return false }
      $0.retainBytes = count
      return true
    },
    .count("retain_records", \.retainRecords, 1000...1_000_000_000, "10 million"),
  ]

  private static func count(
    _ name: String, _ path: any WritableKeyPath<Settings, Int> & Sendable, _ range: ClosedRange<Int>,
    _ defaultText: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, expected: "a number from \(range.lowerBound) to \(range.upperBound), such as '\(defaultText)'",
      defaultText: defaultText
    ) {
      guard let value = Quantity.count($1), range ~= value else { return false }
      $0[keyPath: path] = value
      return true
    }
  }

  private static func duration(
    _ name: String, _ path: any WritableKeyPath<Settings, Duration> & Sendable, _ range: ClosedRange<Duration>,
    _ defaultText: String
  ) -> SettingsKey {
    SettingsKey(
      name: name,
      expected: "a time from \(range.lowerBound) to \(range.upperBound), such as '\(defaultText)' (ms, s, min, h, d)",
      defaultText: defaultText
    ) {
      guard let value = Quantity.duration($1), range ~= value else { return false }
      $0[keyPath: path] = value
      return true
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable & SendableMetatype>(
    _ name: String, _ path: any WritableKeyPath<Settings, Choice> & Sendable, _ defaultText: String
  ) -> SettingsKey where Choice.RawValue == String {
    SettingsKey(
      name: name, expected: Choice.allCases.map(\.rawValue).joined(separator: ", "), defaultText: defaultText
    ) {
      guard let value = Choice(rawValue: $1) else { return false }
      $0[keyPath: path] = value
      return true
    }
  }
}

/// Numbers with units, as people write them in a configuration.
public enum Quantity {
  /// `10 GiB`, `10G`, `500M`: a size in bytes, K, M, G and T alone being powers of 1024; nil for anything else.
  public static func bytes(_ text: String) -> Int? {
    count(text) ?? scaled(text, ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40])
  }

  /// `256 MiB`, `100 million`, `32768`; nil for anything else.
  static func count(_ text: String) -> Int? {
    scaled(
      text,
      [
        "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "kb": 1000, "mb": 1_000_000,
        "gb": 1_000_000_000, "tb": 1_000_000_000_000, "thousand": 1000, "million": 1_000_000,
      ])
  }

  /// `200 ms`, `10 s`, `5 min`, `1 h`, `30 d`; nil for anything else, a number without unit included.
  public static func duration(_ text: String) -> Duration? {
    scaled(text, ["ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]).map { .milliseconds($0) }
  }

  private static func scaled(_ text: String, _ units: [String: Int]) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
    let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
    guard let number = Int(digits.filter { $0 != "_" }), let factor = units[unit] else { return nil }
    let (result, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : result
  }
}
