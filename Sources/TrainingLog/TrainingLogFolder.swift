internal import Linux

/// The folder of a training's log.
enum TrainingLogFolder {
  /// Makes the folder, and those above it, where they are missing.
  static func make(_ folder: BytePath) throws(TrainingLogError) {
    guard !folder.bytes.contains(0) else { throw .zeroByte(folder) }
    do {
      // With the dot a link to a folder counts as the folder.
      _ = try Directory.creating(path: folder.appending([UInt8(ascii: ".")]).filePath, mode: 0o777)
    } catch {
      throw .folder(error)
    }
  }
}
