private import COpenBLAS
private import GANomalyModel
internal import Imaging
private import Layers
internal import Tensors
private import Training

/// The whole network, scoring and training, against what OpenBLAS's `sgemm` reaches in the same run.
///
/// Rates are of the arithmetic that the network needs: 2 operations a multiplication and addition of its convolutions,
/// nothing else counted. A trained picture is one way forward and back through the generator, one forward way of picture
/// and reconstruction through the discriminator, the way back of its features' gradient, and its own two ways back.
enum NetworkBenchmark {
  /// The largest size of training; its batches have 64 pictures.
  static let largestTrainingSize = 64
  /// What scoring at batch 64 must reach of `sgemm`'s rate.
  static let requiredScoringRatio = 0.8
  /// What training at size 64 must reach of `sgemm`'s rate.
  static let requiredTrainingRatio = 0.5

  /// Lanes score whole batches side by side, one a thread; where single pictures are asked for, also one lane alone.
  static func scoring(_ options: Options, sets: [KernelSet], harness: Harness) -> [Measurement] {
    options.sizes.flatMap { size in
      let parameters = Hyperparameters(size: size)
      let network = TrainableNetwork(parameters)
      var random = RandomGenerator(seed: 1)
      network.initialise(using: &random)
      let state = network.state
      let scorers = sets.map {
        Scorer(hyperparameters: parameters, state: state, servesSinglePictures: true, instructionSet: $0.instructionSet)
      }
      return options.batches.flatMap { batch in
        let pictures = pictures(count: batch, size: size, random: &random)
        // One lane alone shows how soon one picture has its score.
        let laneCounts = batch == 1 && options.threads > 1 ? [1, options.threads] : [options.threads]
        return laneCounts.flatMap { laneCount in
          let pool = ThreadPool(threadCount: laneCount)
          let contestants = zip(sets, scorers).map { set, scorer in
            let lanes = (0..<laneCount).map { _ in scorer.makeLane(maximumBatch: batch) }
            return Contestant(name: set.name) {
              pool.run(laneCount) { lane, _ in _ = lanes[lane].scores(of: pictures) }
            }
          }
          return lines(
            subject: "scoring", task: "size \(size), batch \(batch)", contestants: contestants, threads: laneCount,
            pictureCount: laneCount * batch, operationsPerPicture: Double(scorers[0].operationCount),
            requiredRatio: batch == 64 ? requiredScoringRatio : nil, harness: harness)
        }
      }
    }
  }

  /// Steps of batches of 64 pictures.
  static func training(_ options: Options, sets: [KernelSet], harness: Harness) -> [Measurement] {
    let threads = options.threads
    return options.sizes.filter { $0 <= largestTrainingSize }.flatMap { size in
      let batch = 64
      let parameters = Hyperparameters(size: size)
      var random = RandomGenerator(seed: 1)
      let pictures = pictures(count: batch, size: size, random: &random)
      var operations = 0.0
      let contestants = sets.map { set in
        let network = TrainableNetwork(parameters, instructionSet: set.instructionSet)
        network.initialise(using: &random)
        operations = trainedOperations(of: network)
        let pool = ThreadPool(threadCount: threads, patience: ThreadPool.shortPatience)
        let step = PaperStep(network: network, imageCount: batch, pool: pool)
        for (image, picture) in pictures.enumerated() { step.input.setSamples(picture.samples, ofImage: image) }
        return Contestant(name: set.name) {
          var random = RandomGenerator(seed: 2)
          _ = step.run(random: &random)
        }
      }
      return lines(
        subject: "training", task: "size \(size), batch \(batch)", contestants: contestants, threads: threads,
        pictureCount: batch, operationsPerPicture: operations,
        requiredRatio: size == 64 ? requiredTrainingRatio : nil, harness: harness)
    }
  }

  /// Operations of one trained picture; the first layers of chains that start at a picture need no input gradient.
  private static func trainedOperations(of network: TrainableNetwork) -> Double {
    func forward(_ chain: [Int]) -> Int { chain.reduce(0, +) }
    let first = network.firstEncoder.blocks.map(\.description.operationCount)
    let decoder = network.decoder.blocks.map(\.description.operationCount)
    let second = network.secondEncoder.blocks.map(\.description.operationCount)
    let discriminator = network.discriminator.blocks.map(\.description.operationCount)
    let generator = 3 * (forward(first) + forward(decoder) + forward(second)) - first[0]
    let features = forward(discriminator.dropLast())
    return Double(
      generator + 2 * forward(discriminator) + features + 2 * (2 * forward(discriminator) - discriminator[0]))
  }

  /// Two lines a contestant: its share of `sgemm`'s rate, and pictures a second.
  private static func lines(
    subject: String, task: String, contestants: [Contestant], threads: Int, pictureCount: Int,
    operationsPerPicture: Double, requiredRatio: Double?, harness: Harness
  ) -> [Measurement] {
    let shape = MatrixBenchmark.shape
    let left = Floats(count: shape.rows * shape.depth, seed: 5)
    let right = Floats(count: shape.depth * shape.columns, seed: 6)
    let output = Floats(count: shape.rows * shape.columns)
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    let yardstick = Contestant(name: yardstickName) {
      KernelBenchmark.multiply(shape, left, right, into: output)
    }
    let samples = harness.alternateSettled([yardstick] + contestants)
    let work = operationsPerPicture * Double(pictureCount) * 1e-9
    let reference = samples[0]
    return zip(contestants, samples.dropFirst()).flatMap { contestant, samples in
      func line(_ rate: Double, unit: String, ratio: Double?) -> Measurement {
        Measurement(
          subject: subject, task: task, contestant: contestant.name, threads: threads, rate: rate / samples.median,
          lowestRate: rate / samples.maximum, highestRate: rate / samples.minimum, unit: unit, ratio: ratio,
          comparedWith: ratio == nil ? nil : yardstick.name, requiredRatio: ratio == nil ? nil : requiredRatio)
      }
      return [
        line(Double(pictureCount), unit: "images/s", ratio: nil),
        line(work, unit: "GFLOP/s", ratio: samples.speed(over: reference) * work / shape.gigaflops),
      ]
    }
  }

  /// The yardstick with all that its rate depends on besides the machine.
  private static var yardstickName: String {
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
    let words = String(cString: openblas_get_config()).split(separator: " ").prefix(2)
    return words.joined(separator: " ") + " sgemm (\(String(cString: openblas_get_corename())))"
  }

  /// Pictures of random samples.
  static func pictures(count: Int, size: Int, random: inout RandomGenerator) -> [Image] {
    (0..<count).map { _ in
      Image(
        width: size, height: size, channelCount: 1,
        samples: (0..<size * size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
  }
}

extension KernelSet {
  /// The engine's name of the same instructions.
  fileprivate var instructionSet: InstructionSet {
    guard let set = InstructionSet.supported.first(where: { $0.name == name }) else {
      preconditionFailure("the engine knows every set of the kernel: '\(name)'")
    }
    return set
  }
}
