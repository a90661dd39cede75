import Linux

/// Sentences for the user on standard error.
enum Message {
  /// Writes a sentence; where standard error is closed, nobody is there to be told.
  static func write(_ sentence: String) {
    try? StandardStream.error.write("ganomaly: \(sentence)\n")
  }

  /// Says how many side pictures beside their pictures were left out; nothing where there were none.
  ///
  /// - Parameter folder: as the user gave it; nil for several.
  static func noteSidePictures(_ count: Int, below folder: String? = nil) {
    guard count > 0 else { return }
    let place = folder.map { " below '\($0)'" } ?? ""
    write(
      "note: \(count) side \(count == 1 ? "picture" : "pictures") (NAME.view.png or NAME.map.png beside NAME)\(place) left out"
    )
  }
}
