private import FoundationEssentials
private import Synchronization
private import Tensors

/// The folder of a set that is being written.
struct SetFolder {
  private let path: String

  /// Makes the folder where it is missing, and those below it that the files need; refuses one that holds anything.
  init(_ path: String, for files: [String]) throws(SynthesisError) {
    self.path = path
    try Self.makeFolder(path)
    let names = try Self.attempt("read the folder", path) { try FileManager.default.contentsOfDirectory(atPath: path) }
    guard names.isEmpty else {
      throw SynthesisError(
        description: "cannot write a set to '\(path)': the folder is not empty; name a new or an empty one")
    }
    for folder in Set(files.map { Self.folder(of: $0) }).sorted() { try Self.makeFolder(path + "/" + folder) }
  }

  /// Makes and writes the files of every picture, in parallel; after the first failure the rest is left out.
  ///
  /// - Parameters:
  ///   - count: pictures.
  ///   - threadCount: threads that make them, the caller's included.
  ///   - progress: called after every picture with how many are done, one call at a time.
  ///   - files: the names and bytes of one picture's files, by its index; only those being written are in memory.
  func writeAll(
    _ count: Int, threadCount: Int, progress: @Sendable (_ done: Int) -> Void,
    files: @Sendable (_ index: Int) -> [(name: String, bytes: [UInt8])]
  ) throws(SynthesisError) {
    let state = Mutex((done: 0, failure: SynthesisError?.none))
    ThreadPool(threadCount: threadCount).run(count) { task, _ in
      guard state.withLock({ $0.failure == nil }) else { return }
      do throws(SynthesisError) {
        for file in files(task) { try write(file.bytes, to: file.name) }
        state.withLock {
          $0.done += 1
          progress($0.done)
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Writes a file, named from the folder on.
  func write(_ bytes: [UInt8], to name: String) throws(SynthesisError) {
    let file = path + "/" + name
    try Self.attempt("write", file) { try Data(bytes).write(to: URL(filePath: file)) }
  }

  /// Names of so many files, numbered from 1 with as many digits each: `dent-0001`.
  static func names(_ count: Int, prefix: String) -> [String] {
    let digits = max(4, String(count).count)
    return (0..<count).map { index in
      let number = String(index + 1)
      return prefix + "-" + String(repeating: "0", count: digits - number.count) + number
    }
  }

  /// Everything before the last separator.
  private static func folder(of file: String) -> String {
    file.split(separator: "/").dropLast().joined(separator: "/")
  }

  /// Makes a folder and those above it.
  private static func makeFolder(_ path: String) throws(SynthesisError) {
    try attempt("make the folder", path) {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
  }

  /// Runs a call of the file system and says what it was for when it fails.
  private static func attempt<Value>(
    _ action: String, _ path: String, _ body: () throws -> Value
  ) throws(SynthesisError) -> Value {
    do {
      return try body()
    } catch let error as CocoaError {
      throw SynthesisError(description: "cannot \(action) '\(path)': \(reason(of: error))")
    } catch {
      throw SynthesisError(description: "cannot \(action) '\(path)': \(error)")
    }
  }

  /// What the system said, in a few words.
  private static func reason(of error: CocoaError) -> String {
    switch error.code {
    case .fileWriteNoPermission, .fileReadNoPermission: "permission denied"
    case .fileWriteOutOfSpace: "no space left on the disk"
    case .fileWriteVolumeReadOnly: "the file system is read-only"
    case .fileNoSuchFile, .fileReadNoSuchFile: "no such folder"
    case .fileWriteFileExists: "something else than a folder has this name"
    case .fileWriteInvalidFileName, .fileReadInvalidFileName: "the name is not valid"
    default: "\(error.code)"
    }
  }
}
