private import GANomalyModel
private import Imaging
private import Tensors

/// From a camera-size PNG file in memory to its score and map, and the phases of it: where the time of a large picture
/// goes.
///
/// The network's time is that of the windows to the score less that of cutting them; the map's is what the score with a
/// map takes more.
///
/// A picture of 1280 x 1024 by windows of 64 pixels, 32 apart, and a network of 32 features.
enum WindowBenchmark {
  private static let (width, height) = (1280, 1024)
  private static let (size, stride, featureCount) = (64, 32, 32)

  /// One thread.
  static func run(_ harness: Harness) -> [Measurement] {
    let picture = DecodingBenchmark.picture(width: width, height: height, channelCount: 1)
    let bytes = PNG.encode(picture)
    let preparation = Preparation(size: size, channelCount: 1, windows: WindowPlan(stride: stride))
    let plane = try! preparation.plane(of: picture)
    let grid = WindowGrid(planeWidth: plane.width, planeHeight: plane.height, side: size, stride: stride)
    let lane = scorer().makePictureLane(preparation: preparation, maximumBatch: PictureLane.windowBatch)
    let input = FeatureMap(imageCount: 1, side: size, channelCount: 1)
    let contestants = [
      Contestant(name: "file to score and map") {
        let plane = try! preparation.prepare(png: bytes).picture
        _ = lane.scores(of: [plane], explaining: { _ in true })
      },
      Contestant(name: "decoding alone") { _ = try! preparation.prepare(png: bytes) },
      Contestant(name: "cutting windows alone") {
        for place in grid.places {
          input.setWindow(of: plane.samples, width: width, column: place.column, row: place.row, ofImage: 0)
        }
      },
      Contestant(name: "windows to score") { _ = lane.scores(of: [plane]) },
      Contestant(name: "windows to score and map") { _ = lane.scores(of: [plane], explaining: { _ in true }) },
    ]
    return Measurement.lines(
      subject: "windows", task: "\(width)x\(height), \(grid.count) windows", contestants: contestants,
      samples: harness.alternate(contestants), threads: 1, work: 1, unit: "pictures/s")
  }

  private static func scorer() -> Scorer {
    let parameters = Hyperparameters(size: size, featureCount: featureCount)
    let network = TrainableNetwork(parameters)
    var random = RandomGenerator(seed: 1)
    network.initialise(using: &random)
    return Scorer(hyperparameters: parameters, state: network.state)
  }
}
