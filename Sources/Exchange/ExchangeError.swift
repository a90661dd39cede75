public import GANomalyModel
public import Linux

/// A model that could not be taken in or out.
public enum ExchangeError: Error, Sendable, Equatable {
  /// The file system said no.
  case file(FileError)
  /// The model's score cannot be taken.
  case score(ScoreOptionsError)
  /// The file would be larger than its format allows.
  case tooLarge(found: Int, limit: Int)
  /// A file of weights is no use, and why.
  case weights(name: String, WeightsError)
}

/// Why a file of weights is no use.
public enum WeightsError: Error, Sendable, Equatable {
  /// It was written by `torch.save`.
  case pickled
  /// The container is damaged, or is none.
  case container(SafeTensorsError)
  /// It is a model of this program.
  case ownModel
  /// The generator's first layer, which tells channels and features, is not there.
  case noGenerator(found: String)
  /// The second file holds something else than a discriminator.
  case notDiscriminator(tensor: String)
  /// Two tensors are the same once prefixes are taken off.
  case duplicate(tensor: String)
  /// A tensor that the network does not have.
  case unknownTensor(String)
  /// A tensor that the network needs is missing.
  case missingTensor(String, shape: [Int])
  /// A tensor has another shape than the others make necessary.
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  /// A tensor has other elements than 32-bit floats.
  case wrongElements(tensor: String, found: String)
  /// The shapes are those of no network.
  case hyperparameters(HyperparametersError)
  /// A number is not finite, or a variance negative.
  case values(ModelFileError.Cause)
}

extension ExchangeError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .score(let error): "cannot export the model: \(error)"
    case .tooLarge(let found, let limit):
      "cannot export the model: \(found) bytes of weights, expected fewer than \(limit), the most that ONNX can hold"
    case .weights(let name, let error): "cannot import '\(name)': \(error)"
    }
  }
}

extension WeightsError: CustomStringConvertible {
  /// The lines of Python that make a file of this kind.
  public static let conversion = """
    python3 -c '
    import torch; from safetensors.torch import save_file
    weights = torch.load("netG.pth", map_location="cpu")["state_dict"]
    save_file({n: w.float() for n, w in weights.items()}, "netG.safetensors")'
    """

  /// The sentence without the file's name.
  public var description: String {
    switch self {
    case .pickled:
      "it was written by PyTorch's 'torch.save', expected safetensors; convert it, with the names of your files:\n\n"
        + Self.conversion
    case .container(let error): error.description
    case .ownModel: "it is a model of this program already; use it as it is"
    case .noGenerator(let found):
      "it has no generator: expected a tensor 'encoder1.main.initial-conv-CHANNELS-FEATURES.weight', as "
        + "samet-akcay/ganomaly writes it, found \(found)"
    case .notDiscriminator(let tensor):
      "tensor '\(tensor)' does not belong to a discriminator, expected 'features.N' and 'classifier.0' only"
    case .duplicate(let tensor): "tensor '\(tensor)' is there twice, prefixes apart; name one file of each network"
    case .unknownTensor(let tensor): "tensor '\(tensor)' does not belong to the authors' network"
    case .missingTensor(let tensor, let shape): "tensor '\(tensor)' is missing, expected shape \(shape)"
    case .wrongShape(let tensor, let expected, let found):
      "tensor '\(tensor)' has shape \(found), expected \(expected) beside the others"
    case .wrongElements(let tensor, let found):
      "tensor '\(tensor)' has element type '\(found)', expected 'F32'; convert the weights with '.float()':\n\n"
        + Self.conversion
    case .hyperparameters(let error): "its shapes are those of no network: \(error)"
    case .values(let cause): cause.description
    }
  }
}
