private import CAllocationCounter
private import GANomalyModel
private import Imaging
private import Tensors
private import Training

/// What a warm lane asks of the heap from prepared pictures to scores, and a warm training step: a count, without noise.
enum AllocationBenchmark {
  /// Calls that are counted; as many before them are not.
  private static let callCount = 4
  /// The size of the network: its shapes decide nothing here that larger ones do not.
  private static let size = 32

  /// One line a batch of scoring, and one of training with one thread.
  static func run(_ options: Options) -> [Measurement] {
    precondition(count { _ = [UInt8](repeating: 1, count: Int.random(in: 4096...8192)) } > 0, "the counter counts")
    let parameters = Hyperparameters(size: size)
    let network = TrainableNetwork(parameters)
    var random = RandomGenerator(seed: 1)
    network.initialise(using: &random)
    let scorer = Scorer(hyperparameters: parameters, state: network.state, servesSinglePictures: true)
    let scoring = options.batches.map { batch in
      let pictures = NetworkBenchmark.pictures(count: batch, size: size, random: &random)
      let lane = scorer.makeLane(maximumBatch: batch)
      var sum: Float = 0
      let calls = warmCount { lane.forEachScore(of: pictures) { sum += $0 } }
      precondition(!sum.isNaN, "scores are numbers")
      return line(
        task: "scoring, size \(size), batch \(batch)", count: Double(calls) / Double(callCount * batch),
        unit: "allocations/image")
    }
    let batch = 64
    let step = PaperStep(network: network, imageCount: batch, pool: ThreadPool(threadCount: 1))
    let pictures = NetworkBenchmark.pictures(count: batch, size: size, random: &random)
    for (image, picture) in pictures.enumerated() { step.input.setSamples(picture.samples, ofImage: image) }
    let calls = warmCount { _ = step.run(random: &random) }
    return scoring + [
      line(
        task: "training, size \(size), batch \(batch)", count: Double(calls) / Double(callCount),
        unit: "allocations/step")
    ]
  }

  private static func warmCount(_ call: () -> Void) -> Int {
    for _ in 0..<callCount { call() }
    return count { for _ in 0..<callCount { call() } }
  }

  /// Allocations of this thread in a body.
  private static func count(_ body: () -> Void) -> Int {
    let before = cac_allocation_count()
    body()
    return Int(cac_allocation_count() - before)
  }

  private static func line(task: String, count: Double, unit: String) -> Measurement {
    Measurement(
      subject: "allocations", task: task, contestant: "ganomaly", threads: 1, rate: count, lowestRate: count,
      highestRate: count, unit: unit, ratio: nil, comparedWith: nil, requiredRatio: nil)
  }
}
