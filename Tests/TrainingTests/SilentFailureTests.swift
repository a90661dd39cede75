import GANomalyModel
import Testing
import Training

struct SilentFailureTests {
  private typealias Fixture = TrainingFixture

  /// The warnings of a training of a network that hardly learns, from a checkpoint with changed tensors.
  private func warnings(change: (inout SafeTensors) throws -> Void) throws -> [TrainingWarning] {
    let folder = try Fixture.folder(12)
    let options = Fixture.options {
      $0.batchSize = 4
      $0.learningRate = 1e-9
      $0.leastRoundSteps = 100
      $0.length = LengthRule(epochCount: 200)
    }
    let first = try #require(try Fixture.run(Fixture.trainer(folder, options), stopAfter: 1).checkpoints.first)
    var container = try SafeTensors(bytes: first)
    try change(&container)
    let trainer = try Fixture.trainer(folder, options, resuming: container.encoded())
    var warnings: [TrainingWarning] = []
    _ = try trainer.run(
      report: { if case .warning(let warning) = $0 { warnings.append(warning) } }, shouldStop: { false },
      save: { _ in })
    return warnings
  }

  /// Scales the convolution weights whose names have a prefix and a suffix.
  private func scale(_ prefix: String, _ suffix: String, by factor: Float, in container: inout SafeTensors) throws {
    let names = container.tensors.keys.filter {
      $0.hasPrefix("checkpoint.current.\(prefix)") && $0.hasSuffix("\(suffix).weight")
    }
    try #require(!names.isEmpty)
    for name in names {
      guard let tensor = container.tensors[name], case .floats(let values) = tensor.values else { continue }
      container.tensors[name] = SafeTensors.Tensor(
        shape: tensor.shape, values: .floats(values.map { $0 * factor }))
    }
  }

  @Test func `reconstructions that are all the same are told`() throws {
    let warnings = try warnings { try scale("netg.decoder.main.final-", "convt", by: 1e-3, in: &$0) }
    let isTold = warnings.contains {
      if case .generatorCollapsed(let step, let spread) = $0 { step == 400 && spread < 0.01 } else { false }
    }
    #expect(isTold, "\(warnings)")
  }

  @Test func `a discriminator that says the same of everything is told`() throws {
    let warnings = try warnings { try scale("netd.", "", by: 1e-6, in: &$0) }
    let isTold = warnings.contains {
      if case .discriminatorConstant(let step, let spread) = $0 { step == 400 && spread < 1e-3 } else { false }
    }
    #expect(isTold, "\(warnings)")
  }

  @Test func `a training that diverges ends with its step and what to try`() throws {
    let folder = try Fixture.folder(30)
    let first = try #require(try Fixture.run(Fixture.trainer(folder, Fixture.options())).checkpoints.first)
    var container = try SafeTensors(bytes: first)
    // Weights near the end of the numbers: what a learning rate far too large comes to.
    let name = "checkpoint.current.netg.encoder1.main.initial-conv-1-4.weight"
    let tensor = try #require(container.tensors[name])
    container.tensors[name] = SafeTensors.Tensor(
      shape: tensor.shape, values: .floats([Float](repeating: 3e38, count: tensor.values.count)))
    var steps = 0
    let error = try #require(throws: TrainingError.self) {
      _ = try Fixture.trainer(folder, Fixture.options(), resuming: container.encoded()).run(
        report: { if case .step = $0 { steps += 1 } }, shouldStop: { false }, save: { _ in })
    }
    #expect("\(error)".hasPrefix("the training diverged in step 2: losses are "), "\(error)")
    #expect(steps == 0)
    #expect("\(error)".contains("try a smaller --learning-rate"))
  }
}
