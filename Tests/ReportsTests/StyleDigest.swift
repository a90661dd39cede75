import Crypto
import Foundation

/// The digest of a style sheet as a security policy names it, by another way than the report's.
enum StyleDigest {
  static func text(of style: [UInt8]) throws -> String {
    "sha256-" + Data(SHA256.hash(data: Data(style))).base64EncodedString()
  }
}
