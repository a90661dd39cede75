internal import Imaging

/// What the network sees of a set: a prepared picture, or a window of one.
struct NetworkInput: Sendable, Hashable {
  /// The picture, as its place in the set.
  let picture: Int
  /// The window's upper left pixel; nil: the prepared picture is the network's input.
  let position: PixelPosition?
}

extension PictureSet {
  /// The inputs themselves, in their order; one picture after the other is read where it is not in memory.
  ///
  /// - Parameter inputs: those of one picture next to each other, so that it is read once.
  /// - Throws: `TrainingError.pictureChanged`.
  func images(of inputs: some Sequence<NetworkInput>) throws(TrainingError) -> [Image] {
    var images: [Image] = []
    var last: (index: Int, picture: Image)?
    for input in inputs {
      let picture: Image
      if let last, last.index == input.picture {
        picture = last.picture
      } else {
        picture = try self.picture(input.picture)
        last = (input.picture, picture)
      }
      images.append(input.position.map { picture.window(at: $0, side: preparation.size) } ?? picture)
    }
    return images
  }

  /// Prepared pictures in their order.
  ///
  /// - Throws: `TrainingError.pictureChanged`.
  func pictures(_ indices: some Sequence<Int>) throws(TrainingError) -> [Image] {
    var pictures: [Image] = []
    for index in indices { pictures.append(try picture(index)) }
    return pictures
  }
}
