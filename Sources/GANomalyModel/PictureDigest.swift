private import Crypto
public import Imaging

/// The first 16 bytes of the SHA-256 of a prepared picture's samples: how overlap with the training is found.
public struct PictureDigest: Sendable, Hashable {
  /// Bytes of a digest.
  public static let byteCount = 16

  /// The 16 bytes.
  public let bytes: [UInt8]

  /// The digest of a prepared picture that the network sees whole: all of them have the same sides.
  ///
  /// - Parameter picture: the picture as the network sees it, after `Preparation`.
  public init(of picture: Image) {
    self.bytes = Array(SHA256.hash(data: picture.samples).prefix(Self.byteCount))
  }

  /// The digest of a prepared picture, or of a plane: of this, its width and height go before the samples.
  ///
  /// - Parameters:
  ///   - picture: as `preparation` made it.
  ///   - preparation: whether the network sees it through windows.
  public init(of picture: Image, preparation: Preparation) {
    guard preparation.windows != nil else {
      self.init(of: picture)
      return
    }
    // Planes differ in size: one of 2x8 and one of 8x2 may have the same samples.
    var hash = SHA256()
    for side in [picture.width, picture.height] {
      hash.update(data: (0..<4).map { UInt8(truncatingIfNeeded: side >> (8 * $0)) })
    }
    hash.update(data: picture.samples)
    self.init(bytes: Array(hash.finalize())[..<Self.byteCount])
  }

  /// A digest from its bytes, 16 of them.
  public init(bytes: ArraySlice<UInt8>) {
    self.bytes = Array(bytes)
  }
}

/// The name of a set of pictures: the SHA-256 of its digests in byte order, whatever the order of the files.
public enum PictureSetDigest {
  /// The set's name: 64 hexadecimal digits.
  public static func text(of digests: [PictureDigest]) -> String {
    let sorted = digests.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
    return Hexadecimal.text(SHA256.hash(data: sorted.flatMap(\.self)))
  }
}
