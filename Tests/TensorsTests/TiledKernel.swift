import CMatrixKernel
import Testing

/// Factors of 2 x 2 taps, by their definition.
struct TapFactors {
  let outputs: Int
  let depth: Int
  let columns: Int
  /// [tap, depth, columns].
  let taps: [Float]

  var points: Int { outputs + 1 }

  /// What each point takes of two taps.
  var weights: [(Double, Double)] {
    outputs == 2
      ? [(1, 0), (1, 1), (0, 1)] : [(2, 0), (1, 1), (-1.0 / 3, 1.0 / 3), (-8.0 / 3, -4.0 / 3), (0, 1)]
  }

  /// One point's [depth, columns]: first down, then across, each step rounded as its one fused operation is.
  func factors(ofPoint point: Int) -> [Float] {
    func combine(_ weights: (Double, Double), _ first: Float, _ second: Float) -> Float {
      let (x, y) = (Float(weights.0), Float(weights.1))
      if y == 0 { return first * x }
      return x == 0 ? second * y : (second * y).addingProduct(first, x)
    }
    let (down, across) = (weights[point / points], weights[point % points])
    let size = depth * columns
    return (0..<size).map { at in
      combine(
        across, combine(down, taps[at], taps[2 * size + at]), combine(down, taps[size + at], taps[3 * size + at]))
    }
  }

  /// The same in double precision.
  func exactFactors(ofPoint point: Int) -> [Double] {
    let (down, across) = (weights[point / points], weights[point % points])
    let weights = [down.0 * across.0, down.0 * across.1, down.1 * across.0, down.1 * across.1]
    let size = depth * columns
    return (0..<size).map { at in (0..<4).reduce(0) { $0 + weights[$1] * Double(taps[$1 * size + at]) } }
  }

  /// Every point's, packed in two ranges, optionally from a source in which the depth is contiguous, into memory that was
  /// not zero before.
  func packed(for set: cmk_instruction_set, transposedSource: Bool) -> [[Float]] {
    let source = transposedSource ? transposedTaps : taps
    let (depthStride, columnStride) = transposedSource ? (1, depth) : (columns, 1)
    let size = depth * columns
    let count = cmk_packed_count(set, depth, columns)
    let plane = (count + 15) / 16 * 16 + 16
    let planes = points * points
    return withLines(planes * plane) { packed in
      source.withUnsafeBufferPointer { source in
        for range in [depth / 3..<depth, 0..<depth / 3] {
          let first = range.lowerBound * depthStride
          var arguments = cmk_factors(
            outputs: outputs, depth: depth, columns: columns, depth_begin: range.lowerBound,
            depth_end: range.upperBound, source: source.baseAddress,
            taps: (first, size + first, 2 * size + first, 3 * size + first), depth_stride: depthStride,
            column_stride: columnStride, packed: packed.baseAddress, packed_plane: plane)
          cmk_pack_factors(set, &arguments)
        }
      }
      return (0..<planes).map { Array(packed[$0 * plane..<$0 * plane + count]) }
    }
  }

  /// All four packed as taps, in two ranges.
  func packedTaps(for set: cmk_instruction_set, transposedSource: Bool) -> [Float] {
    let source = transposedSource ? transposedTaps : taps
    let (depthStride, columnStride) = transposedSource ? (1, depth) : (columns, 1)
    let size = depth * columns
    var packed = [Float](repeating: .nan, count: cmk_taps_count(set, depth, columns))
    source.withUnsafeBufferPointer { source in
      packed.withUnsafeMutableBufferPointer { packed in
        for range in [depth / 3..<depth, 0..<depth / 3] {
          let first = range.lowerBound * depthStride
          var arguments = cmk_taps(
            depth: depth, columns: columns, depth_begin: range.lowerBound, depth_end: range.upperBound,
            source: source.baseAddress, taps: (first, size + first, 2 * size + first, 3 * size + first),
            depth_stride: depthStride, column_stride: columnStride, packed: packed.baseAddress)
          cmk_pack_taps(set, &arguments)
        }
      }
    }
    return packed
  }

  /// [tap, columns, depth].
  private var transposedTaps: [Float] {
    var source = taps
    for t in 0..<4 {
      for d in 0..<depth {
        for n in 0..<columns { source[(t * columns + n) * depth + d] = taps[(t * depth + d) * columns + n] }
      }
    }
    return source
  }
}

/// The products of all points of some rows, in both ways.
struct TapProduct {
  let factors: TapFactors
  let rows: Int
  /// [point, row, depth], with a gap after each point's.
  let inputs: [Float]

  static let gap = 5
  private var inputPlane: Int { rows * factors.depth + Self.gap }
  /// A row is longer than its columns, and a point's rows are followed by a gap.
  private var rowLength: Int { factors.columns + 3 }
  private var productPlane: Int { rows * rowLength + Self.gap }
  private var points: Int { factors.points * factors.points }

  /// The columns, as they may be computed one after the other.
  var pieces: [Range<Int>] {
    stride(from: 0, to: factors.columns, by: Int(CMK_COLUMN_GRAIN)).reversed().map {
      $0..<min(factors.columns, $0 + Int(CMK_COLUMN_GRAIN))
    }
  }

  /// Floats that `inputs` has.
  static func inputCount(_ factors: TapFactors, rows: Int) -> Int {
    factors.points * factors.points * (rows * factors.depth + gap)
  }

  /// Factors formed on the way; what lies between rows and planes stays 7.
  ///
  /// - Parameter ranges: columns that are computed in one go.
  func fromTaps(by set: cmk_instruction_set, ranges: [Range<Int>]) -> [Float] {
    let taps = factors.packedTaps(for: set, transposedSource: false)
    var result = [Float](repeating: 7, count: points * productPlane)
    taps.withUnsafeBufferPointer { taps in
      inputs.withUnsafeBufferPointer { inputs in
        result.withUnsafeMutableBufferPointer { result in
          for columns in ranges {
            var product = cmk_tap_product(
              outputs: factors.outputs, rows: rows, columns: factors.columns, first_column: columns.lowerBound,
              end_column: columns.upperBound, depth: factors.depth, v: inputs.baseAddress, v_plane: inputPlane,
              v_tile: factors.depth, taps: taps.baseAddress, q: result.baseAddress, q_plane: productPlane,
              q_tile: rowLength)
            cmk_multiply_taps(set, &product)
          }
        }
      }
    }
    return result
  }

  /// A product with packed factors a point.
  func fromFactors(by set: cmk_instruction_set, ranges: [Range<Int>]) -> [Float] {
    var result = [Float](repeating: 7, count: points * productPlane)
    let inputRows = (0..<rows).map { Int64($0 * factors.depth) }
    let outputRows = (0..<rows).map { Int64($0 * rowLength) }
    for (point, packed) in factors.packed(for: set, transposedSource: false).enumerated() {
      inputs.withUnsafeBufferPointer { inputs in
        result.withUnsafeMutableBufferPointer { result in
          inputRows.withUnsafeBufferPointer { inputRows in
            outputRows.withUnsafeBufferPointer { outputRows in
              packed.withUnsafeBufferPointer { packed in
                withUnsafePointer(to: Int64(0)) { segment in
                  for columns in ranges {
                    var product = cmk_product(
                      rows: rows, columns: factors.columns, first_column: columns.lowerBound,
                      end_column: columns.upperBound, segments: 1, segment_depth: factors.depth,
                      a: inputs.baseAddress! + point * inputPlane, a_rows: inputRows.baseAddress, a_segments: segment,
                      packed: packed.baseAddress, c: result.baseAddress! + point * productPlane,
                      c_rows: outputRows.baseAddress, accumulate: 0, epilogue: nil)
                    cmk_multiply(set, &product)
                  }
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// Tiles of one map, and the three transforms of them.
struct TransformedTiles {
  let outputs: Int
  let tiles: Int
  let channels: Int

  var points: Int { outputs + 1 }
  /// Floats of a plane: a gap follows it.
  var plane: Int { tiles * channels + 3 }
  var planes: Int { points * points * plane }
  /// Floats of the map: tiles side by side, with a row of points more than outputs.
  var rowStep: Int { (tiles * outputs + 1) * channels }
  var map: Int { points * rowStep }

  private var offsets: [Int64] { (0..<tiles).map { Int64($0 * outputs * channels) } }

  func inputs(_ map: [Float], by set: cmk_instruction_set) -> [Float] {
    var result = [Float](repeating: 0, count: planes)
    map.withUnsafeBufferPointer { map in
      offsets.withUnsafeBufferPointer { offsets in
        result.withUnsafeMutableBufferPointer { result in
          var arguments = cmk_input_tiles(
            outputs: outputs, tiles: tiles, channels: channels, a: map.baseAddress, a_tiles: offsets.baseAddress,
            a_row: rowStep, a_column: channels, v: result.baseAddress, v_plane: plane, v_tile: channels)
          cmk_transform_input(set, &arguments)
        }
      }
    }
    return result
  }

  /// Unpacked to planes as `inputs` gives them.
  ///
  /// - Parameter pieces: tiles of each call, in all as many as there are.
  func gradients(_ map: [Float], by set: cmk_instruction_set, pieces: [Int]? = nil) -> [Float] {
    // Packing the numbers of its elements tells where each element of a matrix goes; padding has none.
    let places = packing((1...tiles * channels).map(Float.init), depth: tiles, columns: channels, for: set)
    let packedPlane = (places.count + 15) / 16 * 16
    var result = [Float](repeating: 0, count: planes)
    withLines(points * points * packedPlane) { packed in
      map.withUnsafeBufferPointer { map in
        offsets.withUnsafeBufferPointer { offsets in
          var first = 0
          for count in pieces ?? [tiles] {
            var arguments = cmk_gradient_tiles(
              outputs: outputs, tiles: count, channels: channels, a: map.baseAddress,
              a_tiles: offsets.baseAddress! + first, a_row: rowStep, a_column: channels, first_tile: first,
              depth: tiles, packed: packed.baseAddress, packed_plane: packedPlane)
            cmk_transform_gradient(set, &arguments)
            first += count
          }
        }
      }
      for point in 0..<points * points {
        for (at, number) in places.enumerated() {
          let value = packed[point * packedPlane + at]
          if number > 0 { result[point * plane + Int(number) - 1] = value } else { #expect(value == 0) }
        }
      }
    }
    return result
  }

  func outputs(_ products: [Float], by set: cmk_instruction_set) -> [Float] {
    var result = [Float](repeating: 0, count: map)
    products.withUnsafeBufferPointer { products in
      offsets.withUnsafeBufferPointer { offsets in
        result.withUnsafeMutableBufferPointer { result in
          var arguments = cmk_output_tiles(
            outputs: outputs, tiles: tiles, channels: channels, q: products.baseAddress, q_plane: plane,
            q_tile: channels, c: result.baseAddress, c_tiles: offsets.baseAddress, c_row: rowStep, c_column: channels,
            epilogue: nil)
          cmk_transform_output(set, &arguments)
        }
      }
    }
    return result
  }
}

/// Memory on a line's boundary, not numbers at first.
private func withLines<Result>(_ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Result) -> Result {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(4, count * 4), alignment: 64)
  defer { memory.deallocate() }
  let floats = memory.bindMemory(to: Float.self)
  floats.initialize(repeating: .nan)
  return body(floats)
}
