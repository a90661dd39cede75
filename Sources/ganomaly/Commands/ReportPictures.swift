import Evaluation
import GANomalyModel
import Imaging
import Inspection
import Linux
import Reports

/// The pictures of a report: all with their scores, and some with what the network makes of them.
struct ReportPictures {
  /// The program, as reports name it.
  static let program = "ganomaly \(ProjectVersion.text)"

  private let preparation: Preparation
  private let lane: PictureLane
  private let maps: MapPicture

  /// Pictures that a model scored.
  init(model: Model) {
    preparation = model.preparation
    maps = MapPicture(model: model)
    lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1)
  }

  /// The pictures of a folder, those shown that are most and least suspicious.
  ///
  /// - Parameters:
  ///   - kinds: the kinds of anomaly that they are of.
  ///   - count: how many are shown, of either.
  func choose(from folder: ScoredFolder, kinds: [ScoreComparison.Kind] = [], count: Int) -> [EvaluatedPicture] {
    let names = folder.kindNames(kinds)
    var pictures = folder.paths.indices.map { place in
      EvaluatedPicture(
        path: folder.paths[place], score: folder.scores[place], kind: names[place],
        modified: FileStatus(path: folder.paths[place].filePath)?.modified)
    }
    for place in PictureChoice(scores: folder.scores, count: count).places {
      pictures[place].shown = shown(folder.paths[place], digest: folder.digests[place])
    }
    return pictures
  }

  /// Reads a picture again: its file may be gone by now, or another.
  private func shown(_ path: BytePath, digest: PictureDigest) -> PictureShown {
    let item = PictureItem(path: path, followsLink: false)
    switch PictureScoring.picture(of: item, preparation: preparation) {
    case .failure(let error): return .missing("cannot be shown: \(error.failure.reason)")
    case .success(let content):
      let picture = content.picture
      guard PictureDigest(of: picture, preparation: preparation) == digest else {
        return .missing("cannot be shown: it has changed since it was scored")
      }
      guard preparation.windows != nil else {
        return .views(PictureViews(original: picture, reconstruction: lane.view(of: picture).reconstruction))
      }
      let explained = lane.scores(of: [picture], explaining: { _ in true })[0]
      let view = lane.view(of: picture, at: explained.strongestWindow)
      let panel = explained.map.flatMap { map in
        maps.panel(of: item, .init(map: map, geometry: content.geometry), score: explained.score)
      }
      return .views(PictureViews(original: view.original, reconstruction: view.reconstruction, panel: panel))
    }
  }
}

extension ScoredFolder {
  /// The kind of each picture, in the pictures' order; nil for one that belongs to none.
  func kindNames(_ kinds: [ScoreComparison.Kind]) -> [String?] {
    var names = [String?](repeating: nil, count: paths.count)
    for kind in kinds { for place in kind.places { names[place] = kind.name } }
    return names
  }
}
