/// Why a PNG file gave no picture.
public struct PNGError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the file, as a token for records.
  public enum Reason: String, Sendable, CaseIterable {
    /// The file has no bytes.
    case empty = "png-empty"
    /// The file does not begin as a PNG does.
    case notPNG = "not-png"
    /// The file ends before its end chunk.
    case truncated = "png-truncated"
    /// The checksum of a chunk is wrong, whatever the chunk holds.
    case checksum = "png-crc"
    /// The compressed pixels are damaged, too few or too many.
    case inflate = "png-inflate"
    /// The header names a size, depth or colour type that no PNG has.
    case header = "png-header"
    /// More pixels than the limit.
    case tooManyPixels = "too-many-pixels"
    /// Wider or higher than the limit.
    case tooLargeSide = "too-large-side"
    /// Anything else that libpng refuses.
    case damaged = "png-damaged"
    /// No memory for the pixels.
    case noMemory = "no-memory"
  }

  /// What is wrong.
  public let reason: Reason
  /// One sentence: what was expected, what was found and what to do.
  public let description: String

  /// An error with its sentence.
  public init(reason: Reason, description: String) {
    self.reason = reason
    self.description = description
  }

  /// Whether a file that is still being written can look like this: all but a whole header past a limit and a lack of memory.
  public var mayBeIncomplete: Bool {
    switch reason {
    case .empty, .notPNG, .truncated, .checksum, .inflate, .header, .damaged: true
    case .tooManyPixels, .tooLargeSide, .noMemory: false
    }
  }
}
