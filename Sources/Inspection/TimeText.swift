public import Linux

/// Points in time as people write them for `--since` and `--until`, by journalctl's customs.
public enum TimeText {
  /// What the right texts are, for messages.
  public static let expected =
    "'today', 'yesterday', 'now', '2 h' (that long ago), '2026-11-22', '2026-11-22 06:30' or '2026-11-22T06:30:00Z'"

  /// The time that a text means; nil for one that means none.
  ///
  /// - Parameter now: what ages and days count from.
  public static func parse(_ text: String, now: WallTime) -> WallTime? {
    let text = text.trimming()
    switch text.lowercased() {
    case "now": return now
    case "today": return now.startOfLocalDay()
    case "yesterday": return now.startOfLocalDay(before: 1)
    default: break
    }
    if text.hasPrefix("@"), let seconds = Int64(text.dropFirst()), 0...9_000_000_000 ~= seconds {
      return WallTime(nanoseconds: seconds * 1_000_000_000)
    }
    return date(text) ?? age(text).map { WallTime(nanoseconds: now.nanoseconds - $0) }
  }

  /// Nanoseconds of `2 h`, `90min`, `-1d 12h`, `3 days ago`; nil for anything else.
  private static func age(_ text: String) -> Int64? {
    var rest = Substring(text.lowercased())
    if rest.hasSuffix("ago") { rest = rest.dropLast(3) }
    if rest.hasPrefix("-") { rest = rest.dropFirst() }
    var total: Int64 = 0
    var count = 0
    while true {
      rest = rest.drop { $0 == " " }
      if rest.isEmpty { return count > 0 ? total : nil }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let number = Int64(digits), number <= 1_000_000, let seconds = units[String(unit)] else { return nil }
      let (sum, isOverflow) = total.addingReportingOverflow(number * seconds * 1_000_000_000)
      guard !isOverflow, sum < 9_000_000_000_000_000_000 else { return nil }
      total = sum
      count += 1
    }
  }

  private static let units: [String: Int64] = {
    let names: [(Int64, [String])] = [
      (1, ["s", "sec", "second", "seconds"]), (60, ["m", "min", "minute", "minutes"]),
      (3600, ["h", "hr", "hour", "hours"]), (86_400, ["d", "day", "days"]), (604_800, ["w", "week", "weeks"]),
    ]
    return Dictionary(uniqueKeysWithValues: names.flatMap { seconds, names in names.map { ($0, seconds) } })
  }()

  /// `2026-11-22`, with a time behind a blank or `T`, with `Z` for UTC; nil for anything else.
  private static func date(_ text: String) -> WallTime? {
    var text = text
    let isUTC = text.hasSuffix("Z") || text.hasSuffix(" UTC")
    if isUTC { text = text.hasSuffix("Z") ? String(text.dropLast()) : String(text.dropLast(4)) }
    let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
    guard let day = numbers(halves[0], "-", [4, 2, 2]) else { return nil }
    var time = [0, 0, 0]
    var fraction: Int64 = 0
    if halves.count == 2 {
      let clock = halves[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = clock.first, let found = numbers(first, ":", [2, 2, 2]) ?? numbers(first, ":", [2, 2]) else {
        return nil
      }
      time = found + Array(repeating: 0, count: 3 - found.count)
      if clock.count == 2 {
        guard let part = nanoseconds(ofDecimals: clock[1]) else { return nil }
        fraction = part
      }
    }
    let whole = WallTime(
      year: day[0], month: day[1], day: day[2], hour: time[0], minute: time[1], second: time[2], isUTC: isUTC)
    return whole.map { WallTime(nanoseconds: $0.nanoseconds + fraction) }
  }

  /// Nanoseconds of the digits behind a point; those past the ninth are cut off.
  private static func nanoseconds(ofDecimals digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    let shown = digits.prefix(9)
    return Int64(shown + String(repeating: "0", count: 9 - shown.count))
  }

  private static func numbers(_ text: Substring, _ separator: Character, _ widths: [Int]) -> [Int]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.map(\.count) == widths, parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
      return nil
    }
    return parts.compactMap { Int($0) }
  }
}

extension String {
  /// The text without blanks before and behind it.
  fileprivate func trimming() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
