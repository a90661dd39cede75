/// Makes a prepared picture of rows that come in from top to bottom: of those outside the field nothing is kept.
struct PlaneMaker {
  private let preparation: Preparation
  private let geometry: PictureGeometry
  /// Samples a pixel of the rows that come in.
  private let sourceChannels: Int
  /// Samples a pixel of the rows that are resampled: colour becomes grey before, and grey is repeated after.
  private let channels: Int
  private var resampler: RowResampler
  /// A row of the field in grey; empty where no colour becomes grey.
  private var grey: [UInt8]
  private var samples: [UInt8] = []
  /// Rows that came in.
  private var rowCount = 0

  /// A maker for pictures of a geometry.
  ///
  /// - Parameter channelCount: samples a pixel of the rows that come in.
  init(_ preparation: Preparation, _ geometry: PictureGeometry, channelCount: Int) {
    self.preparation = preparation
    self.geometry = geometry
    sourceChannels = channelCount
    let becomesGrey = preparation.channelCount == 1 && channelCount == 3
    channels = becomesGrey ? 1 : channelCount
    grey = [UInt8](repeating: 0, count: becomesGrey ? geometry.source.width : 0)
    resampler = RowResampler(
      sourceWidth: geometry.source.width, sourceHeight: geometry.source.height, channelCount: channels,
      width: geometry.contentWidth, height: geometry.contentHeight)
    samples.reserveCapacity(geometry.contentWidth * geometry.contentHeight * channels)
  }

  /// Takes the picture's next row.
  ///
  /// - Parameters:
  ///   - row: all its samples.
  ///   - progress: called after every row of the result.
  mutating func take(_ row: Span<UInt8>, progress: () -> Void) {
    let source = geometry.source
    let place = rowCount - source.y
    rowCount += 1
    guard place >= 0, place < source.height else { return }
    let part = row.extracting(source.x * sourceChannels..<(source.x + source.width) * sourceChannels)
    if grey.isEmpty {
      Self.resample(part, &resampler, into: &samples, progress)
    } else {
      Self.resampleGrey(of: part, by: &grey, &resampler, into: &samples, progress)
    }
  }

  private static func resampleGrey(
    of row: Span<UInt8>, by grey: inout [UInt8], _ resampler: inout RowResampler, into samples: inout [UInt8],
    _ progress: () -> Void
  ) {
    Image.convertToGrey(row, into: &grey)
    resample(grey.span, &resampler, into: &samples, progress)
  }

  private static func resample(
    _ row: Span<UInt8>, _ resampler: inout RowResampler, into samples: inout [UInt8], _ progress: () -> Void
  ) {
    resampler.take(row) { row in
      row.withUnsafeBufferPointer { samples.append(contentsOf: $0) }
      progress()
    }
  }

  /// The prepared picture, when all rows have come in.
  consuming func finish() -> Image {
    let content = Image(
      width: geometry.contentWidth, height: geometry.contentHeight, channelCount: channels, samples: samples)
    return preparation.finish(content, geometry)
  }
}

extension Preparation {
  /// What follows resampling: the picture's own brightness, channels, and what lies outside a mask or behind the edges.
  func finish(_ content: consuming Image, _ geometry: PictureGeometry) -> Image {
    let mask = windows?.mask.map {
      PlaneMask(
        $0, contentWidth: geometry.contentWidth, contentHeight: geometry.contentHeight, width: geometry.contentWidth,
        height: geometry.contentHeight)
    }
    // Means and spreads of repeated grey are those of grey.
    switch normalisation {
    case .none: break
    case .picture(let spreads): content.normalise(spreads: spreads, inside: mask)
    case .logarithm(let offset, let range):
      content.normalise(logarithmOffset: offset, range: range, inside: mask)
    }
    if let mask { content.fill(outside: mask, level: Self.outsideLevel) }
    let converted = channelCount == 3 ? content.convertedToColor() : content
    return converted.padded(
      width: geometry.planeWidth, height: geometry.planeHeight, level: mask == nil ? nil : Self.outsideLevel)
  }
}
