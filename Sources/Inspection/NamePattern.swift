public import Linux

/// Which names in the watched folder are pictures for us.
public struct NamePattern: Sendable, Equatable, CustomStringConvertible {
  /// The patterns, such as `*.png`: `*` for any bytes, `?` for one; letters of any case.
  public let patterns: [String]
  /// The same as bytes in lower case.
  private let lowered: [[UInt8]]

  /// How names of unfinished files end.
  private static let unfinished = [".part", ".tmp", ".filepart", "~"].map { Array($0.utf8) }

  /// Patterns separated by commas; nil when there is none.
  public init?(_ text: String) {
    patterns = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    lowered = patterns.map { $0.utf8.map(Self.lowered) }
    if patterns.isEmpty { return nil }
  }

  /// The patterns as they were given.
  public var description: String { patterns.joined(separator: ",") }

  /// Whether a name is a candidate: hidden names and names of unfinished files never are.
  public func matches(_ name: FileName) -> Bool {
    if name.bytes.first == UInt8(ascii: ".") { return false }
    let name = name.bytes.map(Self.lowered)
    if Self.unfinished.contains(where: { name.suffix($0.count) == $0[...] }) { return false }
    return lowered.contains { Self.matches(name[...], $0[...]) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte + 32 : byte
  }

  /// Matching with one place to come back to: linear for one star, never exponential.
  private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    var (position, wanted) = (name.startIndex, pattern.startIndex)
    var back: (name: Int, pattern: Int)?
    while position < name.endIndex {
      if wanted < pattern.endIndex, pattern[wanted] == UInt8(ascii: "*") {
        back = (position, wanted + 1)
        wanted += 1
      } else if wanted < pattern.endIndex, pattern[wanted] == UInt8(ascii: "?") || pattern[wanted] == name[position] {
        position += 1
        wanted += 1
      } else if let (name, after) = back {
        back = (name + 1, after)
        (position, wanted) = (name + 1, after)
      } else {
        return false
      }
    }
    return pattern[wanted...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
