internal import Imaging
internal import Layers
internal import Tensors

/// What a lane of pictures does with windows: it fills a batch itself, sends it through the network and asks for figures.
extension ScoringLane {
  /// Makes a square of a plane, mirrored where it reaches past the edges, one of the batch's pictures.
  func setWindow(of plane: Image, at place: PixelPosition, image: Int) {
    input.setWindow(
      of: plane.samples, width: plane.width, column: place.column, row: place.row, ofImage: image)
  }

  /// The smoothed difference of a picture that went through the network and its reconstruction, row by row, in input units.
  func residual(ofImage image: Int) -> [Float] {
    smoothedDifference.compare(input, decoder.output, image: image)
    return smoothedDifference.values
  }

  /// The scorer's measures.
  var measures: [TermMeasure] { scorer.measures }

  /// The values of some of the scorer's measures of a picture that went through the passes that they need.
  func termValues(ofImage image: Int, _ measures: [TermMeasure]) -> TermValues {
    TermValues(measures: measures, values: measures.map { value(of: $0, image) })
  }
}
