/// How a large picture is cut into the squares that a network sees.
///
/// The picture's field is scaled, converted and normalised as one: the plane. Windows are squares of the plane, as large
/// as the network's input.
public struct WindowPlan: Sendable, Equatable {
  /// What of a picture is learnt and scored, in pixels of the file.
  public enum Field: Sendable, Equatable {
    /// All of it; pictures may have any sizes.
    case whole
    /// A rectangle; pictures must be large enough for it.
    case region(PixelBox)
    /// The inside of a mask; pictures must have its sides.
    case mask(RegionMask)
  }

  /// What becomes of a picture whose plane is smaller than a window.
  public enum SmallPictures: String, Sendable, CaseIterable {
    /// It is no picture of this model.
    case refused
    /// Its last column and row are repeated; outside a mask it is grey.
    case padded
  }

  /// The scales that there may be.
  public static let scales = 1.0 / 64...1.0

  /// Pixels of the plane for each pixel of the file, along each side.
  public var scale: Double
  /// Pixels of the plane from a window to the next, 1 to the window's side.
  public var stride: Int
  /// What is looked at.
  public var field: Field
  /// What becomes of small pictures.
  public var smallPictures: SmallPictures

  /// A plan from its parts.
  public init(
    scale: Double = 1, stride: Int, field: Field = .whole, smallPictures: SmallPictures = .refused
  ) {
    self.scale = scale
    self.stride = stride
    self.field = field
    self.smallPictures = smallPictures
  }

  /// The stride where none is chosen: half a window.
  public static func defaultStride(side: Int) -> Int { max(1, side / 2) }

  /// The mask, where the field is one.
  public var mask: RegionMask? {
    if case .mask(let mask) = field { mask } else { nil }
  }

  /// What part of a picture's pixels a mask leaves.
  public struct MaskShares: Sendable, Equatable {
    /// The part that is drawn, above 0, at most 1.
    public let drawn: Double
    /// The part that is seen: at a scale below 1 the pixels of the plane that the mask's edge crosses are not. At most 1.
    public let seen: Double

    /// Whether much of what is drawn is not seen: a tenth or more.
    public var losesMuch: Bool { seen < 0.9 * drawn }
  }

  /// What part of a picture's pixels the mask leaves; nil without a mask.
  ///
  /// Takes time proportional to the mask's pixels.
  public var maskShares: MaskShares? {
    guard let mask else { return nil }
    let (width, height) = (scaled(mask.box.width), scaled(mask.box.height))
    let plane = PlaneMask(mask, contentWidth: width, contentHeight: height, width: width, height: height)
    let pixels = Double(mask.width) * Double(mask.height)
    let ofBox = Double(plane.insideCount) / (Double(width) * Double(height))
    return MaskShares(
      drawn: Double(mask.insideCount) / pixels,
      seen: ofBox * Double(mask.box.width) * Double(mask.box.height) / pixels)
  }

  /// The rectangle that is looked at of a picture, in pixels of the file; it may be too large for the picture.
  func source(width: Int, height: Int) -> PixelBox {
    switch field {
    case .whole: PixelBox(x: 0, y: 0, width: width, height: height)
    case .region(let box): box
    case .mask(let mask): mask.box
    }
  }

  /// Pixels of the plane for a side of the file.
  func scaled(_ side: Int) -> Int { max(1, Int((Double(side) * scale).rounded())) }

  /// Refuses a plan by which no picture could be prepared.
  ///
  /// - Parameter side: of a window.
  /// - Throws: `PreparationError` with what was found and what is valid.
  public func check(side: Int) throws(PreparationError) {
    guard Self.scales.contains(scale) else {
      throw PreparationError(description: "a scale of \(scale) is not possible, expected 1/64 to 1")
    }
    guard (1...side).contains(stride) else {
      throw PreparationError(
        description: "a stride of \(stride) is not possible, expected 1 to \(side), the side of a window")
    }
    let (box, name, remedy): (PixelBox, String, String)
    switch field {
    case .whole: return
    case .region(let region):
      (box, name, remedy) = (region, "the region \(region.text)", "take a larger region or scale")
    case .mask(let mask):
      (box, name, remedy) = (
        mask.box, "the mask's inside \(mask.box.text)", "draw a larger inside, take a larger scale"
      )
    }
    let sides = 0...PreparationLimits.maximumPictureSide
    guard sides.contains(box.x), sides.contains(box.y), sides.contains(box.width), sides.contains(box.height),
      sides.contains(box.x + box.width), sides.contains(box.y + box.height)
    else {
      throw PreparationError(
        description: "\(name) is not possible, expected to lie within \(sides.upperBound) pixels")
    }
    let (width, height) = (scaled(box.width), scaled(box.height))
    guard width <= PreparationLimits.maximumPlaneSide, height <= PreparationLimits.maximumPlaneSide else {
      throw PreparationError(
        description: "\(name) has \(width)x\(height) pixels at scale \(scale), expected at most "
          + "\(PreparationLimits.maximumPlaneSide) a side; take a smaller scale")
    }
    if smallPictures == .refused, width < side || height < side {
      throw PreparationError(
        description: "\(name) has \(width)x\(height) pixels at scale \(scale), expected at least "
          + "\(side)x\(side), a window; \(remedy), or pad small pictures")
    }
    guard let mask else { return }
    let plane = PlaneMask(
      mask, contentWidth: width, contentHeight: height, width: max(width, side), height: max(height, side))
    guard plane.insideCount > 0 else {
      throw PreparationError(
        description: "the mask has no pixel at scale \(scale) that lies wholly inside; take a larger scale, or draw it "
          + "larger")
    }
  }
}

/// The largest pictures that can be prepared.
enum PreparationLimits {
  /// Pixels along a side of a file that the resampler takes.
  static let maximumPictureSide = 1 << 24
  /// Pixels along a side of a plane.
  static let maximumPlaneSide = 65_536
}
