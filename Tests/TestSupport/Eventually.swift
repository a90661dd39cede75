private import Glibc

/// Waits until a condition holds, with a deadline.
///
/// - Parameters:
///   - seconds: how long at most, in a build without a sanitizer.
///   - what: what is waited for, for the sentence; asked for when it did not come.
/// - Throws: where it did not come to hold in time, and whatever the condition throws.
public func eventually(
  within seconds: Double = 60, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line,
  _ isTrue: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(seconds * Sanitizer.patience)
  while try !isTrue() {
    guard ContinuousClock.now < deadline else {
      throw TestFailure("\(file):\(line): not within \(seconds * Sanitizer.patience) s: \(what())")
    }
    usleep(5000)
  }
}
