/// A picture stretched to another size while its rows come in, top to bottom; the rule is that of `Image.resampled`.
///
/// It holds the sums of one row of the source, and no picture: a target row is handed on as soon as the last source row
/// that it covers is there. The order of whole-number additions changes no bit.
public struct RowResampler {
  private let sourceStride: Int
  private let sourceHeight: Int
  private let channelCount: Int
  private let width: Int
  private let height: Int
  /// Nil where the sizes are equal, and rows are kept as they come.
  private let axes: (rows: ResamplingAxis, columns: ResamplingAxis)?
  /// Whether target rows lie between two source rows, so that the one above is needed again.
  private let isGrowing: Bool

  /// Weighted first and last rows of the target row in work, one sum for each of the source's columns and channels.
  private var sums: [UInt32]
  /// Its inner rows, not weighted yet; the row above where the picture grows.
  private var inner: [UInt32]
  private var above: [UInt8] = []
  /// The target row that was done last.
  private var target: [UInt8]
  /// Source rows so far.
  private var taken = 0
  /// Target rows that are done.
  private var done = 0

  /// A resampler from a picture's size to another.
  ///
  /// - Parameters:
  ///   - sourceWidth: columns of the source, 1 to 2^24.
  ///   - sourceHeight: rows of the source, 1 to 2^24.
  ///   - channelCount: samples a pixel, on both sides.
  ///   - width: columns of the result, 1 to 65,536.
  ///   - height: rows of the result, 1 to 65,536.
  public init(sourceWidth: Int, sourceHeight: Int, channelCount: Int, width: Int, height: Int) {
    precondition((1...65_536).contains(width) && (1...65_536).contains(height), "a side has 1 to 65,536 pixels")
    // Sums of one column stay below 2^32: 255 x the larger of a source height and twice a target height.
    precondition(
      (1...1 << 24).contains(sourceWidth) && (1...1 << 24).contains(sourceHeight) && channelCount > 0,
      "a picture to resample has 1 to 2^24 pixels a side")
    self.sourceHeight = sourceHeight
    self.channelCount = channelCount
    self.width = width
    self.height = height
    sourceStride = sourceWidth * channelCount
    if sourceWidth == width && sourceHeight == height {
      (axes, isGrowing, sums, inner, target) = (nil, false, [], [], [])
      return
    }
    axes = (
      ResamplingAxis(source: sourceHeight, target: height), ResamplingAxis(source: sourceWidth, target: width)
    )
    isGrowing = height > sourceHeight
    sums = [UInt32](repeating: 0, count: sourceStride)
    inner = isGrowing ? [] : sums
    target = [UInt8](repeating: 0, count: width * channelCount)
  }

  /// Takes the next source row.
  ///
  /// - Parameters:
  ///   - row: source width x channels samples.
  ///   - emit: takes each row of the result that this completes, width x channels samples; none, one or several.
  public mutating func take(_ row: Span<UInt8>, _ emit: (Span<UInt8>) -> Void) {
    precondition(row.count == sourceStride, "a row has width x channels samples")
    precondition(taken < sourceHeight, "the source has no more rows")
    guard let axes else {
      taken += 1
      return emit(row)
    }
    row.withUnsafeBufferPointer { row in
      while done < height {
        let coverage = axes.rows.coverages[done]
        let last = coverage.first + coverage.count - 1
        if isGrowing {
          guard last == taken else { break }
          interpolate(row, coverage)
        } else {
          guard coverage.first <= taken else { break }
          gather(row, coverage, isLast: last == taken)
          guard last == taken else { break }
        }
        averageColumns(axes.columns, rowDenominator: axes.rows.denominator)
        emit(target.span)
        done += 1
      }
      if isGrowing { above.replaceSubrange(above.indices, with: row) }
    }
    taken += 1
  }

  /// A target row between two source rows, or one alone.
  private mutating func interpolate(_ row: UnsafeBufferPointer<UInt8>, _ coverage: ResamplingAxis.Coverage) {
    let (firstWeight, lastWeight) = (UInt32(coverage.firstWeight), UInt32(coverage.lastWeight))
    let isAlone = coverage.count == 1
    let stride = sourceStride
    above.withUnsafeBufferPointer { above in
      sums.withUnsafeMutableBufferPointer { sums in
        if isAlone {
          for index in 0..<stride { sums[index] = UInt32(row[index]) &* firstWeight }
        } else {
          for index in 0..<stride {
            sums[index] = UInt32(above[index]) &* firstWeight &+ UInt32(row[index]) &* lastWeight
          }
        }
      }
    }
  }

  /// A source row's part in a target row: inner rows all weigh the same, are added first and multiplied once.
  private mutating func gather(
    _ row: UnsafeBufferPointer<UInt8>, _ coverage: ResamplingAxis.Coverage, isLast: Bool
  ) {
    let isFirst = coverage.first == taken
    let stride = sourceStride
    let (firstWeight, lastWeight) = (UInt32(coverage.firstWeight), UInt32(coverage.lastWeight))
    let innerWeight = UInt32(coverage.innerWeight)
    let hasInner = coverage.count > 2
    inner.withUnsafeMutableBufferPointer { inner in
      sums.withUnsafeMutableBufferPointer { sums in
        if isFirst {
          for index in 0..<stride { sums[index] = UInt32(row[index]) &* firstWeight }
          if hasInner { inner.update(repeating: 0) }
        } else if !isLast {
          for index in 0..<stride { inner[index] &+= UInt32(row[index]) }
        } else if hasInner {
          for index in 0..<stride {
            sums[index] &+= inner[index] &* innerWeight &+ UInt32(row[index]) &* lastWeight
          }
        } else {
          for index in 0..<stride { sums[index] &+= UInt32(row[index]) &* lastWeight }
        }
      }
    }
  }

  /// One target row: the weighted sums of its columns, divided and rounded.
  private mutating func averageColumns(_ columns: ResamplingAxis, rowDenominator: Int) {
    let denominator = UInt64(columns.denominator) * UInt64(rowDenominator)
    let channelCount = channelCount
    sums.withUnsafeBufferPointer { sums in
      target.withUnsafeMutableBufferPointer { target in
        var index = 0
        for coverage in columns.coverages {
          for channel in 0..<channelCount {
            let first = coverage.first * channelCount + channel
            var sum = UInt64(sums[first]) &* UInt64(coverage.firstWeight)
            if coverage.count > 1 {
              let last = first &+ (coverage.count &- 1) &* channelCount
              sum = sum &+ UInt64(sums[last]) &* UInt64(coverage.lastWeight)
              if coverage.count > 2 {
                var inner: UInt64 = 0
                for position in stride(from: first + channelCount, to: last, by: channelCount) {
                  inner &+= UInt64(sums[position])
                }
                sum = sum &+ inner &* UInt64(coverage.innerWeight)
              }
            }
            target[index] = UInt8(truncatingIfNeeded: (2 &* sum &+ denominator) / (2 &* denominator))
            index += 1
          }
        }
      }
    }
  }
}
