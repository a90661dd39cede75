import Foundation
import GANomalyModel
import Imaging
import SwiftProtobuf
import TestSupport
import Testing

@testable import Exchange

/// The file's form; that runtimes compute the same scores is checked by Tests/Interoperability.
struct ONNXModelTests {
  /// A calibrated model that was read from a file.
  func model(_ options: ScoreOptions = ScoreOptions()) throws -> Model {
    var model = SampleModel.make(
      Hyperparameters(size: 16, channelCount: 3, latentCount: 5, featureCount: 2, extraLayerCount: 1))
    let moments = options.measures.map {
      ($0, TermStatistics.Moments(mean: 0.5, deviation: 2, logarithm: .init(mean: -1, deviation: 3)))
    }
    model.termStatistics = TermStatistics(pictureCount: 2, moments: Dictionary(uniqueKeysWithValues: moments))
    try model.setScore(options)
    model.calibration = try .fit(scores: [3, 1, 2, 0.1], falsePositiveRate: 0.3)
    return try Model(bytes: model.encoded(), name: "m")
  }

  func parsed(_ model: Model) throws -> Onnx_ModelProto {
    try Onnx_ModelProto(serializedBytes: ONNXModel(model, producerVersion: "1.2").bytes)
  }

  @Test func `the file has the inputs, outputs and versions that are promised`() throws {
    let file = try parsed(model())
    #expect(file.irVersion == 8)
    #expect(file.opsetImport.map(\.version) == [17])
    #expect(file.producerName == "ganomaly" && file.producerVersion == "1.2")
    func text(_ value: Onnx_ValueInfoProto) -> String {
      let sizes = value.type.tensorType.shape.dim.map { $0.dimParam.isEmpty ? "\($0.dimValue)" : $0.dimParam }
      return "\(value.name) \(value.type.tensorType.elemType) \(sizes.joined(separator: ","))"
    }
    #expect(file.graph.input.map(text) == ["image 1 batch,3,16,16"])
    #expect(
      file.graph.output.map(text) == [
        "reconstruction 1 batch,3,16,16", "latent 1 batch,5", "latent_reconstructed 1 batch,5", "score 1 batch",
      ])
  }

  @Test func `every text of the model file stands in the metadata, and what it keeps in tensors`() throws {
    let model = try model(ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [1, 2])))
    let entries = try parsed(model).metadataProps
    #expect(entries.map(\.key) == entries.map(\.key).sorted())
    let texts = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
    for (key, text) in model.metadata { #expect(texts[key] == text) }
    #expect(texts["model.sha256"] == model.sha256)
    #expect(texts["calibration.scores"] == "0.1 1.0 2.0 3.0")
    #expect(texts["calibration.threshold"] == "3.0")
    #expect(texts["calibration.id"] == model.calibration?.identifier)
    #expect(texts["score.weights"] == "1.0 2.0")
    #expect(texts["preparation.size"] == "16")
    #expect(texts["input.image"] == "prepared sample / 127.5 - 1")
  }

  @Test func `a model with windows goes out as the network of one window, and its texts say so`() throws {
    var model = try model()
    model.preparation.windows = WindowPlan(stride: 4, field: .region(PixelBox(x: 0, y: 0, width: 40, height: 30)))
    model.scoreOptions.windowPooling = .meanOfTop(3)
    let file = try parsed(try Model(bytes: model.encoded(), name: "m"))
    let texts = Dictionary(uniqueKeysWithValues: file.metadataProps.map { ($0.key, $0.value) })
    #expect(texts["preparation.aspect"] == "windows" && texts["score.windows"] == "top-3")
    #expect(texts["input.windows"]?.contains("'top-3', is ganomaly's own and not in this graph") == true)
    let whole = try parsed(self.model())
    #expect(!whole.metadataProps.contains { $0.key == "input.windows" })
    #expect(file.graph.node == whole.graph.node)
    #expect(file.graph.output.last?.docString.contains("of one window") == true)
  }

  @Test(arguments: [
    ScoreOptions(), ScoreOptions(distance: .sumAbsolute, secondEncoder: .generator), ScoreOptions(terms: [.features]),
    ScoreOptions(terms: [.reconstruction]), ScoreOptions(terms: [.local], localRule: .absoluteSmoothed),
    ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1, localFeaturesSide: 1, margin: 1),
    ScoreOptions(terms: [.local], localRule: .smoothedSquare, margin: 2),
    ScoreOptions(terms: [.latent, .reconstruction, .local, .features, .localFeatures], standardisation: .plain),
    ScoreOptions(terms: [.latent, .features], combination: .sum(weights: [2, 1]), standardisation: .logarithm),
  ])
  func `every value is made once, before it is used`(options: ScoreOptions) throws {
    let graph = try parsed(model(options)).graph
    var known = Set(graph.input.map(\.name) + graph.initializer.map(\.name))
    #expect(known.count == graph.input.count + graph.initializer.count)
    for node in graph.node {
      #expect(known.isSuperset(of: node.input), "\(node.name)")
      for output in node.output { #expect(known.insert(output).inserted, "\(output)") }
    }
    #expect(known.isSuperset(of: graph.output.map(\.name)))
    #expect(Set(graph.node.map(\.name)).count == graph.node.count)
    let used = Set(graph.node.flatMap(\.input) + graph.output.map(\.name))
    #expect(known.subtracting(used) == [], "nothing is left over")
    for tensor in graph.initializer {
      let width = tensor.dataType == 1 ? 4 : 8
      #expect(tensor.rawData.count == width * tensor.dims.reduce(1) { $0 * Int($1) })
    }
  }

  @Test func `the same model gives the same bytes`() throws {
    let model = try model(ScoreOptions(terms: [.latent, .features]))
    #expect(try ONNXModel(model, producerVersion: "1").bytes == ONNXModel(model, producerVersion: "1").bytes)
  }

  @Test func `a score that cannot be taken is refused`() throws {
    var model = try model()
    model.scoreOptions = ScoreOptions(terms: [.latent, .local])
    let error = try #require(throws: ExchangeError.self) { try ONNXModel(model, producerVersion: "1") }
    #expect("\(error)".hasPrefix("cannot export the model: term 'local"), "\(error)")
  }
}
