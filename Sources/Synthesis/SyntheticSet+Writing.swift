private import FoundationEssentials
private import Imaging
private import Synchronization
private import Tensors

extension SyntheticSet {
  /// Draws all pictures and writes them as PNG files, then the manifest.
  ///
  /// - Parameters:
  ///   - directory: the set's folder; made where it is missing, refused where it holds anything.
  ///   - threadCount: threads that draw, the caller's included.
  ///   - progress: called after every picture with how many are done, from any of the threads, one call at a time.
  /// - Throws: `SynthesisError` when the folder is not empty or something cannot be written; what was written stays.
  public func write(
    to directory: String, threadCount: Int = 1, progress: @Sendable (_ done: Int) -> Void = { _ in }
  ) throws(SynthesisError) {
    try Self.makeFolder(directory)
    let names = try Self.attempt("read the folder", directory) {
      try FileManager.default.contentsOfDirectory(atPath: directory)
    }
    guard names.isEmpty else {
      throw SynthesisError(
        description: "cannot write a set to '\(directory)': the folder is not empty; name a new or an empty one")
    }
    for folder in Set(entries.map { Self.folder(of: $0.file) }).sorted() {
      try Self.makeFolder(directory + "/" + folder)
    }
    try drawAll(to: directory, threadCount: threadCount, progress: progress)
    try Self.write(Array(manifest.utf8), to: directory + "/manifest.csv")
  }

  /// Draws every entry, in parallel; after the first failure the rest is left out.
  private func drawAll(
    to directory: String, threadCount: Int, progress: @Sendable (_ done: Int) -> Void
  ) throws(SynthesisError) {
    let drawer = PartDrawer(width: width, height: height)
    let state = Mutex((done: 0, failure: SynthesisError?.none))
    ThreadPool(threadCount: threadCount).run(entries.count) { task, _ in
      guard state.withLock({ $0.failure == nil }) else { return }
      let entry = entries[task]
      do throws(SynthesisError) {
        let bytes = PNG.encode(drawer.picture(seed: entry.seed, defect: entry.defect))
        try Self.write(bytes, to: directory + "/" + entry.file)
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

  /// Writes a file.
  private static func write(_ bytes: [UInt8], to path: String) throws(SynthesisError) {
    try attempt("write", path) { try Data(bytes).write(to: URL(filePath: path)) }
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
