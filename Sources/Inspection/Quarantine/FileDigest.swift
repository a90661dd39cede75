private import Crypto
internal import Linux

/// SHA-256 of files as they lie there.
enum FileDigest {
  /// The digest; nil where the name is no plain file.
  static func of(
    _ name: FileName, in folder: Directory, sign: SignOfLife = .none
  ) throws(LinuxError) -> [UInt8]? {
    guard case .file(let file) = try PlainFile.open(name, in: folder) else { return nil }
    return try of(file, sign: sign)
  }

  /// The digest of an open file, read piece by piece.
  ///
  /// - Parameter sign: told of every piece.
  static func of(_ file: borrowing PlainFile, sign: SignOfLife = .none) throws(LinuxError) -> [UInt8] {
    var hash = SHA256()
    try file.forEachPiece { piece throws(LinuxError) in
      hash.update(data: piece)
      sign.give()
    }
    return Array(hash.finalize())
  }
}
