/// How pixels become network input: the one piece of code for training, calibration and the daemon.
///
/// In this order: alpha is composed on the background when the file is decoded; channels are converted (colour to grey
/// by whole-number weights, rounded; grey to colour by repetition); the picture is stretched to the square, whatever
/// its proportions (`Image.resampled`), and rounded to 8 bits; its own mean and spread are removed where the preparation
/// says so (`Image.normalised`); a sample becomes input as sample / 127.5 - 1.
///
/// With windows the picture becomes a plane instead of a square: its field (all of it, a region, or the box of a mask) is
/// scaled along both sides alike. The mean and spread are those of the plane, or of what lies inside the mask; what lies
/// outside it becomes mid-grey. The network sees squares of the plane.
public struct Preparation: Sendable, Equatable {
  /// What transparent pixels are composed on.
  public enum Alpha: String, Sendable, CaseIterable {
    /// Level 0.
    case black
    /// Level 255.
    case white

    /// The level, 0 to 255.
    public var background: UInt8 {
      switch self {
      case .black: 0
      case .white: 255
      }
    }
  }

  /// What is done to a picture's own brightness and contrast.
  public enum Normalisation: Sendable, Equatable {
    /// Nothing.
    case none
    /// The picture's mean becomes mid-grey, and that many of its spreads to each side fill the range.
    case picture(spreads: Double)
    /// The picture's mean logarithm becomes mid-grey, and that range of logarithms to each side fills the range.
    ///
    /// Light multiplies: exposure becomes a shift, and a defect counts as much in a dark picture as in a bright one.
    case logarithm(offset: Int, range: Double)

    /// Mean and spread, as they are chosen by name.
    public static let picture = picture(spreads: 3)
    /// The logarithm, as it is chosen by name.
    public static let logarithm = logarithm(offset: 8, range: 1)

    /// The numbers of spreads, and the ranges of logarithms, that there may be.
    public static let ranges = 0.125...16.0
    /// What may be added to a sample, so that black has a logarithm.
    public static let offsets = 1...255
  }

  /// The sides that a network's input may have, in pixels.
  public static let sizes = 1...4096

  /// Side of the network's square input in pixels.
  public var size: Int
  /// Channels of the network's input, 1 or 3.
  public var channelCount: Int
  /// What transparent pixels are composed on.
  public var alpha: Alpha

  /// What is done to a picture's own brightness and contrast.
  public var normalisation: Normalisation

  /// How a picture is cut into windows; nil where the network sees it whole.
  public var windows: WindowPlan?

  /// What stands outside a mask, after normalisation.
  public static let outsideLevel: UInt8 = 128

  /// The preparation of a network.
  public init(
    size: Int, channelCount: Int, alpha: Alpha = .black, normalisation: Normalisation = .none,
    windows: WindowPlan? = nil
  ) {
    self.size = size
    self.channelCount = channelCount
    self.alpha = alpha
    self.normalisation = normalisation
    self.windows = windows
  }

  /// The picture exactly as the network sees it: size x size pixels of `channelCount` channels, 8 bits.
  ///
  /// For preparations without windows, which take pictures of any sides; `plane` is for all.
  ///
  /// - Parameter progress: called after every row of the result.
  public func prepare(_ image: Image, progress: () -> Void = {}) -> Image {
    precondition(windows == nil, "a network that sees windows has planes")
    do {
      return try plane(of: image, progress: progress)
    } catch {
      preconditionFailure("a picture that is seen whole may have any sides: \(error)")
    }
  }

  /// The prepared picture: the plane whose windows the network sees, or the one square where it has no windows.
  ///
  /// - Parameter progress: called after every row of the result.
  /// - Throws: `PreparationFailure.wrongSize` where the preparation takes no picture of these sides.
  public func plane(of image: Image, progress: () -> Void = {}) throws(PreparationFailure) -> Image {
    checkSides()
    var maker = PlaneMaker(
      self, try geometry(width: image.width, height: image.height), channelCount: image.channelCount)
    let stride = image.width * image.channelCount
    for row in 0..<image.height {
      maker.take(image.samples.span.extracting(row * stride..<(row + 1) * stride), progress: progress)
    }
    return maker.finish()
  }

  /// Traps where no network has such an input.
  func checkSides() {
    precondition(Self.sizes.contains(size), "a network's input has a side of \(Self.sizes) pixels")
    precondition(channelCount == 1 || channelCount == 3, "a network's input has 1 or 3 channels")
  }

  /// What a sample of a prepared picture is to the network: sample / 127.5 - 1, from -1 to 1.
  @inlinable
  public static func input(of sample: UInt8) -> Float { Float(sample) / 127.5 - 1 }

  /// The nearest sample of what a network gives, from -1 to 1; what lies outside becomes 0 or 255, and NaN 255.
  @inlinable
  public static func sample(of output: Float) -> UInt8 { UInt8(max(0, min(255, ((output + 1) * 127.5).rounded()))) }
}
