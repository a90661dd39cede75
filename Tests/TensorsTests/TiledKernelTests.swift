import CMatrixKernel
import Testing

/// Winograd's transforms beside plain loops.
@Suite struct TiledKernelTests {
  @Test(arguments: [(2, 1, 1), (4, 1, 1), (2, 20, 33), (4, 7, 16), (4, 33, 100), (2, 50, 48), (4, 600, 20)])
  func `factors are packed as their definition gives them`(outputs: Int, depth: Int, columns: Int) {
    var random = KernelRandom(state: UInt64(depth))
    let taps = TapFactors(
      outputs: outputs, depth: depth, columns: columns, taps: random.floats(4 * depth * columns))
    for set in supportedSets {
      for transposedSource in [false, true] {
        for (point, packed) in taps.packed(for: set, transposedSource: transposedSource).enumerated() {
          let expected = packing(taps.factors(ofPoint: point), depth: depth, columns: columns, for: set)
          // A sum of zeros may have either sign.
          #expect(
            packed.count == expected.count && zip(packed, expected).allSatisfy { $0 == $1 },
            "\(name(set)), point \(point)")
        }
      }
    }
  }

  @Test(arguments: [2, 4])
  func `factors differ from exact ones by rounding`(outputs: Int) {
    var random = KernelRandom(state: 5)
    let taps = TapFactors(outputs: outputs, depth: 8, columns: 50, taps: random.floats(4 * 8 * 50))
    for point in 0..<taps.points * taps.points {
      let worst = zip(taps.factors(ofPoint: point), taps.exactFactors(ofPoint: point))
        .reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
      // Values up to 16/9 of 4 + 2: three roundings of 6e-8 each.
      #expect(worst < 1.5e-6)
    }
  }

  @Test(arguments: [
    (2, 1, 1, 1), (4, 1, 1, 1), (2, 4, 64, 32), (4, 4, 64, 32), (2, 3, 65, 50), (4, 2, 200, 17), (2, 9, 130, 100),
    (4, 6, 63, 16), (4, 5, 129, 7), (2, 2, 0, 20), (4, 1, 0, 3),
  ])
  func `products of few rows have the bits of products with packed factors`(
    outputs: Int, rows: Int, depth: Int, columns: Int
  ) {
    var random = KernelRandom(state: UInt64(rows * 1000 + depth))
    let taps = TapFactors(
      outputs: outputs, depth: depth, columns: columns, taps: random.floats(4 * depth * columns))
    let product = TapProduct(
      factors: taps, rows: rows, inputs: random.floats(TapProduct.inputCount(taps, rows: rows)))
    let whole = [0..<columns]
    let expected = product.fromFactors(by: CMK_PLAIN, ranges: whole)
    for set in supportedSets {
      for ranges in [whole, product.pieces] {
        #expect(differences(product.fromTaps(by: set, ranges: ranges), expected) == 0, "\(name(set))")
        #expect(differences(product.fromFactors(by: set, ranges: ranges), expected) == 0, "\(name(set))")
      }
    }
    let isWritten = expected.contains { $0 != 7 && $0 != 0 }
    #expect(isWritten == (depth > 0))
  }

  @Test func `taps are the same from either layout of their source`() {
    var random = KernelRandom(state: 3)
    let taps = TapFactors(outputs: 2, depth: 21, columns: 37, taps: random.floats(4 * 21 * 37))
    for set in supportedSets {
      let packed = taps.packedTaps(for: set, transposedSource: false)
      #expect(packed.allSatisfy { $0.isFinite }, "padding is zeroed")
      #expect(differences(packed, taps.packedTaps(for: set, transposedSource: true)) == 0, "\(name(set))")
    }
  }

  @Test(arguments: [(2, 1), (2, 5), (2, 16), (2, 35), (4, 1), (4, 7), (4, 16), (4, 35)])
  func `transforms, products and transforms back are the correlation`(outputs: Int, channels: Int) {
    // One target channel after the other: each source channel's correlation with taps of its own.
    var random = KernelRandom(state: UInt64(channels))
    let tiles = TransformedTiles(outputs: outputs, tiles: 3, channels: channels)
    let map = random.floats(tiles.map)
    let weights = random.floats(4 * channels)
    let taps = TapFactors(outputs: outputs, depth: 1, columns: channels, taps: weights)
    let factors = (0..<tiles.points * tiles.points).flatMap(taps.factors)
    for set in supportedSets {
      let inputs = tiles.inputs(map, by: set)
      var products = inputs
      for plane in 0..<tiles.points * tiles.points {
        for tile in 0..<3 {
          for channel in 0..<channels {
            products[plane * tiles.plane + tile * channels + channel] *= factors[plane * channels + channel]
          }
        }
      }
      let result = tiles.outputs(products, by: set)
      var worst = 0.0
      for row in 0..<outputs {
        for column in 0..<3 * outputs {
          for channel in 0..<channels {
            func input(_ i: Int, _ j: Int) -> Double {
              Double(map[(row + i) * tiles.rowStep + (column + j) * channels + channel])
            }
            func weight(_ tap: Int) -> Double { Double(weights[tap * channels + channel]) }
            let expected =
              weight(0) * input(0, 0) + weight(1) * input(0, 1) + weight(2) * input(1, 0) + weight(3) * input(1, 1)
            worst = max(
              worst, abs(Double(result[row * tiles.rowStep + column * channels + channel]) - expected))
          }
        }
      }
      // Values below 1, four products: float32 rounds at 1e-7, and the transforms enlarge that, to 6e-6 where seen.
      #expect(worst < 2e-5, "\(name(set))")
      #expect(worst > 0 || outputs == 2)
    }
  }

  @Test(arguments: [(2, 9), (4, 21)])
  func `the gradient's transform is the transpose of the way back`(outputs: Int, channels: Int) {
    var random = KernelRandom(state: 31)
    let tiles = TransformedTiles(outputs: outputs, tiles: 2, channels: channels)
    var map = random.floats(tiles.map)
    // What lies beyond the outputs is read by no gradient.
    for row in 0..<tiles.points {
      for at in 0..<tiles.rowStep where row == outputs || at >= 2 * outputs * channels {
        map[row * tiles.rowStep + at] = 0
      }
    }
    let products = random.floats(tiles.planes)
    for set in supportedSets {
      let forward = zip(tiles.outputs(products, by: set), map).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let back = zip(tiles.gradients(map, by: set), products).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(forward - back) < 1e-3, "\(name(set)): \(forward) and \(back)")
      #expect(differences(tiles.gradients(map, by: set), tiles.gradients(map, by: CMK_PLAIN)) == 0, "\(name(set))")
      #expect(differences(tiles.outputs(products, by: set), tiles.outputs(products, by: CMK_PLAIN)) == 0)
      #expect(differences(tiles.inputs(map, by: set), tiles.inputs(map, by: CMK_PLAIN)) == 0, "\(name(set))")
    }
  }

  @Test(arguments: [(2, 37), (4, 16), (4, 100)])
  func `gradients of many tiles are the same in pieces as at once`(outputs: Int, channels: Int) {
    var random = KernelRandom(state: 19)
    // More than a block of packed rows, and pieces that begin and end within one.
    let tiles = TransformedTiles(outputs: outputs, tiles: 600, channels: channels)
    let map = random.floats(tiles.map)
    for set in supportedSets {
      let whole = tiles.gradients(map, by: set)
      #expect(differences(tiles.gradients(map, by: set, pieces: [1, 299, 250, 50]), whole) == 0, "\(name(set))")
      #expect(differences(whole, tiles.gradients(map, by: CMK_PLAIN)) == 0, "\(name(set))")
    }
  }

  @Test(arguments: [(2, 37), (4, 37), (4, 64)])
  func `folding is the transpose of forming factors`(outputs: Int, count: Int) {
    var random = KernelRandom(state: 77)
    let taps = random.floats(4 * count)
    let definition = TapFactors(outputs: outputs, depth: 1, columns: count, taps: taps)
    let planes = definition.points * definition.points
    let factors = (0..<planes).flatMap(definition.factors)
    let gradients = random.floats(planes * count)
    let expected = zip(factors, gradients).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    for set in supportedSets {
      for accumulates in [false, true] {
        let before = random.floats(4 * count)
        var folded = before
        folded.withUnsafeMutableBufferPointer { folded in
          gradients.withUnsafeBufferPointer { gradients in
            var arguments = cmk_factor_gradients(
              outputs: outputs, count: count, u: gradients.baseAddress, u_plane: count, target: folded.baseAddress,
              taps: (0, count, 2 * count, 3 * count), accumulate: accumulates ? 1 : 0)
            cmk_fold_gradients(set, &arguments)
          }
        }
        var found = 0.0
        for i in 0..<4 * count {
          found += (Double(folded[i]) - (accumulates ? Double(before[i]) : 0)) * Double(taps[i])
        }
        #expect(abs(found - expected) < 1e-3, "\(name(set)): \(found) and \(expected)")
      }
    }
  }
}
