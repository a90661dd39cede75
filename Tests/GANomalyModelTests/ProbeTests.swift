import Linux
import TestSupport
import Testing

@testable import GANomalyModel

/// The self-test that every model file carries.
struct ProbeTests {
  private static let keras = Hyperparameters.keras(size: 16, channelCount: 1, featureCount: 2)

  @Test func `what is written carries a probe that the weights pass to the last bit`() throws {
    for shapes in [Hyperparameters(size: 16, latentCount: 4, featureCount: 2), Self.keras] {
      let written = SampleModel.make(shapes)
      #expect(written.probe == nil)
      let read = try Model(bytes: written.encoded(), name: "m")
      let probe = try #require(read.probe)
      #expect(probe.arithmeticVersion == Scorer.arithmeticVersion)
      #expect(probe.score == Scorer(model: written).makeLane(maximumBatch: 4).scores(of: [probe.picture])[0])
      #expect(try Probe.test(probe, with: Scorer(model: read)) == .passed)
    }
  }

  @Test func `the probe is that of the score and the weights that are written`() throws {
    var model = try Model(bytes: SampleModel.make().encoded(), name: "m")
    let before = try #require(model.probe)
    var options = ScoreOptions.default(for: .paper)
    options.terms = [.reconstruction]
    try model.setScore(options)
    let after = try #require(try Model(bytes: model.encoded(), name: "m").probe)
    #expect(after.picture == before.picture)
    #expect(after.score != before.score)
    #expect(try Probe.test(after, with: Scorer(model: model)) == .passed)
    #expect(throws: ProbeError.self) { try Probe.test(before, with: Scorer(model: model)) }
  }

  @Test func `a changed weight fails the self-test`() throws {
    var model = try Model(bytes: SampleModel.make().encoded(), name: "m")
    let name = "netg.encoder1.main.initial-conv-1-2.weight"
    var values = try #require(model.state[name]?.values)
    // The highest bit of the mantissa: another number, as finite and as likely as the old one.
    values[3] = Float(bitPattern: values[3].bitPattern ^ 1 << 22)
    model.state[name] = StateTensor(shape: [2, 1, 4, 4], values: values)
    let error = try #require(throws: ProbeError.self) { try Probe.test(model.probe, with: Scorer(model: model)) }
    #expect("\(error)".contains("expected \(model.probe!.score)"))
  }

  @Test func `another arithmetic's score is no measure for this one's, the same is one to the last bit`() throws {
    let model = try Model(bytes: SampleModel.make().encoded(), name: "m")
    let probe = try #require(model.probe)
    let scorer = Scorer(model: model)
    func test(_ score: Float, _ version: String) throws(ProbeError) -> Probe.Outcome {
      try Probe.test(Probe(picture: probe.picture, score: score, arithmeticVersion: version), with: scorer)
    }
    #expect(try test(probe.score, Scorer.arithmeticVersion) == .passed)
    // A combination of terms may come out near zero, and then differ by any part of itself.
    for score in [probe.score, probe.score.nextUp, probe.score * 1.3, -probe.score] {
      #expect(try test(score, "0") == .notComparable(version: "0"))
    }
    #expect("\(try test(probe.score, "0"))".contains("'ganomaly calibrate' renews it"))
    let broken = Scorer(model: try Self.modelWithoutNumbers())
    #expect(throws: ProbeError.self) {
      try Probe.test(Probe(picture: probe.picture, score: 1, arithmeticVersion: "0"), with: broken)
    }
    #expect(throws: ProbeError.self) { try test(probe.score.nextUp, Scorer.arithmeticVersion) }
  }

  /// A network whose numbers run over: finite weights, no finite score.
  private static func modelWithoutNumbers() throws -> Model {
    var wild = SampleModel.make()
    wild.state = wild.state.mapValues { tensor in
      StateTensor(shape: tensor.shape, values: tensor.values.map { $0 == 1 ? 1 : $0 * 1e38 })
    }
    return try Model(bytes: wild.encoded(), name: "m")
  }

  @Test func `a file without a probe is read, and its network must give a number`() throws {
    var container = SampleModel.make().safeTensors()
    container.tensors["probe.picture"] = nil
    for key in ["probe.score", "probe.arithmetic"] { container.metadata[key] = nil }
    let read = try Model(bytes: container.encoded(), name: "m")
    #expect(read.probe == nil)
    #expect(try Probe.test(nil, with: Scorer(model: read)) == .notStored)
    // It is written without a probe.
    let reread = try Self.modelWithoutNumbers()
    #expect(reread.probe == nil)
    #expect(throws: ProbeError.self) { try Probe.test(nil, with: Scorer(model: reread)) }
  }

  @Test func `what is read for scoring alone scores the same, with the discriminator only where a term looks at it`()
    throws
  {
    let folder = try TemporaryFolder()
    for terms in [[ScoreOptions.Term.latent], [.features]] {
      var model = SampleModel.make()
      var options = ScoreOptions.default(for: .paper)
      options.terms = terms
      try model.setScore(options)
      let path = folder.path("m.safetensors")
      let digest = try model.write(to: path)
      let (scorer, rest) = try Model.readForScoring(contentsOf: BytePath(path))
      #expect(rest.sha256 == digest)
      #expect(try ModelFile.digest(of: BytePath(path)) == digest)
      #expect(try Probe.test(rest.probe, with: scorer) == .passed)
      // The weights are in the scorer and nowhere else.
      #expect(rest.state.keys.allSatisfy { terms == [.features] && $0.hasPrefix("netd.") })
      #expect(scorer.packedByteCount == Scorer(model: model).packedByteCount)
    }
    // Also of what is not kept every byte is checked.
    var bytes = SampleModel.make().encoded()
    bytes[bytes.count - 9000] ^= 1
    let path = try folder.write(bytes, to: "damaged")
    #expect(throws: ModelFileError.self) { try Model.readForScoring(contentsOf: BytePath(path)) }
  }

  @Test func `half a probe is refused`() throws {
    let whole = SampleModel.make().safeTensors()
    var withoutPicture = whole
    withoutPicture.tensors["probe.picture"] = nil
    var withoutScore = whole
    withoutScore.metadata["probe.score"] = nil
    var otherPicture = whole
    otherPicture.tensors["probe.picture"] = .init(shape: [8, 8, 1], values: .bytes([UInt8](repeating: 0, count: 64)))
    for (container, words) in [
      (withoutPicture, "'probe.picture' is missing, expected shape [16, 16, 1]"), (withoutScore, "no 'probe.score'"),
      (otherPicture, "shape [8, 8, 1] of 'U8', expected [16, 16, 1] of 'U8'"),
    ] {
      let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test func `a single bit that is flipped anywhere in a file is noticed`() throws {
    let bytes = SampleModel.make().encoded()
    let headerEnd = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    var places = Array(stride(from: headerEnd, to: bytes.count, by: 211)) + [headerEnd, bytes.count - 1]
    places += stride(from: 0, to: headerEnd, by: 37)
    for place in places {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: ModelFileError.self, "byte \(place)") { try Model(bytes: damaged, name: "m") }
    }
    var damaged = bytes
    damaged[headerEnd + 100] ^= 1
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: damaged, name: "m") }
    #expect("\(error)".hasPrefix("cannot load 'm': the file is damaged: its content has SHA-256 "))
  }
}
