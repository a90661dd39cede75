import CMatrixKernel

/// A picture of 5 rows of 7 pixels with a border on the right of each row, and the kernel's loops over it.
struct KernelPicture {
  static let rows = 5
  static let pixels = 7
  /// Floats behind each row.
  static let border = 3

  let channels: Int
  var rowStep: Int { Self.pixels * channels + Self.border }
  private var shape: cmk_picture {
    cmk_picture(rows: Self.rows, pixels: Self.pixels, channels: channels, row_step: rowStep)
  }

  func map(seed: UInt64) -> [Float] {
    var random = KernelRandom(state: seed)
    return random.floats(Self.rows * rowStep)
  }

  /// The channel of a float; nil in the border.
  func channel(_ at: Int) -> Int? { at % rowStep < Self.pixels * channels ? at % rowStep % channels : nil }

  /// A channel's values in order of the pixels.
  func values(_ map: [Float], _ channel: Int) -> [Double] {
    map.indices.filter { self.channel($0) == channel }.map { Double(map[$0]) }
  }

  func moments(_ map: [Float], by set: cmk_instruction_set) -> (mean: [Float], deviation: [Float]) {
    var shape = shape
    var mean = [Float](repeating: .nan, count: channels)
    var deviation = mean
    cmk_moments(set, &shape, map, &mean, &deviation)
    return (mean, deviation)
  }

  /// Into memory of 7.
  func normalised(_ map: [Float], _ vectors: KernelVectors, by set: cmk_instruction_set) -> [Float] {
    var shape = shape
    var output = [Float](repeating: 7, count: map.count)
    vectors.withKernel { cmk_normalise(set, &shape, $0, map, &output) }
    return output
  }

  func gradientSums(
    _ gradient: [Float], _ map: [Float], _ vectors: KernelVectors, by set: cmk_instruction_set
  ) -> (shift: [Float], scale: [Float]) {
    var shape = shape
    var shift = [Float](repeating: .nan, count: channels)
    var scale = shift
    vectors.withKernel { cmk_gradient_sums(set, &shape, $0, gradient, map, &shift, &scale) }
    return (shift, scale)
  }

  func inputGradients(
    _ gradient: [Float], _ map: [Float], _ vectors: KernelVectors, by set: cmk_instruction_set
  ) -> [Float] {
    var shape = shape
    var result = gradient
    vectors.withKernel { cmk_input_gradients(set, &shape, $0, &result, map, vectors.shiftMean, vectors.scaleMean) }
    return result
  }
}

/// A normalisation's vectors.
struct KernelVectors {
  static let slope: Float = 0.2

  let scale: [Float]
  let shift: [Float]
  let mean: [Float]
  let inverse: [Float]
  let shiftMean: [Float]
  let scaleMean: [Float]

  init(channels: Int) {
    var random = KernelRandom(state: 77)
    (scale, shift, mean) = (random.floats(channels), random.floats(channels), random.floats(channels))
    inverse = random.floats(channels).map { $0 + 1.5 }
    (shiftMean, scaleMean) = (random.floats(channels), random.floats(channels))
  }

  func withKernel(_ body: (UnsafePointer<cmk_normalisation>) -> Void) {
    scale.withUnsafeBufferPointer { scale in
      shift.withUnsafeBufferPointer { shift in
        mean.withUnsafeBufferPointer { mean in
          inverse.withUnsafeBufferPointer { inverse in
            var vectors = cmk_normalisation(
              scale: scale.baseAddress, shift: shift.baseAddress, mean: mean.baseAddress,
              inverse_deviation: inverse.baseAddress, slope: Self.slope)
            body(&vectors)
          }
        }
      }
    }
  }
}
