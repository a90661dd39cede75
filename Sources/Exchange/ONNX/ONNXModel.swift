public import GANomalyModel
private import Imaging
private import Layers
public import Linux
private import SwiftProtobuf

/// A model as an ONNX file: picture in, reconstruction, latent vectors and the model's own score out.
///
/// Input `image`, float32 [batch, channels, size, size]: sample / 127.5 - 1 of pictures that are prepared as the texts say.
/// Outputs `reconstruction` of the same shape, `latent` and `latent_reconstructed` [batch, latent], `score` [batch]. Every
/// text of the model file, the calibration's scores and the file's SHA-256 stand in `metadata_props`. The same model gives
/// the same bytes.
///
/// Of a model that looks at windows it is the network of one window: the plane, its windows and the joining of their scores
/// are not in the graph, and the texts say so.
public struct ONNXModel: Sendable {
  /// Most bytes of a protocol buffer.
  public static let maximumBytes = Int(Int32.max)
  /// The version of the container: older than `GraphBuilder.operatorVersion` needs, so that every runtime reads it.
  static let containerVersion: Int64 = 8

  /// The file.
  public let bytes: [UInt8]

  /// The ONNX form of a model.
  ///
  /// - Parameters:
  ///   - model: a model whose score can be taken, as all that are read from files.
  ///   - producerVersion: the version of this program.
  /// - Throws: `ExchangeError` where the score cannot be taken, or the file would be larger than the format allows.
  public init(_ model: Model, producerVersion: String) throws(ExchangeError) {
    let rule: ScoreRule
    do { rule = try model.scoreRule } catch { throw .score(error) }
    let weightBytes = model.state.values.reduce(0) { $0 + $1.values.count * 4 }
    guard weightBytes < Self.maximumBytes else { throw .tooLarge(found: weightBytes, limit: Self.maximumBytes) }
    var file = Onnx_ModelProto()
    file.irVersion = Self.containerVersion
    file.producerName = "ganomaly"
    file.producerVersion = producerVersion
    var operators = Onnx_OperatorSetIdProto()
    operators.domain = ""
    operators.version = Int64(GraphBuilder.operatorVersion)
    file.opsetImport = [operators]
    file.graph = Self.graph(model, rule)
    file.metadataProps = Self.texts(model).sorted { $0.key < $1.key }.map { key, text in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = text
      return entry
    }
    guard let bytes: [UInt8] = try? file.serializedBytes() else {
      throw .tooLarge(found: weightBytes, limit: Self.maximumBytes)
    }
    self.bytes = bytes
  }

  /// Writes the file so that a reader, or a crash, finds the old file or the new one.
  ///
  /// - Throws: `ExchangeError`.
  public func write(to path: BytePath) throws(ExchangeError) {
    do { try AtomicFile.write(bytes, to: path) } catch { throw .file(error) }
  }

  private static func graph(_ model: Model, _ rule: ScoreRule) -> Onnx_GraphProto {
    let (parameters, state) = (model.hyperparameters, model.state)
    let architecture = Architecture(parameters)
    var builder = GraphBuilder(name: "ganomaly")
    let pictureSizes = [
      GraphSize.named("batch"), .fixed(parameters.channelCount), .fixed(parameters.size), .fixed(parameters.size),
    ]
    let latentSizes = [GraphSize.named("batch"), .fixed(parameters.latentCount)]
    let picture = builder.input(
      "image", sizes: pictureSizes, meaning: "prepared pictures, sample / 127.5 - 1, from -1 to 1")
    func last(_ blocks: [BlockDescription], _ input: GraphValue) -> GraphValue {
      builder.chain(blocks, state, input).last ?? input
    }
    func vector(_ map: GraphValue, _ name: String) -> GraphValue {
      builder.node("Flatten", "\(name).vector", [map], ["axis": .integer(1)])
    }
    let code = last(architecture.firstEncoder, picture)
    let latent = vector(code, "latent")
    let reconstruction = last(architecture.decoder, code)
    let chosen = model.scoreOptions.secondEncoder
    let blocks = chosen == .own ? architecture.secondEncoder : architecture.firstEncoder
    let second = vector(last(blocks, reconstruction), "latent_reconstructed")
    let featureBlocks = architecture.discriminator.prefix(neededFeatureBlocks(rule, architecture))
    let maps = zip(builder.chain(featureBlocks, state, picture), builder.chain(featureBlocks, state, reconstruction))
    let features = zip(maps, featureBlocks).map { ($0.0, $0.1, $1.outputSide) }
    let pass = GraphPass(
      picture: picture, reconstruction: reconstruction, latent: latent, reconstructionLatents: [chosen: second],
      side: parameters.size, features: features,
      featureBlock: architecture.featureBlock)
    let score = builder.score(rule, pass)
    builder.output(
      reconstruction, as: "reconstruction", sizes: pictureSizes, meaning: "what the generator draws, from -1 to 1")
    builder.output(latent, as: "latent", sizes: latentSizes, meaning: "the picture's latent vector")
    builder.output(
      second, as: "latent_reconstructed", sizes: latentSizes, meaning: "the reconstruction's latent vector")
    builder.output(
      score, as: "score", sizes: [.named("batch")],
      meaning: model.preparation.windows == nil
        ? "the anomaly score; anomalous above calibration.threshold"
        : "the anomaly score of one window; calibration.threshold is of the picture's, joined by input.windows")
    return builder.graph
  }

  /// How many of the discriminator's blocks the terms look at.
  private static func neededFeatureBlocks(_ rule: ScoreRule, _ architecture: Architecture) -> Int {
    let counts = rule.measures.map { measure in
      switch measure {
      case .features(let block): block ?? architecture.featureBlock + 1
      case .localFeatures(let block, _, _): block
      case .latent, .reconstruction, .local: 0
      }
    }
    return counts.max() ?? 0
  }

  /// The model file's texts, and what stands beside them in tensors.
  private static func texts(_ model: Model) -> [String: String] {
    var texts = model.metadata
    texts["input.image"] = "prepared sample / 127.5 - 1"
    if model.preparation.windows != nil {
      texts["input.windows"] =
        "one window of preparation.size; cutting a picture's windows, and joining their scores by "
        + "'\(model.scoreOptions.windowPooling.text)', is ganomaly's own and not in this graph"
    }
    texts["model.sha256"] = model.sha256
    texts["calibration.id"] = model.calibration?.identifier
    texts["calibration.scores"] = model.calibration?.scores.map { "\($0)" }.joined(separator: " ")
    return texts
  }
}
