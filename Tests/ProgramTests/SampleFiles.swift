import GANomalyModel
import Imaging
import TestSupport

/// Files that commands are tried on.
enum SampleFiles {
  /// Writes an uncalibrated model whose training pictures were those of some seeds, and returns its path.
  static func writeModel(
    to folder: TemporaryFolder, trainingSeeds: Range<UInt64> = 0..<0, change: (inout Model) -> Void = { _ in }
  ) throws -> String {
    var model = SampleModel.make()
    model.trainingDigests = trainingSeeds.flatMap {
      PictureDigest(of: model.preparation.prepare(SamplePicture.noise(seed: $0)), preparation: model.preparation).bytes
    }
    change(&model)
    let path = folder.path("model.safetensors")
    try model.write(to: path)
    return path
  }

  /// Writes noise pictures of some seeds to a folder below, and returns that folder's path.
  @discardableResult
  static func writePictures(_ seeds: Range<UInt64>, to name: String, in folder: TemporaryFolder) throws -> String {
    let path = try folder.makeFolder(name)
    for seed in seeds { try folder.write(SamplePicture.noise(seed: seed), to: "\(name)/\(1000 + seed).png") }
    return path
  }

  /// The library's scores of noise pictures.
  static func scores(_ seeds: Range<UInt64>, model path: String) throws -> [Float] {
    let model = try Model.read(contentsOf: path)
    let lane = Scorer(model: model).makeLane(maximumBatch: 8)
    return lane.scores(of: seeds.map { model.preparation.prepare(SamplePicture.noise(seed: $0)) })
  }
}
