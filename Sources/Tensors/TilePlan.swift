internal import CMatrixKernel

/// Where the tiles of some pictures lie in a map, and how their points follow each other there.
public struct TilePlan: Sendable {
  /// First point of each tile, in floats.
  public let tiles: [Int64]
  /// Floats from a point to the one below it.
  public let rowStep: Int
  /// Floats from a point to the one on its right.
  public let columnStep: Int

  /// Tiles at ascending offsets.
  public init(tiles: [Int64], rowStep: Int, columnStep: Int) {
    self.tiles = tiles
    self.rowStep = rowStep
    self.columnStep = columnStep
    precondition(zip(tiles, tiles.dropFirst()).allSatisfy { $0 <= $1 } && tiles.first ?? 0 >= 0, "tiles ascend")
  }

  /// Transforms the inputs of tiles: one plane a point, in it one row a tile.
  ///
  /// - Parameters:
  ///   - count: tiles, from the first.
  ///   - offset: added to every tile's place: a picture, a phase.
  ///   - target: planes of `planeStride` floats; a tile's row has `rowLength` floats, of which `map.channelCount` from
  ///     `firstColumn` are written.
  public func transformInputs(
    _ size: TileSize, count: Int, of map: FeatureMap, offset: Int, into target: FloatBuffer, targetOffset: Int = 0,
    planeStride: Int, rowLength: Int, firstColumn: Int, instructionSet: InstructionSet
  ) {
    if count == 0 { return }
    check(count, of: map, offset, reach: size.points)
    precondition(
      targetOffset >= 0 && firstColumn >= 0 && firstColumn + map.channelCount <= rowLength
        && count * rowLength <= planeStride
        && (size.planes - 1) * planeStride + targetOffset + firstColumn + (count - 1) * rowLength + map.channelCount
          <= target.count,
      "the planes are too small")
    tiles.withUnsafeBufferPointer { tiles in
      var arguments = cmk_input_tiles(
        outputs: size.outputs, tiles: count, channels: map.channelCount, a: map.base + offset,
        a_tiles: tiles.baseAddress!, a_row: rowStep, a_column: columnStep, v: target.base + targetOffset + firstColumn,
        v_plane: planeStride, v_tile: rowLength)
      cmk_transform_input(instructionSet.code, &arguments)
    }
  }

  /// Transforms the gradients of tiles' outputs to those of products, as right-hand sides of which a tile is a row.
  ///
  /// - Parameters:
  ///   - count: tiles, from the plan's first; they become the rows from `firstRow` on.
  ///   - offset: added to every tile's place.
  public func transformGradients(
    count: Int, of map: FeatureMap, offset: Int, into target: PackedPlanes, firstRow: Int
  ) {
    if count == 0 { return }
    check(count, of: map, offset, reach: target.size.outputs)
    precondition(
      firstRow >= 0 && firstRow + count <= target.depth && map.channelCount == target.columns,
      "the tiles do not fit the right-hand sides")
    tiles.withUnsafeBufferPointer { tiles in
      var arguments = cmk_gradient_tiles(
        outputs: target.size.outputs, tiles: count, channels: map.channelCount, a: map.base + offset,
        a_tiles: tiles.baseAddress!, a_row: rowStep, a_column: columnStep, first_tile: firstRow, depth: target.depth,
        packed: target.storage.base, packed_plane: target.stride)
      cmk_transform_gradient(target.instructionSet.code, &arguments)
    }
  }

  /// Traps where tiles of so many points a side reach outside of a map.
  private func check(_ count: Int, of map: FeatureMap, _ offset: Int, reach side: Int) {
    precondition(count <= tiles.count, "the plan has fewer tiles")
    let reach = (side - 1) * (rowStep + columnStep) + map.channelCount
    precondition(
      Int(tiles[0]) + offset >= 0 && Int(tiles[count - 1]) + offset + reach <= map.count,
      "the tiles reach outside of the map")
  }

  /// Transforms the products of tiles, planes as of `transformInputs`, back to outputs.
  ///
  /// - Parameter channels: those that are written; the planes hold all.
  public func transformOutputs(
    _ size: TileSize, count: Int, channels written: Range<Int>, of source: FloatBuffer, planeStride: Int,
    into map: FeatureMap, offset: Int,
    epilogue: Epilogue, instructionSet: InstructionSet
  ) {
    if count == 0 || written.isEmpty { return }
    let channels = map.channelCount
    precondition(count <= tiles.count, "the plan has fewer tiles")
    precondition(written.lowerBound >= 0 && written.upperBound <= channels, "channels of the map")
    let reach = (size.outputs - 1) * (rowStep + columnStep) + channels
    precondition(
      Int(tiles[0]) + offset >= 0 && Int(tiles[count - 1]) + offset + reach <= map.count,
      "the tiles reach outside of the map")
    precondition(
      count * channels <= planeStride && size.planes * planeStride <= source.count, "the planes are too small")
    precondition((epilogue.scale?.count ?? channels) == channels, "one scale a channel")
    precondition((epilogue.shift?.count ?? channels) == channels, "one shift a channel")
    var finish = cmk_epilogue(
      scale: epilogue.scale.map { UnsafePointer($0.base + written.lowerBound) },
      shift: epilogue.shift.map { UnsafePointer($0.base + written.lowerBound) },
      slope: epilogue.slope)
    tiles.withUnsafeBufferPointer { tiles in
      withUnsafePointer(to: &finish) { finish in
        var arguments = cmk_output_tiles(
          outputs: size.outputs, tiles: count, channels: written.count, q: source.base + written.lowerBound,
          q_plane: planeStride, q_tile: channels, c: map.base + offset + written.lowerBound,
          c_tiles: tiles.baseAddress!, c_row: rowStep, c_column: columnStep,
          epilogue: finish)
        cmk_transform_output(instructionSet.code, &arguments)
      }
    }
  }
}
