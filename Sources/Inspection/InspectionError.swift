public import Linux
private import SystemPackage

/// Why the daemon or a look into its folders cannot go on.
public enum InspectionError: Error, CustomStringConvertible {
  /// A setting is unknown or has a bad value; the sentence names it and what would be right.
  case configuration(String)
  /// A file or folder cannot be used.
  case system(LinuxError)
  /// The ledger cannot be read or written.
  case ledger(path: String, reason: String, isDamaged: Bool)
  /// The model cannot be used.
  case model(String)
  /// A command cannot be done; the sentence says why and what helps.
  case command(String)

  /// The error of a file that could not be read for a reason that may pass; nil for any other reason.
  init?(passing error: FileError) {
    guard case .system(let code) = error.cause else { return nil }
    let failure = LinuxError(
      operation: "\(error.action) '\(escaped(error.path.bytes))'", code: Errno(rawValue: code))
    guard failure.mayPass else { return nil }
    self = .system(failure)
  }

  /// Whether another start is worth trying: a full disk or a busy ledger passes, a refused setting does not.
  public var mayPass: Bool {
    switch self {
    case .configuration, .model, .command: false
    case .system(let error): error.mayPass
    case .ledger: true
    }
  }

  /// Whether a permission is missing, so that another user could do it.
  public var isForbidden: Bool {
    if case .system(let error) = self { error.isForbidden } else { false }
  }

  /// One sentence: what failed, and what helps.
  public var description: String {
    switch self {
    case .configuration(let sentence): sentence
    case .system(let error): error.description
    case .ledger(let path, let reason, _): "cannot use the ledger '\(path)': \(reason)"
    case .model(let sentence): sentence
    case .command(let sentence): sentence
    }
  }
}

/// Runs work on files, with its error as this module's.
func onSystem<Result: ~Copyable>(_ body: () throws(LinuxError) -> Result) throws(InspectionError) -> Result {
  do { return try body() } catch { throw .system(error) }
}
