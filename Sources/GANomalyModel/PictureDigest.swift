private import Crypto
public import Imaging

/// The first 16 bytes of the SHA-256 of a prepared picture's samples: how overlap with the training is found.
public struct PictureDigest: Sendable, Hashable {
  /// Bytes of a digest.
  public static let byteCount = 16

  /// The 16 bytes.
  public let bytes: [UInt8]

  /// The digest of a prepared picture.
  ///
  /// - Parameter picture: the picture as the network sees it, after `Preparation`.
  public init(of picture: Image) {
    self.bytes = Array(SHA256.hash(data: picture.samples).prefix(Self.byteCount))
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
