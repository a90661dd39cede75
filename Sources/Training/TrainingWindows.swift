internal import Imaging

/// Which windows of a set's pictures the network sees: at random places anew in every epoch, and fixed ones at every look.
struct TrainingWindows: Sendable {
  /// A window's side in pixels.
  let side: Int
  /// Bytes of a window.
  let bytesPerWindow: Int
  private let seed: UInt64
  /// The places of every size of plane that there is.
  private let places: [WindowPlaces]
  /// The size of each picture's plane, as a place in `places`.
  private let sizes: [Int]

  /// The windows of a set; nil where its preparation has none.
  ///
  /// - Parameters:
  ///   - set: in the order in which the training counts its pictures.
  ///   - seed: the training's.
  init?(_ set: PictureSet, seed: UInt64) {
    let preparation = set.preparation
    guard preparation.windows != nil else { return nil }
    side = preparation.size
    bytesPerWindow = side * side * preparation.channelCount
    self.seed = seed
    var known: [[Int]: Int] = [:]
    var places: [WindowPlaces] = []
    sizes = set.entries.map { entry in
      let geometry = entry.geometry
      let key = [geometry.planeWidth, geometry.planeHeight]
      if let size = known[key] { return size }
      known[key] = places.count
      places.append(
        WindowPlaces(
          width: geometry.planeWidth, height: geometry.planeHeight, side: preparation.size, mask: set.planeMask))
      return places.count - 1
    }
    self.places = places
  }

  /// Windows of a picture in an epoch.
  func epochCount(of picture: Int) -> Int { places[sizes[picture]].epochCount }

  /// The windows of a picture in an epoch, counted from 0.
  func ofEpoch(_ epoch: Int, picture: Int) -> [NetworkInput] {
    let places = places[sizes[picture]]
    return places.draw(places.epochCount, seed: DerivedSeed.seed(.places, of: seed, epoch, picture))
      .map { NetworkInput(picture: picture, position: $0) }
  }

  /// The windows of a picture that does not train.
  func fixed(of picture: Int) -> [NetworkInput] {
    let places = places[sizes[picture]]
    return places.draw(places.fixedCount, seed: DerivedSeed.seed(.fixedPlaces, of: seed, picture))
      .map { NetworkInput(picture: picture, position: $0) }
  }
}
