private import CLinux
private import Glibc

extension WallTime {
  /// A date and time of the local time zone, or of UTC.
  ///
  /// - Returns: nil for a day or time that no clock shows, such as 30 February.
  ///
  /// Source: mktime(3), timegm(3).
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, isUTC: Bool = false) {
    guard 1970...9999 ~= year, 1...12 ~= month, 1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute, 0...59 ~= second else {
      return nil
    }
    var parts = tm()
    parts.tm_year = Int32(year - 1900)
    parts.tm_mon = Int32(month - 1)
    parts.tm_mday = Int32(day)
    parts.tm_hour = Int32(hour)
    parts.tm_min = Int32(minute)
    parts.tm_sec = Int32(second)
    parts.tm_isdst = -1
    let seconds = isUTC ? timegm(&parts) : mktime(&parts)
    // Both put a day that is not there into the next month.
    guard parts.tm_mday == Int32(day), parts.tm_mon == Int32(month - 1) else { return nil }
    let (nanoseconds, isOverflow) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    guard !isOverflow else { return nil }
    self.init(nanoseconds: nanoseconds)
  }

  /// Midnight of the local day that lies some days before this time's.
  public func startOfLocalDay(before days: Int = 0) -> WallTime {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    parts.tm_mday -= Int32(days)
    parts.tm_hour = 0
    parts.tm_min = 0
    parts.tm_sec = 0
    parts.tm_isdst = -1
    return WallTime(nanoseconds: Int64(mktime(&parts)) * 1_000_000_000)
  }
}
