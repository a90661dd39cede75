import CMatrixKernel

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

  /// What each point of both directions takes of four taps.
  func weights(ofPoint point: Int) -> [Double] {
    let (down, across) = (weights[point / points], weights[point % points])
    return [down.0 * across.0, down.0 * across.1, down.1 * across.0, down.1 * across.1]
  }

  /// One point's [depth, columns], each summed in double precision and rounded once.
  func factors(ofPoint point: Int) -> [Float] {
    let weights = weights(ofPoint: point)
    return (0..<depth * columns).map { at in
      let values = (0..<4).map { weights[$0] * Double(taps[$0 * depth * columns + at]) }
      return Float(((values[0] + values[1]) + values[2]) + values[3])
    }
  }

  /// Packed in two ranges, optionally from a source in which the depth is contiguous, into memory that was not zero before.
  func packed(point: Int, for set: cmk_instruction_set, transposedSource: Bool) -> [Float] {
    var source = taps
    if transposedSource {
      for t in 0..<4 {
        for d in 0..<depth {
          for n in 0..<columns { source[(t * columns + n) * depth + d] = taps[(t * depth + d) * columns + n] }
        }
      }
    }
    let (depthStride, columnStride) = transposedSource ? (1, depth) : (columns, 1)
    let size = depth * columns
    let weights = weights(ofPoint: point)
    var packed = [Float](repeating: .nan, count: cmk_packed_count(set, depth, columns))
    var workspace = [Float](repeating: .nan, count: Int(CMK_FACTOR_STEPS) * columns)
    source.withUnsafeBufferPointer { source in
      packed.withUnsafeMutableBufferPointer { packed in
        workspace.withUnsafeMutableBufferPointer { workspace in
          for range in [depth / 3..<depth, 0..<depth / 3] {
            let first = range.lowerBound * depthStride
            var arguments = cmk_factors(
              depth: depth, columns: columns, depth_begin: range.lowerBound, depth_end: range.upperBound,
              source: source.baseAddress, taps: (first, size + first, 2 * size + first, 3 * size + first),
              factors: (weights[0], weights[1], weights[2], weights[3]), depth_stride: depthStride,
              column_stride: columnStride, workspace: workspace.baseAddress, packed: packed.baseAddress)
            cmk_pack_factors(set, &arguments)
          }
        }
      }
    }
    return packed
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

  func inputs(_ map: [Float], by set: cmk_instruction_set) -> [Float] { write(map, cmk_transform_input, set) }

  func gradients(_ map: [Float], by set: cmk_instruction_set) -> [Float] { write(map, cmk_transform_gradient, set) }

  private func write(
    _ map: [Float], _ transform: (cmk_instruction_set, UnsafePointer<cmk_input_tiles>) -> Void,
    _ set: cmk_instruction_set
  ) -> [Float] {
    var result = [Float](repeating: 0, count: planes)
    map.withUnsafeBufferPointer { map in
      offsets.withUnsafeBufferPointer { offsets in
        result.withUnsafeMutableBufferPointer { result in
          var arguments = cmk_input_tiles(
            outputs: outputs, tiles: tiles, channels: channels, a: map.baseAddress, a_tiles: offsets.baseAddress,
            a_row: rowStep, a_column: channels, v: result.baseAddress, v_plane: plane, v_tile: channels)
          transform(set, &arguments)
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
