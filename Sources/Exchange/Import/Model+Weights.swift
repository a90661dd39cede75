public import GANomalyModel
private import Imaging
public import Linux

extension Model {
  /// A model of the authors' weights, saved by PyTorch and converted to safetensors.
  ///
  /// The hyperparameters follow from names and shapes. Pictures are prepared as for any model: [-1, 1], the authors'
  /// own choice for colour; their networks for MNIST saw (x - 0.1307) / 0.3081 instead.
  ///
  /// - Parameters:
  ///   - weights: the generator's file (`netG`), perhaps with the discriminator's tensors too.
  ///   - discriminator: the discriminator's file (`netD`).
  /// - Throws: `ExchangeError` naming the file, the tensor, what was expected and what was found.
  public init(weights: BytePath, discriminator: BytePath?) throws(ExchangeError) {
    let generator = try WeightsFile(weights)
    var tensors = generator.tensors
    let second = try discriminator.map { path throws(ExchangeError) in try WeightsFile(path) }
    do throws(WeightsError) {
      if let second {
        for (name, tensor) in second.tensors.sorted(by: { $0.key < $1.key }) {
          guard name.hasPrefix("netd.") else { throw .notDiscriminator(tensor: name) }
          guard tensors.updateValue(tensor, forKey: name) == nil else { throw .duplicate(tensor: name) }
        }
      }
    } catch {
      throw .weights(name: second?.name ?? generator.name, error)
    }
    do {
      self = try Self.checked(tensors)
    } catch {
      let isOfSecond = second != nil && error.tensor?.hasPrefix("netd.") == true
      throw .weights(name: isOfSecond ? second?.name ?? generator.name : generator.name, error)
    }
  }

  /// The model of tensors by our names; every one belongs to it and has its shape and finite numbers.
  private static func checked(_ tensors: [String: StateTensor]) throws(WeightsError) -> Model {
    let parameters = try Hyperparameters(tensors: tensors)
    let discriminator = Set(parameters.discriminatorShapes.map(\.name))
    let hasDiscriminator = tensors.keys.contains { $0.hasPrefix("netd.") }
    var rest = tensors
    for (name, shape) in parameters.parameterShapes where hasDiscriminator || !discriminator.contains(name) {
      guard let tensor = rest.removeValue(forKey: name) else { throw .missingTensor(name, shape: shape) }
      guard tensor.shape == shape else {
        throw .wrongShape(tensor: name, expected: shape, found: tensor.shape)
      }
    }
    if let name = rest.keys.min() { throw .unknownTensor(name) }
    let model = Model(
      hyperparameters: parameters,
      preparation: Preparation(size: parameters.size, channelCount: parameters.channelCount), state: tensors)
    // The model file's reader knows what numbers can be.
    do {
      return try Model(bytes: model.encoded(), name: "")
    } catch {
      throw .values(error.cause)
    }
  }
}

extension WeightsError {
  /// The tensor that it is about.
  fileprivate var tensor: String? {
    switch self {
    case .notDiscriminator(let tensor), .duplicate(let tensor), .unknownTensor(let tensor),
      .missingTensor(let tensor, _), .wrongShape(let tensor, _, _), .wrongElements(let tensor, _),
      .values(.notFinite(let tensor, _, _)), .values(.negativeVariance(let tensor, _, _)):
      tensor
    case .pickled, .container, .ownModel, .noGenerator, .hyperparameters, .values: nil
    }
  }
}
