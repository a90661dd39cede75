private import CLinux
private import Glibc

/// A point in time as the system's clock gives it; it may jump, so that durations are not measured with it.
public struct WallTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970, UTC.
  public let nanoseconds: Int64

  /// A time from nanoseconds since 1970.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The system's clock now.
  public static var now: WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// `20261122T042459Z`.
  public var compact: String { formatted(date: "", middle: "T", time: "", end: "Z") }

  /// `2026-11-22T04:24:59.123Z`.
  public var iso: String {
    let milliseconds = String(floored % 1_000_000_000 / 1_000_000 + 1000).dropFirst()
    return formatted(date: "-", middle: "T", time: ":", end: ".\(milliseconds)Z")
  }

  /// Earlier or later.
  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  private var floored: Int64 { max(0, nanoseconds) }

  private func formatted(date: String, middle: String, time: String, end: String) -> String {
    var seconds = time_t(floored / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let day = ["\(parts.tm_year + 1900)", two(parts.tm_mon + 1), two(parts.tm_mday)].joined(separator: date)
    return day + middle + [two(parts.tm_hour), two(parts.tm_min), two(parts.tm_sec)].joined(separator: time) + end
  }
}
