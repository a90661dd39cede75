public import Linux

extension ModelFile {
  /// What a file's beginning says that it holds.
  public enum Content: Sendable, Equatable {
    /// A model of this program, be the rest of the file whole or not.
    case model
    /// Tensors of another program.
    case otherTensors
  }

  /// What lies in a file, by its header alone.
  ///
  /// - Parameter path: the file, of any size.
  /// - Returns: nil for a file that does not begin as safetensors do.
  /// - Throws: `FileError` where it cannot be read, or is no regular file.
  public static func content(of path: BytePath) throws(FileError) -> Content? {
    var reader = try FileReader(path, limit: .max)
    let beginning = try bytes(8, of: &reader)
    guard beginning.count == 8 else { return nil }
    let length = beginning.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= UInt64(SafeTensors.maximumHeaderBytes), length <= UInt64(max(0, reader.size - 8))
    else { return nil }
    let text = try bytes(Int(length), of: &reader)
    guard text.first == UInt8(ascii: "{"), let header = try? SafeTensorsHeader(parsing: text[...]) else { return nil }
    return header.metadata["format"] == "ganomaly" ? .model : .otherTensors
  }

  /// The next bytes of a file, fewer at its end only.
  private static func bytes(_ count: Int, of reader: inout FileReader) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try reader.next(atMost: min(1 << 20, count - bytes.count))
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }
}
