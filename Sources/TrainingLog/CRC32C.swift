/// The checksum of TensorBoard's records: CRC-32C, Castagnoli's polynomial, bits reflected.
///
/// Source: RFC 3720, appendix B.4; the mask is TensorFlow's, tensorflow/core/lib/hash/crc32c.h.
enum CRC32C {
  /// The checksum of some bytes.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// The checksum as records hold it: rotated and shifted, so that a checksum of checksums stays a good one.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  /// What each byte does to the rest.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }
}
