/// A record of an event file: the data's length and its checksum, the data and their checksum, little-endian.
///
/// Source: tensorflow/core/lib/io/record_writer.h.
enum EventRecord {
  /// The record that holds some data.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
