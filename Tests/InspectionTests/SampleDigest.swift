import Crypto

/// SHA-256 for tests.
enum SampleDigest {
  static func of(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
