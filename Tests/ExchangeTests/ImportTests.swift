import Foundation
import GANomalyModel
import Imaging
import Linux
import TestSupport
import Testing

@testable import Exchange

/// Weights as the authors' PyTorch code saves them: those of the committed goldens, which PyTorch has scored.
struct ImportTests {
  static let files = ["isize32_nc1_nz16_nf8", "isize16_nc3_nz8_nf4_extra1"]

  /// A golden file of the training tests.
  func golden(_ name: String) throws -> SafeTensors {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let path = folder.appending(path: "TrainingTests/Goldens/\(name).safetensors").path()
    return try SafeTensors(bytes: FileContents.read(BytePath(path), limit: 1 << 30))
  }

  /// The tensors of a network as `torch.save` had them, PyTorch's counters of batches included.
  func weights(_ golden: SafeTensors, _ network: String, prefix: String = "") -> SafeTensors {
    var result = SafeTensors()
    for (name, tensor) in golden.tensors where name.hasPrefix("initial.\(network).") {
      let own = prefix + name.dropFirst("initial.\(network).".count)
      result.tensors[own] = tensor
      if own.hasSuffix(".running_mean") {
        let counter = "\(own.dropLast("running_mean".count))num_batches_tracked"
        result.tensors[counter] = .init(shape: [], values: .integers([42]))
      }
    }
    return result
  }

  func read(
    _ generator: SafeTensors, _ discriminator: SafeTensors? = nil, in folder: TemporaryFolder
  ) throws -> Model {
    let paths = try [
      folder.write(generator.encoded(), to: "netG.safetensors"),
      folder.write(discriminator?.encoded() ?? [], to: "netD.safetensors"),
    ].map { BytePath($0) }
    return try Model(weights: paths[0], discriminator: discriminator == nil ? nil : paths[1])
  }

  /// Pictures of [picture, channel, row, column] as [row, column, channel] each.
  func images(_ tensor: SafeTensors.Tensor) -> [[Float]] {
    guard case .floats(let values) = tensor.values else { return [] }
    let (channels, pixels) = (tensor.shape[1], tensor.shape[2] * tensor.shape[3])
    return (0..<tensor.shape[0]).map { picture in
      (0..<pixels).flatMap { pixel in
        (0..<channels).map { values[(picture * channels + $0) * pixels + pixel] }
      }
    }
  }

  @Test(arguments: files, ["", "module.", "netg.", "netg.module.", "module.netg."])
  func `scores are PyTorch's in evaluation mode`(file: String, prefix: String) throws {
    let golden = try golden(file)
    let model = try read(
      weights(golden, "netg", prefix: prefix),
      weights(golden, "netd", prefix: prefix.replacing("netg", with: "netd")), in: TemporaryFolder())
    let shapes = model.hyperparameters
    #expect(model.hasDiscriminator)
    #expect("\(shapes.size)" == golden.metadata["isize"] && "\(shapes.channelCount)" == golden.metadata["nc"])
    #expect("\(shapes.latentCount)" == golden.metadata["nz"] && "\(shapes.featureCount)" == golden.metadata["nf"])
    #expect("\(shapes.extraLayerCount)" == golden.metadata["extralayers"])
    #expect(model.preparation.size == shapes.size && model.preparation.channelCount == shapes.channelCount)
    let inputs = images(try #require(golden.tensors["input.0"]))
    let found = Scorer(model: model).makeLane(maximumBatch: inputs.count).evaluate(inputs: inputs).map(\.score)
    guard case .floats(let expected) = golden.tensors["eval.score"]?.values else { throw TestFailure("no scores") }
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) <= 1e-4 * expected)
    }
    #expect(found.count == expected.count && !found.isEmpty)
  }

  @Test func `one file may hold both networks`() throws {
    let golden = try golden(Self.files[0])
    var both = weights(golden, "netg", prefix: "netg.")
    both.tensors.merge(weights(golden, "netd", prefix: "netd.").tensors) { old, _ in old }
    let folder = try TemporaryFolder()
    let model = try read(both, in: folder)
    #expect(model.hasDiscriminator)
    #expect(try model.state == read(weights(golden, "netg"), weights(golden, "netd"), in: folder).state)
  }

  @Test func `a generator alone makes a model that is written, read and scored, but has no features`() throws {
    let golden = try golden(Self.files[0])
    var model = try read(weights(golden, "netg"), in: TemporaryFolder())
    #expect(!model.hasDiscriminator)
    let read = try Model(bytes: model.encoded(), name: "m")
    #expect(read.state == model.state && !read.hasDiscriminator)
    #expect(!model.state.keys.contains { $0.hasPrefix("netd.") })
    let inputs = images(try #require(golden.tensors["input.0"]))
    let scores = Scorer(model: read).makeLane(maximumBatch: 4).evaluate(inputs: inputs).map(\.score)
    #expect(scores.allSatisfy { $0 > 0 })
    #expect(throws: ScoreOptionsError.noDiscriminator) { try model.setScore(ScoreOptions(terms: [.features])) }
    #expect(model.scoreOptions.terms == [.latent])
    #expect(throws: Never.self) { try model.setScore(ScoreOptions(terms: [.local])) }
  }

  /// What is done to the tensors of a generator and a discriminator, and what the sentence must hold.
  static let faults: [(words: String, change: @Sendable (inout SafeTensors, inout SafeTensors) -> Void)] = [
    ("cannot import '", { generator, _ in generator.tensors = [:] }),
    ("it has no generator: expected a tensor", { generator, _ in generator.tensors = [:] }),
    (
      "tensor 'netg.decoder.main.final-8-1-convt.weight' is missing, expected shape [8, 1, 4, 4]",
      { generator, _ in generator.tensors["decoder.main.final-8-1-convt.weight"] = nil }
    ),
    (
      "tensor 'netg.encoder1.main.final-WIDTH-1-conv.weight' is missing",
      { generator, _ in generator.tensors["encoder1.main.final-32-1-conv.weight"] = nil }
    ),
    (
      "tensor 'netg.encoder3.weight' does not belong to the authors' network",
      { generator, _ in generator.tensors["netg.encoder3.weight"] = .init(shape: [], values: .floats([1])) }
    ),
    (
      "tensor 'netd.classifier.0.weight' is missing, expected shape [1, 32, 4, 4]",
      { _, discriminator in discriminator.tensors["classifier.0.weight"] = nil }
    ),
    (
      "netD.safetensors': tensor 'netd.features.0.weight' has shape [8, 3, 4, 4], expected [8, 1, 4, 4]",
      { _, discriminator in
        discriminator.tensors["features.0.weight"] = .init(
          shape: [8, 3, 4, 4], values: .floats([Float](repeating: 0, count: 384)))
      }
    ),
    (
      "netD.safetensors': tensor 'netg.encoder1.x' does not belong to a discriminator",
      { _, discriminator in discriminator.tensors["encoder1.x"] = .init(shape: [], values: .floats([1])) }
    ),
    (
      "tensor 'netd.features.0.weight' is there twice",
      { generator, discriminator in
        generator.tensors["features.0.weight"] = discriminator.tensors["features.0.weight"]
      }
    ),
    (
      "tensor 'netg.encoder1.main.initial-conv-1-8.weight' is there twice",
      { generator, _ in
        let name = "encoder1.main.initial-conv-1-8.weight"
        generator.tensors["module.\(name)"] = generator.tensors[name]
      }
    ),
    (
      "tensor 'encoder1.main.final-32-1-conv.weight' has element type 'I64', expected 'F32'",
      { generator, _ in
        generator.tensors["encoder1.main.final-32-1-conv.weight"] = .init(
          shape: [1], values: .integers([1]))
      }
    ),
    (
      "tensor 'netg.encoder2.main.pyramid-16-batchnorm.running_var' holds -1.0 at index 0",
      { generator, _ in
        generator.tensors["encoder2.main.pyramid-16-batchnorm.running_var"] = .init(
          shape: [16], values: .floats([Float](repeating: -1, count: 16)))
      }
    ),
    (
      "size 24 is not a power of two",
      { generator, _ in
        let name = "encoder1.main.final-32-1-conv.weight"
        generator.tensors["encoder1.main.final-24-1-conv.weight"] = generator.tensors.removeValue(forKey: name)
      }
    ),
    ("it is a model of this program already", { generator, _ in generator.metadata["format"] = "ganomaly" }),
  ]

  @Test(arguments: faults.indices) func `weights that make no network are refused by tensor`(index: Int) throws {
    let golden = try golden(Self.files[0])
    var (generator, discriminator) = (weights(golden, "netg"), weights(golden, "netd"))
    Self.faults[index].change(&generator, &discriminator)
    let error = try #require(throws: ExchangeError.self) {
      try read(generator, discriminator, in: TemporaryFolder())
    }
    #expect("\(error)".contains(Self.faults[index].words), "\(error)")
  }

  @Test(arguments: [Array("PK".utf8) + [3, 4, 0, 0], [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9]])
  func `a file of torch.save is known, and the way to convert it is shown`(bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let path = BytePath(try folder.write(bytes, to: "netG.pth"))
    let error = try #require(throws: ExchangeError.self) { try Model(weights: path, discriminator: nil) }
    #expect("\(error)".contains("'torch.save', expected safetensors"))
    #expect("\(error)".contains("save_file({n: w.float()"))
  }

  @Test(arguments: ["F64", "F16", "BF16"])
  func `weights of another width are refused with the remedy`(elementType: String) throws {
    let folder = try TemporaryFolder()
    let header = #"{"encoder1.main.x":{"dtype":"\#(elementType)","shape":[0],"data_offsets":[0,0]}}"#
    let bytes = [UInt8(header.utf8.count)] + [UInt8](repeating: 0, count: 7) + Array(header.utf8)
    let path = BytePath(try folder.write(bytes, to: "netG.safetensors"))
    let error = try #require(throws: ExchangeError.self) { try Model(weights: path, discriminator: nil) }
    #expect("\(error)".contains("'\(elementType)', expected 'F32'; convert the weights with '.float()'"), "\(error)")
  }

  @Test func `files that are missing, damaged or no weights are refused`() throws {
    let folder = try TemporaryFolder()
    let missing = try #require(throws: ExchangeError.self) {
      try Model(weights: BytePath(folder.path("missing")), discriminator: nil)
    }
    #expect("\(missing)" == "cannot read '\(folder.path("missing"))': no such file or directory")
    let text = BytePath(try folder.write(Array("not weights at all".utf8), to: "text"))
    let error = try #require(throws: ExchangeError.self) { try Model(weights: text, discriminator: nil) }
    #expect("\(error)".contains("not a safetensors file"), "\(error)")
  }
}
