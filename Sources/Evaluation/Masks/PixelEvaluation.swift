public import Imaging

/// How well score maps tell defective pixels from others: pictures are added one by one, and no map is kept.
///
/// Scores are counted in the bins of `ScoreHistogram`. Scores in different bins keep their order; those in one bin,
/// which differ by less than 1/8192 of their size, count as equal. Each figure comes with the most by which that can
/// have moved it: 0 where no bin holds different scores.
public struct PixelEvaluation: Sendable {
  /// A figure and how far the exact one can be from it.
  public struct Figure: Sendable, Equatable {
    /// The figure, 0 to 1.
    public let value: Double
    /// The most by which the exact figure can lie above or below, apart from rounding of doubles.
    public let uncertainty: Double
  }

  /// The false-positive rate up to which the per-region overlap is usually integrated.
  public static let usualLimit = 0.3

  /// Pictures added.
  public private(set) var pictureCount = 0
  /// Defects of all pictures.
  public private(set) var defectCount = 0
  /// Defective pixels of all pictures.
  public private(set) var defectivePixelCount = 0
  /// Pixels that are not defective, of all pictures.
  public private(set) var normalPixelCount = 0
  private var histogram = ScoreHistogram()

  /// No pictures yet.
  public init() {}

  /// Adds a picture.
  ///
  /// - Parameters:
  ///   - map: its scores.
  ///   - mask: its mask, of the map's sides; nil where no pixel is defective.
  ///   - field: which pixels count, row by row; nil: all. No defective pixel lies elsewhere.
  /// - Throws: `MaskError.score` at the first score that is not finite; then nothing is added.
  public mutating func add(
    _ map: ScoreMap, mask: DefectMask?, where field: [Bool]? = nil
  ) throws(MaskError) {
    precondition(field?.count ?? map.scores.count == map.scores.count, "a field has the pixels of its map")
    if let mask {
      precondition(mask.width == map.width && mask.height == map.height, "a mask has the sides of its map")
    }
    try histogram.add(map, defects: mask?.defects ?? [], where: field)
    let defectivePixels = mask?.defectivePixelCount ?? 0
    pictureCount += 1
    defectCount += mask?.defects.count ?? 0
    defectivePixelCount += defectivePixels
    normalPixelCount += (field?.count { $0 } ?? map.scores.count) - defectivePixels
  }

  /// The area under the receiver operating characteristic of pixels: the probability that a defective pixel scores
  /// above one that is not, ties counting half; all pixels of all pictures together. Nil where there are none of one
  /// sort.
  ///
  /// The uncertainty is half the part of the pairs whose two pixels share a bin that holds different scores.
  ///
  /// Source: Hanley and McNeil, Radiology 143 (1982): the equality with the Mann-Whitney statistic.
  public var areaUnderROC: Figure? {
    guard normalPixelCount > 0, defectivePixelCount > 0 else { return nil }
    // Pairs of pixels pass 64 bits in sets that a line fills in a week.
    var (doubled, uncertain, below): (UInt128, UInt128, UInt128) = (0, 0, 0)
    histogram.forEachAscending { bin in
      let (normal, defective) = (UInt128(bin.normalCount), UInt128(bin.defectiveCount))
      doubled += defective * (2 * below + normal)
      if bin.isMixed { uncertain += defective * normal }
      below += normal
    }
    let doubledPairs = Double(2 * UInt128(normalPixelCount) * UInt128(defectivePixelCount))
    return Figure(value: Double(doubled) / doubledPairs, uncertainty: Double(uncertain) / doubledPairs)
  }

  /// The area under the curve of the per-region overlap over the false-positive rate of pixels, up to a limit, divided
  /// by the limit. Nil where there is no defect or no pixel beside one.
  ///
  /// At a threshold, the overlap is the part of a defect's pixels above it, averaged over the defects of all pictures,
  /// each counting the same whatever its size; the rate is the part above it of all pixels outside defects, normal
  /// pictures included. The curve begins at (0, 0), has a point a distinct score (equal scores pass together), and is
  /// straight between points; where the limit lies between two points it is cut on that line.
  ///
  /// The uncertainty bounds the curve between the two points around a bin of different scores, where it can take any
  /// way up.
  ///
  /// - Parameter limit: the highest false-positive rate, above 0, at most 1.
  /// - Source: Bergmann, Batzner, Fauser, Sattlegger and Steger, "The MVTec Anomaly Detection Dataset", IJCV 129
  ///   (2021), on the per-region overlap and its area up to a rate of 0.3.
  public func areaUnderPRO(limit: Double = usualLimit) -> Figure? {
    precondition(limit > 0 && limit <= 1, "a limit of the false-positive rate is above 0 and at most 1")
    guard normalPixelCount > 0, defectCount > 0 else { return nil }
    var (area, uncertainty, passed, overlap) = (0.0, 0.0, 0, 0.0)
    histogram.forEachDescending { bin in
      let rate = Double(passed) / Double(normalPixelCount)
      passed += bin.normalCount
      let width = Double(passed) / Double(normalPixelCount) - rate
      // How much of the way to the next point lies within the limit: all of it but for the last.
      let part = width > 0 ? min(1, (limit - rate) / width) : 1
      let rise = bin.overlap / Double(defectCount)
      area += part * width * (overlap + part * rise / 2)
      // The way up may lie all at the one end or at the other.
      if bin.isMixed { uncertainty += part * width * rise * (1 - part / 2) }
      overlap += rise
      return Double(passed) < limit * Double(normalPixelCount)
    }
    return Figure(value: min(1, area / limit), uncertainty: uncertainty / limit)
  }
}
