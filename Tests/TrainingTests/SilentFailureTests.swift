import GANomalyModel
import Testing
import Training

struct SilentFailureTests {
  private typealias Fixture = TrainingFixture

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
