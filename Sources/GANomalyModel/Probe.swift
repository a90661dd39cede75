public import Imaging
private import Tensors

/// A picture and the score that a model gave it when its file was written: whoever loads the file scores it again, and
/// knows that weights, arithmetic and machine give what they gave then.
public struct Probe: Sendable, Equatable {
  /// A prepared picture: the network's input.
  public let picture: Image
  /// What the model's score of it was.
  public let score: Float
  /// `Scorer.arithmeticVersion` of the score.
  public let arithmeticVersion: String

  /// A probe from its parts.
  init(picture: Image, score: Float, arithmeticVersion: String) {
    self.picture = picture
    self.score = score
    self.arithmeticVersion = arithmeticVersion
  }

  /// The probe of a model as it is now; nil where it has no score or gives no finite number.
  init?(of model: Model) {
    guard (try? model.scoreRule) != nil else { return nil }
    let picture = Self.picture(model.hyperparameters)
    let score = Scorer(model: model).makeLane(maximumBatch: 1).scores(of: [picture])[0]
    guard score.isFinite else { return nil }
    self.init(picture: picture, score: score, arithmeticVersion: Scorer.arithmeticVersion)
  }

  /// A picture of ramps and noise, the same for all models of a size: no customer's picture goes into the file.
  static func picture(_ hyperparameters: Hyperparameters) -> Image {
    let (side, channelCount) = (hyperparameters.size, hyperparameters.channelCount)
    var random = RandomGenerator(seed: 1)
    var samples: [UInt8] = []
    samples.reserveCapacity(side * side * channelCount)
    for row in 0..<side {
      for column in 0..<side {
        for channel in 0..<channelCount {
          let ramp = (row * (channel + 1) + column * 2) * 160 / (side * (channelCount + 2))
          samples.append(UInt8(truncatingIfNeeded: ramp) &+ UInt8(truncatingIfNeeded: random.next() >> 58))
        }
      }
    }
    return Image(width: side, height: side, channelCount: channelCount, samples: samples)
  }

  /// What a self-test came to.
  public enum Outcome: Sendable, Equatable, CustomStringConvertible {
    /// The stored score came out, to the last bit.
    case passed
    /// Another version of the arithmetic made the stored score, and this one gives a number: how far the two lie apart says
    /// nothing, because a score may be a small difference of large values.
    case notComparable(version: String)
    /// The file has no probe: another program wrote it, or an older one. The score of a picture is a finite number.
    case notStored

    /// In words, behind "self-test".
    public var description: String {
      switch self {
      case .passed: "passed"
      case .notComparable(let version):
        "without a score to compare with: the file is of arithmetic version \(version), 'ganomaly calibrate' renews it"
      case .notStored: "not stored in the file"
      }
    }
  }

  /// Scores the model's probe and compares; without a probe, sees that there is a score at all.
  ///
  /// - Parameters:
  ///   - probe: the model's.
  ///   - scorer: the model's weights as they will be used.
  /// - Throws: `ProbeError` where another score comes out.
  public static func test(_ probe: Probe?, with scorer: Scorer) throws(ProbeError) -> Outcome {
    let picture = probe?.picture ?? Self.picture(scorer.hyperparameters)
    let score = scorer.makeLane(maximumBatch: 1).scores(of: [picture])[0]
    guard let probe else {
      guard score.isFinite else { throw ProbeError(expected: nil, found: score) }
      return .notStored
    }
    if probe.arithmeticVersion != Scorer.arithmeticVersion {
      guard score.isFinite else { throw ProbeError(expected: nil, found: score) }
      return .notComparable(version: probe.arithmeticVersion)
    }
    guard score == probe.score else { throw ProbeError(expected: probe.score, found: score) }
    return .passed
  }
}

/// A model that does not give the score that it gave when it was written.
public struct ProbeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The stored score; nil where none is stored.
  public let expected: Float?
  /// What came out.
  public let found: Float

  /// The sentence.
  public var description: String {
    guard let expected else {
      return "its self-test failed: the network gives \(found) for a picture, expected a number"
    }
    return "its self-test failed: the stored probe scores \(found), expected \(expected); the file is damaged, or this "
      + "machine computes otherwise than the one that wrote it"
  }
}

extension Probe {
  private static let prefix = "probe."
  private static let scoreKey = prefix + "score"
  private static let arithmeticKey = prefix + "arithmetic"

  /// The probe as texts of the header; its picture is a tensor.
  var metadata: [String: String] { [Self.scoreKey: "\(score)", Self.arithmeticKey: arithmeticVersion] }

  /// A probe from the header's texts and its picture; nil where there is none.
  init?(
    _ header: ModelHeader, picture: SafeTensors.Tensor?, for hyperparameters: Hyperparameters
  ) throws(ModelFileError.Cause) {
    let shape = [hyperparameters.size, hyperparameters.size, hyperparameters.channelCount]
    guard let picture else {
      if header.hasKeys(withPrefix: Self.prefix) { throw .missingTensor(name: ModelFile.probeName, shape: shape) }
      return nil
    }
    guard case .bytes(let samples) = picture.values, picture.shape == shape else {
      throw .wrongTensor(
        name: ModelFile.probeName, expected: "\(shape) of 'U8'",
        found: "shape \(picture.shape) of '\(picture.values.elementName)'")
    }
    self.init(
      picture: Image(width: shape[1], height: shape[0], channelCount: shape[2], samples: samples),
      score: try header.number(Self.scoreKey), arithmeticVersion: try header.text(Self.arithmeticKey))
  }
}
