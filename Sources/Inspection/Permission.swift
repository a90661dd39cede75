internal import Linux
internal import SystemPackage

/// Says what helps where permission lacks.
enum Permission {
  /// Runs work on files for a command.
  static func asking<Result: ~Copyable>(
    _ body: () throws(LinuxError) -> Result
  ) throws(InspectionError) -> Result {
    do { return try body() } catch { throw Permission.error(error) }
  }

  /// Runs work on the ledger for a command.
  static func asking<Result>(
    ledger state: FilePath, _ body: () throws(InspectionError) -> Result
  ) throws(InspectionError) -> Result {
    do { return try body() } catch {
      guard case .ledger(let path, _, _) = error, CurrentProcess.mayNotUse(state.appending("ledger.sqlite")) else {
        throw error
      }
      throw .command("cannot use the ledger '\(path)': permission denied; run with sudo, or as a member of its group")
    }
  }

  /// A system's error with its remedy.
  static func error(_ error: LinuxError) -> InspectionError {
    error.code == .permissionDenied || error.code == .notPermitted
      ? .command("\(error); run with sudo") : .system(error)
  }
}
