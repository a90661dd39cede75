import GANomalyModel
import Layers
import Tensors
import Testing
import Training

/// Keras' numbers for variant `keras`, from layers of Keras 3 and gradients of TensorFlow 2.
struct KerasGolden {
  let golden: GoldenFile
  let network: TrainableNetwork

  /// The generator's tensors, then the discriminator's.
  private static let parts = [["generator.", "encoder."], ["features.", "classifier."]]

  /// Biases in front of a batch normalisation: their gradient is zero, and what the golden file holds is noise.
  private var noise: Set<String> {
    Set(
      network.architecture.blocks.filter { $0.bias != .none && $0.normalisationName != nil }
        .map { "\($0.convolutionName).bias" })
  }

  func check(_ report: inout GoldenReport) {
    checkEvaluation(&report)
    checkTraining(&report)
  }

  private func checkEvaluation(_ report: inout GoldenReport) {
    let batch = golden.batch
    let parameters = golden.hyperparameters
    let inputs = golden.maps("input.0")
    func evaluated(_ options: ScoreOptions?) -> [ScoringLane.Evaluation] {
      Scorer(hyperparameters: parameters, state: golden.state(prefix: "initial."), options: options)
        .makeLane(maximumBatch: batch).evaluate(inputs: inputs)
    }
    let results = evaluated(nil)
    report.compare("eval.reconstruction", golden.maps("eval.reconstruction"), results.map(\.reconstruction), 2e-5)
    report.compare("eval.latent", golden.rows("eval.latent"), results.map(\.latent), 2e-5)
    report.compare(
      "eval.latent_generator", golden.rows("eval.latent_generator"), results.map(\.secondLatent), 2e-5)
    report.compare("eval.score", [golden.values("eval.score")], [results.map(\.score)], 2e-5)
    let own = evaluated(ScoreOptions(distance: .sumAbsolute, secondEncoder: .own))
    report.compare("eval.latent_own", golden.rows("eval.latent_own"), own.map(\.secondLatent), 2e-5)

    let discriminator = outputs(of: network.discriminator, inputs: inputs)
    let features = discriminator.output(ofBlock: network.architecture.featureBlock)
    report.compare(
      "eval.features", golden.maps("eval.features"), (0..<batch).map { features.values(ofImage: $0) }, 2e-5)
    let predictions = (0..<batch).map { ElementaryFunctions.sigmoid(discriminator.output.values(ofImage: $0)[0]) }
    report.compare("eval.prediction", [golden.values("eval.prediction")], [predictions], 2e-5)
  }

  /// A chain in evaluation mode.
  private func outputs(of chain: Chain, inputs: [[Float]]) -> EvaluationLane {
    let parameters = golden.hyperparameters
    let pool = ThreadPool(threadCount: 1)
    let chain = EvaluationChain(chain, instructionSet: network.instructionSet, pool: pool)
    let lane = EvaluationLane(chain, imageCount: inputs.count)
    let map = FeatureMap(
      imageCount: inputs.count, side: parameters.size, channelCount: parameters.channelCount,
      border: network.architecture.imageBorder)
    for (image, values) in inputs.enumerated() { map.setValues(values, ofImage: image) }
    chain.forward(map, images: inputs.indices, lane: lane)
    return lane
  }

  private func checkTraining(_ report: inout GoldenReport) {
    let step = KerasStep(network: network, imageCount: golden.batch, pool: ThreadPool(threadCount: 2))
    var random = RandomGenerator(seed: 1)
    for index in 0..<golden.stepCount {
      for (image, values) in golden.maps("input.\(index)").enumerated() {
        step.input.setValues(values, ofImage: image)
      }
      var gradients: StateDictionary = [:]
      var networks = [[network.discriminator], network.generator][...]
      let losses = step.run(random: &random) {
        for chain in networks.removeFirst() { chain.storeGradients(into: &gradients) }
      }
      if index == 0 { checkFirstStep(step, gradients, &report) }
      let found = [
        losses.adversarial, losses.contextual, losses.encoder, losses.generatorPenalty, losses.discriminator,
        losses.discriminatorPenalty,
      ]
      let names = ["adversarial", "contextual", "encoder", "penalty_g", "bce", "penalty_d"]
      for (name, (expected, found)) in zip(names, zip(golden.values("step\(index).losses"), found)) {
        report.compare("step\(index).losses.\(name)", [[expected]], [[found]], 1e-4)
      }
      if golden.has(prefix: "after\(index).") {
        GoldenWeights(golden: golden, learningRate: 1e-3, noise: noise).check(
          network, after: index, parts: Self.parts, &report)
      }
    }
  }

  private func checkFirstStep(_ step: KerasStep, _ gradients: StateDictionary, _ report: inout GoldenReport) {
    func rows(_ map: FeatureMap) -> [[Float]] { (0..<golden.batch).map { map.values(ofImage: $0) } }
    report.compare(
      "step0.reconstruction", golden.maps("step0.reconstruction"), rows(step.outputs.reconstruction), 2e-5)
    report.compare("step0.latent", golden.rows("step0.latent"), rows(step.outputs.latent), 2e-5)
    report.compare("step0.latent_own", golden.rows("step0.latent_own"), rows(step.outputs.secondLatent), 2e-5)
    let names = golden.names(prefix: "step0.grad.")
    #expect(Set(names) == Set(gradients.keys), "a golden gradient for every parameter")
    for name in names {
      let expected = golden.values("step0.grad.\(name)")
      if noise.contains(name) {
        // Exactly zero here. What is left there of sums over thousands of pixels in single precision is judged against
        // the largest gradient of the kernel beside it: up to 2e-4 of it was seen at size 64.
        let kernel = golden.values("step0.grad.\(name.dropLast(4))kernel").map(abs).max()!
        report.compare("noise \(name)", [expected + [kernel]], [gradients[name]!.values + [kernel]], 1e-3)
        continue
      }
      report.compare("gradient \(name)", [expected], [gradients[name]?.values ?? []], 1e-4)
    }
  }
}
