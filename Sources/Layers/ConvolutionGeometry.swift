/// The shapes of a convolution between a large map and a small one.
///
/// A convolution goes from the large map to the small, a transposed convolution from the small to the large; the input
/// gradient of either is the other. One geometry and one weight tensor serve all.
public struct ConvolutionGeometry: Sendable, Equatable {
  /// Side of the square kernel.
  public var kernel: Int
  /// Pixels of the large map between two neighbours of the small.
  public var stride: Int
  /// Zeros above and left of the large map.
  public var padding: Int
  /// Zeros below and right of the large map.
  public var paddingAfter: Int
  /// Side of the large map.
  public var largeSide: Int
  /// Channels of the large map.
  public var largeChannels: Int
  /// Channels of the small map.
  public var smallChannels: Int
  /// Zeros that both maps carry in memory.
  public var border: MapBorder

  /// A geometry; the kernel fits the padded large map.
  ///
  /// - Parameter paddingAfter: nil: as `padding`.
  public init(
    kernel: Int, stride: Int, padding: Int, paddingAfter: Int? = nil, largeSide: Int, largeChannels: Int,
    smallChannels: Int, border: MapBorder = .narrow
  ) {
    let after = paddingAfter ?? padding
    precondition(largeSide + padding + after >= kernel && kernel > 0 && stride > 0, "the kernel fits the map")
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.paddingAfter = after
    self.border = border
    self.largeSide = largeSide
    self.largeChannels = largeChannels
    self.smallChannels = smallChannels
  }

  /// Side of the small map.
  public var smallSide: Int { (largeSide + padding + paddingAfter - kernel) / stride + 1 }

  /// Weights: kernel x kernel x large channels x small channels.
  public var weightCount: Int { kernel * kernel * largeChannels * smallChannels }

  /// How the way from the small map to the large becomes products; decided by the shape alone.
  public var expandingForm: ExpandingForm {
    if smallSide == 1 && kernel == largeSide && padding == 0 { return .wholeMap }
    if largeChannels <= 4 { return .columns }
    return .phases
  }

  /// The forms of a transposed convolution.
  public enum ExpandingForm: Sendable {
    /// The small map is one pixel: every kernel row is a plain product into a row of the large map.
    case wholeMap
    /// Few output channels: one product gives every pixel's patch, then the patches are added up.
    case columns
    /// Each of the stride x stride phases of the large map is a correlation of the small one.
    case phases
  }
}
