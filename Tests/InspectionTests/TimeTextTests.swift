import Linux
import Testing

@testable import Inspection

@Suite("points in time as people write them") struct TimeTextTests {
  // 2026-11-22T06:30:15Z
  private let now = WallTime(year: 2026, month: 11, day: 22, hour: 6, minute: 30, second: 15, isUTC: true)!

  @Test(arguments: [
    ("2 h", 7200), ("90min", 5400), ("-1d 12h", 129_600), ("3 days ago", 259_200), ("45 s", 45), ("1w", 604_800),
    ("2 hours ago", 7200), ("0 s", 0),
  ])
  func `an age counts back from now`(text: String, seconds: Int64) {
    #expect(TimeText.parse(text, now: now)?.nanoseconds == now.nanoseconds - seconds * 1_000_000_000)
  }

  @Test(arguments: [
    ("2026-11-22T06:30:15Z", 0), ("2026-11-22 06:30 UTC", -15), ("2026-11-21T06:30:15.000Z", -86_400),
    ("@1795329015", 0),
  ])
  func `a time of UTC is that time`(text: String, difference: Int64) {
    #expect(TimeText.parse(text, now: now)?.nanoseconds == now.nanoseconds + difference * 1_000_000_000)
  }

  @Test(arguments: [
    (".123", 123_000_000), (".5", 500_000_000), (".000000001", 1), (".1234567899", 123_456_789),
  ])
  func `parts of a second count`(decimals: String, nanoseconds: Int64) {
    #expect(TimeText.parse("2026-11-22T06:30:15\(decimals)Z", now: now)?.nanoseconds == now.nanoseconds + nanoseconds)
  }

  @Test func `local days begin at midnight`() throws {
    let today = try #require(TimeText.parse("today", now: now))
    let yesterday = try #require(TimeText.parse("Yesterday", now: now))
    #expect(today <= now && today.startOfLocalDay() == today)
    #expect(yesterday < today && yesterday == today.startOfLocalDay(before: 1))
    #expect(TimeText.parse("now", now: now) == now)
    let noon = try #require(TimeText.parse("2026-11-22 12:00", now: now))
    #expect(try noon.startOfLocalDay() == #require(TimeText.parse("2026-11-22", now: now)))
    #expect(noon == WallTime(year: 2026, month: 11, day: 22, hour: 12))
  }

  @Test(arguments: [
    "", "2", "h", "2 parsecs", "2026-13-01", "2026-02-30", "2026-1-1", "26-11-22", "2026-11-22 25:00", "tomorrowish",
    "2026-11-22T06:30:15+01:00", "99999999999999999 d", "2026-11-22 06", "@-5", "2026-11-22 06:30:15.x",
    "2026-11-22 06:30:15.", "1 d 2",
  ])
  func `anything else means no time`(text: String) {
    #expect(TimeText.parse(text, now: now) == nil)
  }

  @Test func `sizes have the units that people use`() {
    #expect(Quantity.bytes("10G") == 10 << 30)
    #expect(Quantity.bytes("500 MiB") == 500 << 20)
    #expect(Quantity.bytes("3 GB") == 3_000_000_000)
    #expect(Quantity.bytes("1024") == 1024)
    #expect(Quantity.bytes("10X") == nil)
    #expect(Quantity.bytes("-1G") == nil)
  }
}
