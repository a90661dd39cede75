/// Bytes as text.
public enum Hexadecimal {
  /// The digits as ASCII, in order.
  static let digits = Array("0123456789abcdef".utf8)

  /// Two lowercase digits a byte.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Whether a text is a SHA-256: 64 lowercase digits.
  static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { digits.contains($0) }
  }
}
