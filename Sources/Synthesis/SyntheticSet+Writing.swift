private import Imaging

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
    let folder = try SetFolder(directory, for: entries.map(\.file))
    let drawer = PartDrawer(width: width, height: height)
    try folder.writeAll(entries.count, threadCount: threadCount, progress: progress) { index in
      let entry = entries[index]
      return [(entry.file, PNG.encode(drawer.picture(seed: entry.seed, defect: entry.defect)))]
    }
    try folder.write(Array(manifest.utf8), to: "manifest.csv")
  }
}
