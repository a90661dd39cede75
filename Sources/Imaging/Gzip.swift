private import CZlib

/// Reads gzip files in memory, by zlib: the form that published sets of pictures come in.
public enum Gzip {
  /// Why bytes give no content.
  public enum Failure: Error, Sendable, Equatable {
    /// They end before the compressed data do.
    case truncated
    /// They are damaged, in zlib's words.
    case damaged(String)
    /// The content has more bytes than the limit.
    case tooLarge(limit: Int)
    /// No memory for zlib's own state.
    case noMemory
  }

  /// Whether bytes begin as a gzip file does.
  public static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The content of a gzip file, of all its members.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - limit: most bytes of the content: a small file can hold a very large one.
  /// - Throws: `Failure`; a wrong checksum is damage, and so is what follows the last member.
  /// - Source: RFC 1952; zlib.h, `inflate`.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    // On the heap, because zlib's state points back to it.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    // 15: the largest window; 16 more: gzip's header and trailer.
    guard inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .noMemory
    }
    defer { inflateEnd(stream) }
    var content: [UInt8] = []
    var place = 0
    var result = Z_OK
    repeat {
      if result == Z_STREAM_END { inflateReset(stream) }
      let piece = min(bytes.count - place, 1 << 30)
      var rest = 0
      let produced = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
        bytes.withUnsafeBufferPointer { input in
          // zlib does not write to its input; its type only does not say so.
          stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + place })
          stream.pointee.avail_in = uInt(piece)
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = uInt(chunk)
          result = inflate(stream, Z_NO_FLUSH)
          rest = Int(stream.pointee.avail_in)
          count = chunk - Int(stream.pointee.avail_out)
        }
      }
      place += piece - rest
      guard content.count + produced.count <= limit else { throw .tooLarge(limit: limit) }
      content += produced
      switch result {
      case Z_STREAM_END, Z_OK: break
      // No progress was possible: all input is used up, and the data have not ended.
      case Z_BUF_ERROR where place == bytes.count: throw .truncated
      case Z_MEM_ERROR: throw .noMemory
      default: throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(result)")
      }
    } while result == Z_OK || place < bytes.count
    return content
  }

  /// Bytes that are taken from zlib at once.
  private static let chunk = 1 << 20
}
