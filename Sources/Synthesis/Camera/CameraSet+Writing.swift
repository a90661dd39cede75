private import Imaging

extension CameraSet {
  /// Draws all pictures and writes them and their masks as PNG files, then the manifest.
  ///
  /// - Parameters:
  ///   - directory: the set's folder; made where it is missing, refused where it holds anything.
  ///   - threadCount: threads that draw, the caller's included; each holds one picture.
  ///   - progress: called after every picture with how many are done, from any of the threads, one call at a time.
  /// - Throws: `SynthesisError` when the folder is not empty or something cannot be written; what was written stays.
  public func write(
    to directory: String, threadCount: Int = 1, progress: @Sendable (_ done: Int) -> Void = { _ in }
  ) throws(SynthesisError) {
    let folder = try SetFolder(directory, for: entries.map(\.file) + entries.compactMap(\.maskFile))
    let drawer = CameraDrawer(scene: scene, width: width, height: height)
    try folder.writeAll(entries.count, threadCount: threadCount, progress: progress) { index in
      let entry = entries[index]
      let picture = drawer.picture(seed: entry.seed, defect: entry.defect)
      var files = [(name: entry.file, bytes: PNG.encode(picture.image))]
      if let name = entry.maskFile, let mask = picture.mask { files.append((name, PNG.encode(mask))) }
      return files
    }
    try folder.write(Array(manifest.utf8), to: "manifest.csv")
  }
}
