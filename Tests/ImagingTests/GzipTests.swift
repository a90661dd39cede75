import Imaging
import TestSupport
import Testing

struct GzipTests {
  /// Made by Python's `gzip.compress(bytes(range(10)) * 300, 9, mtime=0)`.
  let compressed: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xED, 0xC6, 0xB7, 0x01, 0x00, 0x20, 0x08, 0x00, 0x30,
    0x2C, 0x88, 0xFE, 0xFF, 0xB0, 0x6F, 0x30, 0x24, 0x53, 0x62, 0xCC, 0xB5, 0xF3, 0xD4, 0x7D, 0x61, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x4D, 0xF7, 0x01, 0x6C, 0xD0, 0xF2, 0xDC, 0xB8, 0x0B, 0x00, 0x00,
  ]
  let content = [UInt8]((0..<3000).map { UInt8($0 % 10) })

  @Test func `compressed and stored content are read, of all members`() throws {
    #expect(try Gzip.decompress(compressed, limit: 3000) == content)
    #expect(try Gzip.decompress(compressed + StoredGzip.file([7, 8]), limit: 1 << 20) == content + [7, 8])
    let large = (0..<3_000_000).map { UInt8($0 % 251) }
    #expect(try Gzip.decompress(StoredGzip.file(large), limit: 3_000_000) == large)
    #expect(try Gzip.decompress(StoredGzip.file([]), limit: 0) == [])
  }

  @Test func `content past the limit is refused`() {
    #expect(throws: Gzip.Failure.tooLarge(limit: 2999)) { try Gzip.decompress(compressed, limit: 2999) }
  }

  @Test func `a file cut anywhere is truncated`() {
    for count in 0..<compressed.count {
      #expect(throws: Gzip.Failure.truncated, "cut at \(count)") {
        try Gzip.decompress(Array(compressed.prefix(count)), limit: 1 << 20)
      }
    }
  }

  @Test func `a changed byte is refused, or changes nothing`() {
    // Time, flags and system in the header mean nothing to the content, nor do the bits that fill the last byte.
    var unharmed: [Int] = []
    for index in compressed.indices {
      var damaged = compressed
      damaged[index] ^= 0x40
      guard let content = try? Gzip.decompress(damaged, limit: 1 << 20) else { continue }
      #expect(content == self.content, "byte \(index)")
      unharmed.append(index)
    }
    #expect(unharmed == Array(4..<10) + [compressed.count - 9])
  }

  @Test func `what follows the last member is damage`() {
    #expect(throws: Gzip.Failure.self) { try Gzip.decompress(compressed + [0, 0], limit: 1 << 20) }
    #expect(throws: Gzip.Failure.self) { try Gzip.decompress(compressed + Array("text".utf8), limit: 1 << 20) }
  }

  @Test func `compressed files are told from others`() {
    #expect(Gzip.isCompressed(compressed))
    #expect(!Gzip.isCompressed([0x1F]))
    #expect(!Gzip.isCompressed([0, 0, 8, 3]))
  }
}
