public import GANomalyModel
public import Imaging

/// A small model that looks at windows of pictures, and pictures of which it calls some anomalous.
public enum WindowedModel {
  /// Side of a window.
  public static let side = 16
  /// Columns and rows of the pictures.
  public static let pictureSides = (width: 70, height: 52)

  /// The model: calibrated, so that half of the pictures 0 to 9 are anomalous.
  ///
  /// - Parameter windows: how pictures are cut.
  public static func make(_ windows: WindowPlan = WindowPlan(stride: 8)) throws -> Model {
    var model = SampleModel.make()
    model.preparation.windows = windows
    let scores = try (0..<10).map { try score($0, model) }.sorted()
    model.calibration = try Calibration.manual(threshold: (scores[4] + scores[5]) / 2, scores: Array(scores[..<5]))
    return model
  }

  /// A picture that no other number gives: faint noise, and a patch of coarse noise.
  public static func picture(_ number: Int) -> Image {
    var image = Image(width: pictureSides.width, height: pictureSides.height, channelCount: 1, level: 0)
    var random = SmallRandom(seed: UInt64(number) &+ 5)
    for index in image.samples.indices { image.samples[index] = 120 + UInt8(random.next() * 8) }
    let (left, top) = (Int(random.next() * 50), Int(random.next() * 32))
    for y in top..<top + 12 {
      for x in left..<left + 12 {
        image.samples[y * image.width + x] = UInt8(128 + (random.next() - 0.5) * Float(number) * 25)
      }
    }
    return image
  }

  /// The score of a picture, to the last bit.
  public static func score(_ number: Int, _ model: Model) throws -> Float {
    try explained(number, model).score
  }

  /// The same, and what shows why.
  public static func explained(_ number: Int, _ model: Model) throws -> PictureLane.Explained {
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 4)
    return lane.scores(of: [try model.preparation.plane(of: picture(number))], explaining: { _ in true })[0]
  }
}
