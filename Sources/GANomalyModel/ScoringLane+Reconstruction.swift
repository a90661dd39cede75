public import Imaging

extension ScoringLane {
  /// What the network makes of a prepared picture, rounded to 8 bits: a picture of the same shape.
  public func reconstruction(of picture: Image) -> Image {
    let output = evaluate(inputs: [picture.samples.map(Preparation.input)])[0].reconstruction
    return Image(
      width: picture.width, height: picture.height, channelCount: picture.channelCount,
      samples: output.map(Preparation.sample))
  }
}
