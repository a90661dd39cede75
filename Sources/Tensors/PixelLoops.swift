/// Up to eight channels at once: whole vectors, and a tail for channel counts that eight does not divide.
///
/// One piece of code for all element-wise loops, so that each says only what it does to a vector of channels.

@inline(__always)
func load(_ source: UnsafeMutablePointer<Float>, _ lanes: Int) -> SIMD8<Float> {
  if lanes == 8 { return UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self) }
  var vector = SIMD8<Float>.zero
  for lane in 0..<lanes { vector[lane] = source[lane] }
  return vector
}

@inline(__always)
func store(_ vector: SIMD8<Float>, _ target: UnsafeMutablePointer<Float>, _ lanes: Int) {
  if lanes == 8 {
    UnsafeMutableRawPointer(target).storeBytes(of: vector, as: SIMD8<Float>.self)
  } else {
    for lane in 0..<lanes { target[lane] = vector[lane] }
  }
}

/// Runs the body over all channels in vectors of 8 and a tail.
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
  var index = 0
  while index + 8 <= count {
    body(index, 8)
    index += 8
  }
  if index < count { body(index, count - index) }
}

/// Every pixel of one picture, in vectors of channels.
@inline(__always)
func forEachPixelVector(
  _ map: FeatureMap, _ image: Int, _ body: (_ pixel: UnsafeMutablePointer<Float>, _ channel: Int, _ lanes: Int) -> Void
) {
  precondition(image >= 0 && image < map.imageCount, "no such picture in the map")
  let channels = map.channelCount
  for row in 0..<map.side {
    var pixel = map.row(row, ofImage: image)
    for _ in 0..<map.side {
      forEachVector(channels) { channel, lanes in body(pixel + channel, channel, lanes) }
      pixel += channels
    }
  }
}

/// Every pixel of one picture in two maps of the same shape, in vectors of channels.
@inline(__always)
func forEachPixelVectorPair(
  _ first: FeatureMap, _ second: FeatureMap, _ image: Int,
  _ body: (
    _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>, _ channel: Int, _ lanes: Int
  ) -> Void
) {
  precondition(image >= 0 && image < first.imageCount && image < second.imageCount, "no such picture in the map")
  precondition(sameShape(first, second), "shapes agree")
  let channels = first.channelCount
  for row in 0..<first.side {
    var one = first.row(row, ofImage: image)
    var other = second.row(row, ofImage: image)
    for _ in 0..<first.side {
      forEachVector(channels) { channel, lanes in body(one + channel, other + channel, channel, lanes) }
      one += channels
      other += channels
    }
  }
}

/// Every row of one picture in two maps of the same shape, channels and columns together, in vectors of eight floats.
@inline(__always)
func forEachRowVectorPair(
  _ first: FeatureMap, _ second: FeatureMap, _ image: Int,
  _ body: (_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>, _ lanes: Int) -> Void
) {
  precondition(image >= 0 && image < first.imageCount && image < second.imageCount, "no such picture in the map")
  precondition(sameShape(first, second), "shapes agree")
  for row in 0..<first.side {
    let one = first.row(row, ofImage: image)
    let other = second.row(row, ofImage: image)
    forEachVector(first.side * first.channelCount) { index, lanes in body(one + index, other + index, lanes) }
  }
}

/// Same side, channels and border, so that offsets are the same in both.
func sameShape(_ first: FeatureMap, _ second: FeatureMap) -> Bool {
  first.side == second.side && first.channelCount == second.channelCount && first.border == second.border
}
