internal import Linux
internal import Synchronization

/// Makes events' ids: random UUIDs of version 4, in lower case.
final class EventIDs: Sendable {
  /// Random numbers that are left of the kernel's last.
  private let words = Mutex<[UInt64]>([])

  /// None made yet.
  init() {}

  /// A new event's id.
  func next() -> String {
    let (first, second) = words.withLock { words in
      // The kernel is asked once for many: asking takes longer than all else here.
      if words.count < 2 { words = RandomWords.make(RandomWords.maximumCount) }
      return (words.removeLast(), words.removeLast())
    }
    return Self.text(first, second)
  }

  /// The id of two random numbers: what Foundation gives in a quarter of its time.
  ///
  /// Source: RFC 9562, section 5.4.
  static func text(_ first: UInt64, _ second: UInt64) -> String {
    let (high, low) = (first & ~0xF000 | 0x4000, second & ~(3 << 62) | 2 << 62)
    var digits: [UInt8] = []
    digits.reserveCapacity(36)
    for place in 0..<32 {
      if place == 8 || place == 12 || place == 16 || place == 20 { digits.append(UInt8(ascii: "-")) }
      let value = UInt8(truncatingIfNeeded: (place < 16 ? high : low) >> (60 - 4 * UInt64(place % 16)) & 15)
      digits.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value)
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

extension Daemon {
  private static let ids = EventIDs()

  /// A new event's id.
  static func makeID() -> String { ids.next() }
}
