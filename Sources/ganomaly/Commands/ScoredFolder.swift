import Evaluation
import GANomalyModel
import Linux

/// The scores of all pictures of a folder, for commands that need every one of them.
struct ScoredFolder {
  /// Pictures named in a sentence about several.
  private static let namedCount = 5

  /// The pictures, by their paths.
  let paths: [BytePath]
  /// Their scores, in the same order.
  let scores: [Float]
  /// Their prepared pictures' digests, in the same order.
  let digests: [PictureDigest]
  /// What candidates for the score make of them, in the same order; empty where none were asked for.
  let candidateScores: [[Float]]
  /// The files without a score, and why.
  let failures: [(path: BytePath, reason: PictureOutcome.Failure)]
  /// As the user gave it.
  private let folder: String
  /// What the pictures are for.
  private let purpose: String

  /// Scores a folder all of whose pictures must have a score.
  ///
  /// - Parameters:
  ///   - folder: as the user gave it.
  ///   - purpose: what the pictures are for, as it reads after "cannot": `calibrate`.
  /// - Throws: where the folder is missing or empty, or any of its pictures cannot be scored: a part would be another set.
  init(scoring folder: String, with scoring: PictureScoring, purpose: String) throws {
    try self.init(asFarAsPossible: folder, with: scoring, purpose: purpose)
    try refuseFailures()
  }

  /// Scores a folder; what has no score is among the failures, for who tells of them before `refuseFailures`.
  ///
  /// - Parameters:
  ///   - part: a folder below this one, by whatever path, whose pictures are of another sort and are left out; nil, or one
  ///     that is not below it, leaves out nothing.
  ///   - inspect: called for each result, in the files' order.
  /// - Throws: where the folder is missing or empty, or what `inspect` throws.
  init(
    asFarAsPossible folder: String, with scoring: PictureScoring, purpose: String,
    without part: String? = nil, inspect: (PictureScoring.Result) throws -> Void = { _ in }
  ) throws {
    var sideCount = 0
    var items = try PictureItem.items(below: PathArguments.bytePath(folder), passedOver: &sideCount)
    Message.noteSidePictures(sideCount, below: folder)
    if let part {
      let count = items.count
      items = try Self.items(items, below: PathArguments.bytePath(folder), without: PathArguments.bytePath(part))
      if items.count < count {
        Message.write("note: \(count - items.count) pictures below '\(part)' are left out of '\(folder)'")
      }
    }
    guard !items.isEmpty else { throw CommandError("no pictures (*.png) found below '\(folder)'") }
    var (paths, scores, digests): ([BytePath], [Float], [PictureDigest]) = ([], [], [])
    var candidateScores: [[Float]] = []
    var failures: [(path: BytePath, reason: PictureOutcome.Failure)] = []
    let progress = ProgressLine("scoring '\(folder)':")
    try scoring.run(items) { result in
      try inspect(result)
      switch result.outcome {
      case .scored(let score, let digest):
        paths.append(result.item.path)
        scores.append(score)
        digests.append(digest)
        if let found = result.candidateScores { candidateScores.append(found) }
      case .failed(let failure):
        failures.append((result.item.path, failure))
        if failures.count <= Self.namedCount {
          progress.clear()
          Message.write("cannot score '\(escaped(result.item.path.bytes))': \(failure.reason)")
        }
      }
      progress.show(done: scores.count + failures.count, of: items.count)
    }
    progress.clear()
    (self.paths, self.scores, self.digests, self.candidateScores) = (paths, scores, digests, candidateScores)
    (self.failures, self.folder, self.purpose) = (failures, folder, purpose)
  }

  /// The items that do not lie in a folder below theirs; the folder is known by what it is, not by its path.
  private static func items(_ items: [PictureItem], below folder: BytePath, without part: BytePath) -> [PictureItem] {
    guard let left = FileStatus(path: part.filePath) else { return items }
    let outerCount = folder.appending([]).bytes.count
    var known: [ArraySlice<UInt8>: Bool] = [:]
    func isLeft(_ path: ArraySlice<UInt8>) -> Bool {
      if let known = known[path] { return known }
      let found = FileStatus(path: BytePath(bytes: Array(path)).filePath)
      let isSame = found?.device == left.device && found?.inode == left.inode
      known[path] = isSame
      return isSame
    }
    return items.filter { item in
      let bytes = item.path.bytes
      return !bytes.indices.contains {
        $0 >= outerCount && bytes[$0] == UInt8(ascii: "/") && isLeft(bytes[..<$0])
      }
    }
  }

  /// Refuses a set of which a part has no score: the rest would be another set.
  func refuseFailures() throws(CommandError) {
    guard !failures.isEmpty else { return }
    throw CommandError(
      "cannot \(purpose) with '\(folder)': \(failures.count) of \(paths.count + failures.count) files could not be "
        + "scored; "
        + (failures.contains(where: \.reason.isOfModel)
          ? "the model is damaged, take a sound one" : "repair or remove them"))
  }

  /// The pictures' names for sentences, in the scores' order.
  var names: [String] { paths.map { escaped($0.bytes) } }

  /// The folders directly below a folder that hold some of the pictures, sorted by bytes; those of the folder itself
  /// belong to none.
  ///
  /// - Parameter folder: the one that was scored.
  func subfolders(of folder: BytePath) -> [(name: [UInt8], places: [Int])] {
    let separator = UInt8(ascii: "/")
    let prefix = folder.appending([]).bytes.count
    var places: [[UInt8]: [Int]] = [:]
    for (place, path) in paths.enumerated() {
      let rest = path.bytes.dropFirst(prefix)
      guard let end = rest.firstIndex(of: separator) else { continue }
      places[Array(rest[..<end]), default: []].append(place)
    }
    return places.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
  }

  /// The kinds of anomaly below a folder: one a subfolder that holds some of the pictures.
  ///
  /// - Parameter folder: the one that was scored.
  func kinds(below folder: BytePath) -> [ScoreComparison.Kind] {
    subfolders(of: folder).map { ScoreComparison.Kind(name: escaped($0.name), places: $0.places) }
  }

  /// All files of the folder, with a score or without.
  var files: [BytePath] { paths + failures.map(\.path) }

  /// Refuses pictures that training or validation used: their scores say nothing about new pictures.
  func refuseOverlap(with model: Model, purpose: String) throws {
    let known = model.trainingPictures
    let used = digests.indices.filter { known.contains(digests[$0]) }
    guard let first = used.first else { return }
    throw CommandError(
      "cannot \(purpose): \(used.count) of \(paths.count) pictures were used in training, the first is "
        + "'\(escaped(paths[first].bytes))'; take pictures that training never saw")
  }

  /// Says how many pictures look exactly like another to the network.
  func reportTwins() {
    let twins = digests.count - Set(digests).count
    guard twins > 0 else { return }
    Message.write(
      "note: \(twins) of \(digests.count) pictures are the same as another to the network; "
        + "copies make a set look larger than it is")
  }
}
