/// Why a file gives no prepared picture.
public enum PreparationFailure: Error, Sendable, Equatable {
  /// It is no whole, sound PNG within the limits.
  case png(PNGError)
  /// Its picture has sides that the preparation takes no picture of; the sentence says what was found and expected.
  case wrongSize(String)

  /// The word of records for a picture of wrong sides.
  public static let wrongSizeReason = "wrong-size"

  /// Why, as a token for records.
  public var reason: String {
    switch self {
    case .png(let error): error.reason.rawValue
    case .wrongSize: Self.wrongSizeReason
    }
  }

  /// Whether a file that is still being written can look like this.
  ///
  /// The sides of a picture are looked at in files that are sound to their end alone.
  public var mayBeIncomplete: Bool {
    switch self {
    case .png(let error): error.mayBeIncomplete
    case .wrongSize: false
    }
  }

  /// Whether there was no memory for it, which is not the file's fault.
  public var isLackOfMemory: Bool { self.reason == PNGError.Reason.noMemory.rawValue }
}

extension PreparationFailure: CustomStringConvertible {
  /// One sentence: what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .png(let error): error.description
    case .wrongSize(let sentence): sentence
    }
  }
}
