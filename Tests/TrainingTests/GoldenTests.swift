import Foundation
import GANomalyModel
import Layers
import Tensors
import Testing
import Training

/// PyTorch's and Keras' numbers for the published networks: evaluation, losses, gradients, weights after steps.
///
/// Differences are taken relative to the golden tensor's largest magnitude. `GANOMALY_GOLDENS` names further files,
/// colon-separated; sizes, channels, latent, features, extra layers and batch are read from each file's metadata.
@Suite struct GoldenTests {
  static var files: [String] {
    let names = [
      "isize32_nc1_nz16_nf8", "isize16_nc3_nz8_nf4_extra1", "keras_size16_channels1_features8",
      "keras_size24_channels3_features3",
    ]
    let own = names.map { name in
      Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Goldens")!
    }
    let more = ProcessInfo.processInfo.environment["GANOMALY_GOLDENS"] ?? ""
    return own + more.split(separator: ":").map(String.init)
  }

  @Test(arguments: files) func `evaluation, losses, gradients and weights are the framework's`(file: String) throws {
    let golden = try GoldenFile(path: file)
    var report = GoldenReport(file: file)
    let network = TrainableNetwork(golden.hyperparameters)
    let initial = golden.state(prefix: "initial.")
    #expect(Set(initial.keys) == Set(network.state.keys), "the same tensors")
    network.load(initial)
    switch golden.hyperparameters.variant {
    case .paper:
      checkEvaluation(golden, network, &report)
      checkTraining(golden, network, &report)
    case .keras: KerasGolden(golden: golden, network: network).check(&report)
    }
    report.print()
    for failure in report.failures { Issue.record("\(failure)") }
  }

  private func checkEvaluation(_ golden: GoldenFile, _ network: TrainableNetwork, _ report: inout GoldenReport) {
    let parameters = golden.hyperparameters
    let batch = golden.batch
    let lane = Scorer(hyperparameters: parameters, state: golden.state(prefix: "initial.")).makeLane(
      maximumBatch: batch)
    let inputs = golden.images("input.0")
    let results = lane.evaluate(inputs: inputs)
    report.compare("eval.fake", golden.images("eval.fake"), results.map(\.reconstruction), 2e-5)
    report.compare("eval.latent_i", golden.rows("eval.latent_i"), results.map(\.latent), 2e-5)
    report.compare("eval.latent_o", golden.rows("eval.latent_o"), results.map(\.secondLatent), 2e-5)
    report.compare("eval.score", [golden.values("eval.score")], [results.map(\.score)], 2e-5)

    let pool = ThreadPool(threadCount: 1)
    let chain = EvaluationChain(network.discriminator, instructionSet: network.instructionSet, pool: pool)
    let discriminator = EvaluationLane(chain, imageCount: batch)
    let map = FeatureMap(imageCount: batch, side: parameters.size, channelCount: parameters.channelCount)
    for (image, values) in inputs.enumerated() { map.setValues(values, ofImage: image) }
    chain.forward(map, images: 0..<batch, lane: discriminator)
    let features = discriminator.output(ofBlock: chain.descriptions.count - 2)
    report.compare(
      "eval.netd.features", golden.images("eval.netd.features"),
      (0..<batch).map { features.values(ofImage: $0) }, 2e-5)
    let predictions = (0..<batch).map { ElementaryFunctions.sigmoid(discriminator.output.values(ofImage: $0)[0]) }
    report.compare("eval.netd.prediction", [golden.values("eval.netd.prediction")], [predictions], 2e-5)
  }

  private func checkTraining(_ golden: GoldenFile, _ network: TrainableNetwork, _ report: inout GoldenReport) {
    let batch = golden.batch
    let step = PaperStep(network: network, imageCount: batch, pool: ThreadPool(threadCount: 2))
    var random = RandomGenerator(seed: 1)
    for index in 0..<golden.stepCount {
      for (image, values) in golden.images("input.\(index)").enumerated() {
        step.input.setValues(values, ofImage: image)
      }
      var gradients: StateDictionary = [:]
      var networks = [network.generator, [network.discriminator]][...]
      let losses = step.run(random: &random) {
        for chain in networks.removeFirst() { chain.storeGradients(into: &gradients) }
      }
      if index == 0 { checkFirstStep(golden, step, gradients, batch, &report) }
      let found = [losses.adversarial, losses.contextual, losses.encoder, losses.discriminator]
      for (name, (expected, found)) in zip(
        ["adversarial", "contextual", "encoder", "discriminator"], zip(golden.values("step\(index).losses"), found))
      {
        report.compare("step\(index).losses.\(name)", [[expected]], [[found]], 1e-4)
      }
      if golden.has(prefix: "after\(index).") {
        GoldenWeights(golden: golden, learningRate: 2e-4).check(
          network, after: index, parts: ["netg.", "netd."].map { [$0] }, &report)
      }
    }
  }

  private func checkFirstStep(
    _ golden: GoldenFile, _ step: PaperStep, _ gradients: StateDictionary, _ batch: Int,
    _ report: inout GoldenReport
  ) {
    func rows(_ map: FeatureMap) -> [[Float]] { (0..<batch).map { map.values(ofImage: $0) } }
    func predictions(_ map: FeatureMap) -> [[Float]] { [rows(map).map { ElementaryFunctions.sigmoid($0[0]) }] }
    report.compare("step0.fake", golden.images("step0.fake"), rows(step.outputs.reconstruction), 2e-5)
    report.compare("step0.latent_i", golden.rows("step0.latent_i"), rows(step.outputs.latent), 2e-5)
    report.compare("step0.latent_o", golden.rows("step0.latent_o"), rows(step.outputs.secondLatent), 2e-5)
    report.compare("step0.pred_real", [golden.values("step0.pred_real")], predictions(step.logits.real), 2e-5)
    report.compare("step0.pred_fake", [golden.values("step0.pred_fake")], predictions(step.logits.fake), 2e-5)
    let names = golden.names(prefix: "step0.grad.")
    #expect(names.count == gradients.count, "a golden gradient for every parameter")
    for name in names {
      report.compare(
        "gradient \(name)", [golden.values("step0.grad.\(name)")], [gradients[name]?.values ?? []], 1e-4)
    }
  }
}
