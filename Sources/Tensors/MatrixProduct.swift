internal import CMatrixKernel

/// What happens to an output value once its sum is complete: v * scale + shift, then the negative side times `slope`.
public struct Epilogue: Sendable {
  /// One factor a column; nil: 1.
  public var scale: FloatBuffer?
  /// One addend a column; nil: 0.
  public var shift: FloatBuffer?
  /// Factor of negative values: 1 leaves them, 0 is ReLU, 0.2 the authors' LeakyReLU.
  public var slope: Float

  /// An epilogue; without arguments it changes nothing.
  public init(scale: FloatBuffer? = nil, shift: FloatBuffer? = nil, slope: Float = 1) {
    self.scale = scale
    self.shift = shift
    self.slope = slope
  }
}

/// The places that a product reads and writes, as tables of offsets: a row is a pixel, a segment is a kernel row.
public struct ProductPlan: Sendable {
  /// Where each row begins in the input, in floats.
  public let inputRows: [Int64]
  /// What each segment adds to that.
  public let segments: [Int64]
  /// Contiguous floats of one segment.
  public let segmentDepth: Int
  /// Where each row begins in the output, in floats.
  public let outputRows: [Int64]
  private let inputSpan: (lowest: Int64, highest: Int64)
  private let outputSpan: (lowest: Int64, highest: Int64)

  /// A plan; `inputRows` and `outputRows` have one entry a row.
  public init(inputRows: [Int64], segments: [Int64], segmentDepth: Int, outputRows: [Int64]) {
    precondition(inputRows.count == outputRows.count && !segments.isEmpty, "a plan has rows in pairs and a segment")
    self.inputRows = inputRows
    self.segments = segments
    self.segmentDepth = segmentDepth
    self.outputRows = outputRows
    inputSpan = (
      (inputRows.min() ?? 0) + segments.min()!, (inputRows.max() ?? 0) + segments.max()! + Int64(segmentDepth)
    )
    outputSpan = (outputRows.min() ?? 0, outputRows.max() ?? 0)
  }

  /// output[row] = epilogue(input[row] * weights), for some of the plan's rows.
  ///
  /// - Parameters:
  ///   - rows: rows of the plan; others are untouched. The bits of a row do not depend on which others are computed.
  ///   - columns: columns of the weights, as `ColumnPieces` cuts them; nil for all. The bits of a column depend on no other.
  ///   - accumulate: adds to what the output holds.
  public func multiply(
    rows: Range<Int>, columns: Range<Int>? = nil, input: FeatureMap, weights: PackedMatrix, output: FeatureMap,
    accumulate: Bool = false, epilogue: Epilogue = Epilogue()
  ) {
    multiply(
      rows: rows, columns: columns, input: (input.base, input.count), weights: RightHandSide(weights),
      output: (output.base, output.count), accumulate: accumulate, epilogue: epilogue)
  }

  /// The same between plain buffers, with one of several right-hand sides.
  ///
  /// - Parameters:
  ///   - inputOffset, outputOffset: added to every row's place.
  public func multiply(
    rows: Range<Int>, columns: Range<Int>, input: FloatBuffer, inputOffset: Int, weights: PackedPlanes, plane: Int,
    output: FloatBuffer, outputOffset: Int
  ) {
    precondition(inputOffset >= 0 && inputOffset <= input.count, "the plan reads outside of the input")
    precondition(outputOffset >= 0 && outputOffset <= output.count, "the plan writes outside of the output")
    multiply(
      rows: rows, columns: columns, input: (input.base + inputOffset, input.count - inputOffset),
      weights: RightHandSide(weights, plane: plane),
      output: (output.base + outputOffset, output.count - outputOffset), accumulate: false, epilogue: Epilogue())
  }

  /// The same into a plain buffer.
  public func multiply(rows: Range<Int>, input: FeatureMap, weights: PackedMatrix, output: FloatBuffer) {
    multiply(
      rows: rows, columns: nil, input: (input.base, input.count), weights: RightHandSide(weights),
      output: (output.base, output.count), accumulate: false, epilogue: Epilogue())
  }

  private func multiply(
    rows: Range<Int>, columns: Range<Int>?, input: (base: UnsafeMutablePointer<Float>, count: Int),
    weights: RightHandSide,
    output: (base: UnsafeMutablePointer<Float>, count: Int), accumulate: Bool, epilogue: Epilogue
  ) {
    let columns = columns ?? 0..<weights.columns
    if rows.isEmpty || columns.isEmpty { return }
    precondition(rows.lowerBound >= 0 && rows.upperBound <= inputRows.count, "rows outside of the plan")
    precondition(ColumnPieces.isPiece(columns, of: weights.columns), "columns that can be computed alone")
    precondition(weights.depth == segments.count * segmentDepth, "the weights' depth is not the plan's")
    precondition(inputSpan.lowest >= 0 && inputSpan.highest <= input.count, "the plan reads outside of the input")
    precondition(
      outputSpan.lowest >= 0 && outputSpan.highest + Int64(weights.columns) <= output.count,
      "the plan writes outside of the output")
    precondition((epilogue.scale?.count ?? weights.columns) == weights.columns, "one scale a column")
    precondition((epilogue.shift?.count ?? weights.columns) == weights.columns, "one shift a column")
    let changes = epilogue.scale != nil || epilogue.shift != nil || epilogue.slope != 1
    var finish = cmk_epilogue(
      scale: epilogue.scale.map { UnsafePointer($0.base) }, shift: epilogue.shift.map { UnsafePointer($0.base) },
      slope: epilogue.slope)
    inputRows.withUnsafeBufferPointer { inputRows in
      outputRows.withUnsafeBufferPointer { outputRows in
        segments.withUnsafeBufferPointer { segments in
          withUnsafePointer(to: &finish) { finish in
            var product = cmk_product(
              rows: rows.count, columns: weights.columns, first_column: columns.lowerBound,
              end_column: columns.upperBound, segments: segments.count, segment_depth: segmentDepth,
              a: input.base, a_rows: inputRows.baseAddress! + rows.lowerBound, a_segments: segments.baseAddress!,
              packed: weights.base, c: output.base, c_rows: outputRows.baseAddress! + rows.lowerBound,
              accumulate: accumulate ? 1 : 0, epilogue: changes ? finish : nil)
            cmk_multiply(weights.instructionSet.code, &product)
          }
        }
      }
    }
  }
}

/// The transposed product of weight gradients: sums over pixels.
public struct TransposedProductPlan: Sendable {
  /// Where each pixel of the depth begins in the input, in floats.
  public let inputRows: [Int64]
  private let highest: Int64

  /// A plan with one entry a pixel.
  public init(inputRows: [Int64]) {
    self.inputRows = inputRows
    self.highest = inputRows.max() ?? 0
    precondition((inputRows.min() ?? 0) >= 0, "offsets are not negative")
  }

  /// Pixels that are summed up from zero before they are added to the output: depths that are cut at its multiples have the
  /// bits of the whole.
  public static let blockDepth = Int(CMK_TRANSPOSED_BLOCK)

  /// Floats of scratch memory that one call needs.
  public static func workspaceCount(rows: Int, instructionSet: InstructionSet) -> Int {
    cmk_transposed_workspace_count(instructionSet.code, rows)
  }

  /// output[outputOffset + m * columns + n] (=|+=) sum over pixels p < depth of input[inputRows[p] + shift + m] * right[p, n].
  public func multiply(
    rows: Int, depth: Int, input: FeatureMap, shift: Int, right: PackedMatrix, output: FloatBuffer, outputOffset: Int,
    accumulate: Bool, workspace: FloatBuffer
  ) {
    multiply(
      rows: rows, depth: depth, input: (input.base, input.count), shift: shift, nextShift: nil,
      right: RightHandSide(right), output: output, outputOffset: outputOffset, accumulate: accumulate,
      workspace: workspace)
  }

  /// The same of a plain buffer, with one of several right-hand sides.
  ///
  /// - Parameter nextShift: the shift of the product that follows, whose inputs are fetched on the way.
  public func multiply(
    rows: Int, depth: Int, input: FloatBuffer, shift: Int, nextShift: Int?, right: PackedPlanes, plane: Int,
    output: FloatBuffer, outputOffset: Int, accumulate: Bool, workspace: FloatBuffer
  ) {
    multiply(
      rows: rows, depth: depth, input: (input.base, input.count), shift: shift, nextShift: nextShift,
      right: RightHandSide(right, plane: plane), output: output, outputOffset: outputOffset, accumulate: accumulate,
      workspace: workspace)
  }

  private func multiply(
    rows: Int, depth: Int, input: (base: UnsafeMutablePointer<Float>, count: Int), shift: Int,
    nextShift: Int?, right: RightHandSide,
    output: FloatBuffer, outputOffset: Int, accumulate: Bool, workspace: FloatBuffer
  ) {
    precondition(depth <= inputRows.count && right.depth == depth, "the depth is not the plan's")
    precondition(
      shift >= 0 && Int(highest) + max(shift, nextShift ?? 0) + rows <= input.count,
      "the plan reads outside of the input")
    precondition(outputOffset >= 0 && outputOffset + rows * right.columns <= output.count, "the output is too small")
    precondition(
      workspace.count >= Self.workspaceCount(rows: rows, instructionSet: right.instructionSet), "workspace too small")
    inputRows.withUnsafeBufferPointer { inputRows in
      var product = cmk_transposed_product(
        rows: rows, columns: right.columns, depth: depth, a: input.base + shift, a_rows: inputRows.baseAddress!,
        packed: right.base, c: output.base + outputOffset, c_stride: right.columns,
        accumulate: accumulate ? 1 : 0, next_a: nextShift.map { UnsafePointer(input.base + $0) },
        workspace: workspace.base)
      cmk_multiply_transposed(right.instructionSet.code, &product)
    }
  }
}

/// A packed right-hand side, wherever it is kept.
private struct RightHandSide {
  let depth: Int
  let columns: Int
  let instructionSet: InstructionSet
  let base: UnsafeMutablePointer<Float>

  init(_ matrix: PackedMatrix) {
    (depth, columns, instructionSet) = (matrix.depth, matrix.columns, matrix.instructionSet)
    base = matrix.storage.base
  }

  init(_ planes: PackedPlanes, plane: Int) {
    (depth, columns, instructionSet) = (planes.depth, planes.columns, planes.instructionSet)
    base = planes.base(ofPlane: plane)
  }
}
