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

  /// Scores a folder.
  ///
  /// - Parameters:
  ///   - folder: as the user gave it.
  ///   - purpose: what the pictures are for, as it reads after "cannot": `calibrate`.
  /// - Throws: where the folder is missing or empty, or any of its pictures cannot be scored: a part would be another set.
  init(scoring folder: String, with scoring: PictureScoring, purpose: String) throws {
    let items = try PictureItem.items(below: PathArguments.bytePath(folder))
    guard !items.isEmpty else { throw CommandError("no pictures (*.png) found below '\(folder)'") }
    var (paths, scores, digests): ([BytePath], [Float], [PictureDigest]) = ([], [], [])
    var (failures, isModelToBlame) = (0, false)
    let progress = ProgressLine("scoring '\(folder)':")
    scoring.run(items) { result in
      switch result.outcome {
      case .scored(let score, let digest):
        paths.append(result.item.path)
        scores.append(score)
        digests.append(digest)
      case .failed(let failure):
        failures += 1
        isModelToBlame = isModelToBlame || failure.isOfModel
        if failures <= Self.namedCount {
          progress.clear()
          Message.write("cannot score '\(escaped(result.item.path.bytes))': \(failure.reason)")
        }
      }
      progress.show(done: scores.count + failures, of: items.count)
    }
    progress.clear()
    guard failures == 0 else {
      throw CommandError(
        "cannot \(purpose) with '\(folder)': \(failures) of \(items.count) files could not be scored; "
          + (isModelToBlame ? "the model is damaged, take a sound one" : "repair or remove them"))
    }
    (self.paths, self.scores, self.digests) = (paths, scores, digests)
  }

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
