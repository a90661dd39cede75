private import GANomalyModel
private import Layers
public import Linux
private import Tensors

extension Checkpoint {
  /// What the file's own tensors and texts are called, behind `ModelFile.checkpointPrefix`.
  private enum Name {
    static let version = "version"
    static let current = "current."
    static let average = "average."
    static let firstMoment = "first_moment."
    static let secondMoment = "second_moment."
    static let counters = "counters"
    static let random = "random"
    static let order = "order"
    static let sums = "sums"
    static let pictures = "pictures"
  }

  /// The version this program writes, and the only one it goes on from: it names the layouts of the moments as well.
  private static let version = "1"

  /// The file's bytes.
  public func encoded() -> [UInt8] {
    var container = model.safeTensors()
    func put(_ name: String, _ shape: [Int], _ values: SafeTensors.Values) {
      container.tensors[ModelFile.checkpointPrefix + name] = SafeTensors.Tensor(shape: shape, values: values)
    }
    container.metadata[ModelFile.checkpointPrefix + Name.version] = Self.version
    for (name, tensor) in current { put(Name.current + name, tensor.shape, .floats(tensor.values)) }
    for (name, tensor) in averages ?? [:] { put(Name.average + name, tensor.shape, .floats(tensor.values)) }
    for (name, moments) in moments {
      put(Name.firstMoment + name, [moments.first.count], .floats(moments.first))
      put(Name.secondMoment + name, [moments.second.count], .floats(moments.second))
    }
    let counters = [
      position.stepCount, optimiserSteps.generator, optimiserSteps.discriminator, position.sums.stepCount,
    ]
    put(Name.counters, [counters.count], .integers(counters.map(Int64.init)))
    let random = position.random.state + position.augmentationRandom.state
    put(Name.random, [2, 4], .integers(random.map { Int64(bitPattern: $0) }))
    put(Name.order, [position.order.count], .integers(position.order.map(Int64.init)))
    let sums = position.sums.losses.map { Int64(bitPattern: $0.bitPattern) }
    put(Name.sums, [sums.count], .integers(sums))
    put(Name.pictures, [pictures.count, PictureDigest.byteCount], .bytes(pictures.flatMap(\.bytes)))
    return container.encoded()
  }

  /// Reads a checkpoint; nil where the file is a model without one.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - name: what the file is called in sentences.
  /// - Throws: `ModelFileError` for its model, `TrainingError.checkpoint` for the rest.
  public init?(bytes: [UInt8], name: String) throws {
    let model = try Model(bytes: bytes, name: name)
    let parts = Parts(container: try SafeTensors(bytes: bytes) { $0.hasPrefix(ModelFile.checkpointPrefix) }, file: name)
    guard let version = parts.container.metadata[ModelFile.checkpointPrefix + Name.version] else { return nil }
    guard version == Self.version else {
      throw parts.error("its checkpoint has version '\(version.prefix(20))', expected '\(Self.version)'")
    }
    guard model.trainingRecord != nil else { throw parts.error("it has a checkpoint but no training record") }
    self.model = model
    current = try parts.state(Name.current, of: model.hyperparameters)
    let hasAverages = parts.container.tensors.keys.contains { $0.hasPrefix(ModelFile.checkpointPrefix + Name.average) }
    averages = hasAverages ? try parts.state(Name.average, of: model.hyperparameters) : nil
    moments = [:]
    for (name, parameter) in TrainableNetwork(model.hyperparameters).namedParameters {
      let shape = [parameter.values.count]
      moments[name] = Moments(
        first: try parts.floats(Name.firstMoment + name, shape),
        second: try parts.floats(Name.secondMoment + name, shape))
    }
    let counters = try parts.integers(Name.counters, count: 4)
    guard counters.allSatisfy({ 0...1 << 40 ~= $0 }) else { throw parts.error("its counters are not possible") }
    optimiserSteps = (Int(counters[1]), Int(counters[2]))
    position = TrainingPosition(seed: 0)
    position.stepCount = Int(counters[0])
    let words = try parts.integers(Name.random, count: 8).map { UInt64(bitPattern: $0) }
    guard let random = RandomGenerator(state: Array(words[..<4])),
      let augmentationRandom = RandomGenerator(state: Array(words[4...]))
    else { throw parts.error("its random numbers cannot be continued") }
    position.random = random
    position.augmentationRandom = augmentationRandom
    position.order = try parts.integers(Name.order).map { Int($0) }
    position.sums.stepCount = Int(counters[3])
    position.sums.losses = try parts.integers(Name.sums, count: 4).map { Double(bitPattern: UInt64(bitPattern: $0)) }
    guard position.sums.losses.allSatisfy(\.isFinite) else { throw parts.error("its losses are not finite") }
    pictures = try parts.digests(Name.pictures)
  }

  /// Reads a checkpoint file; nil where it is a model without one.
  public init?(contentsOf path: BytePath) throws {
    let name = escaped(path.bytes)
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(path, limit: ModelFile.maximumBytes)
    } catch {
      throw TrainingError.checkpoint(file: name, reason: error.reason)
    }
    try self.init(bytes: bytes, name: name)
  }
}

/// The checkpoint's own tensors, each checked as it is taken.
private struct Parts {
  let container: SafeTensors
  let file: String

  func error(_ reason: String) -> TrainingError { .checkpoint(file: file, reason: reason) }

  func tensor(_ name: String) throws(TrainingError) -> SafeTensors.Tensor {
    guard let tensor = container.tensors[ModelFile.checkpointPrefix + name] else {
      throw error("its checkpoint has no '\(name)'")
    }
    return tensor
  }

  /// All tensors of a network under a prefix.
  func state(_ prefix: String, of hyperparameters: Hyperparameters) throws(TrainingError) -> StateDictionary {
    var state: StateDictionary = [:]
    for (name, shape) in hyperparameters.parameterShapes {
      let values = try floats(prefix + name, shape)
      if name.hasSuffix(".running_var") || name.hasSuffix(".moving_variance"), values.contains(where: { $0 < 0 }) {
        throw error("its '\(prefix)\(name)' holds a negative variance")
      }
      state[name] = StateTensor(shape: shape, values: values)
    }
    return state
  }

  func floats(_ name: String, _ shape: [Int]) throws(TrainingError) -> [Float] {
    let tensor = try tensor(name)
    guard tensor.shape == shape, case .floats(let values) = tensor.values else {
      throw error("its checkpoint's '\(name)' has shape \(tensor.shape), expected \(shape) of 'F32'")
    }
    guard values.allSatisfy(\.isFinite) else {
      throw error("its checkpoint's '\(name)' holds a number that is not finite")
    }
    return values
  }

  func integers(_ name: String, count: Int? = nil) throws(TrainingError) -> [Int64] {
    let tensor = try tensor(name)
    guard case .integers(let values) = tensor.values, values.count == count ?? values.count else {
      throw error("its checkpoint's '\(name)' has shape \(tensor.shape), expected \(count ?? 0) of 'I64'")
    }
    return values
  }

  func digests(_ name: String) throws(TrainingError) -> [PictureDigest] {
    let tensor = try tensor(name)
    let length = PictureDigest.byteCount
    guard case .bytes(let bytes) = tensor.values, tensor.shape.count == 2, tensor.shape[1] == length else {
      throw error("its checkpoint's '\(name)' has shape \(tensor.shape), expected [pictures, \(length)] of 'U8'")
    }
    return stride(from: 0, to: bytes.count, by: length).map { PictureDigest(bytes: bytes[$0..<$0 + length]) }
  }
}
