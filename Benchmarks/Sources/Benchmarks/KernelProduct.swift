import CMatrixKernel

/// An instruction set of the kernel.
struct KernelSet {
  /// The kernel's number of it.
  let code: cmk_instruction_set

  /// "plain", "avx2", "avx512" or "neon".
  var name: String { String(cString: cmk_instruction_set_name(code)) }

  /// The best of this processor.
  static var best: KernelSet { KernelSet(code: cmk_best_instruction_set()) }

  /// The vector sets that this processor can run.
  static var available: [KernelSet] {
    [CMK_AVX2, CMK_AVX512, CMK_NEON].filter { cmk_supports($0) == 1 }.map(KernelSet.init)
  }

  /// The sets of these names.
  ///
  /// - Throws: `UsageError` for a name that does not exist or that this processor cannot run.
  static func named(_ names: [String]) throws(UsageError) -> [KernelSet] {
    if names.isEmpty { return available }
    var sets: [KernelSet] = []
    for name in names {
      if name == "best" {
        sets.append(best)
        continue
      }
      let all = [CMK_PLAIN, CMK_AVX2, CMK_AVX512, CMK_NEON].map(KernelSet.init)
      guard let set = all.first(where: { $0.name == name }) else {
        throw UsageError("'--sets \(name)': expected plain, avx2, avx512, neon or best")
      }
      guard cmk_supports(set.code) == 1 else { throw UsageError("this processor cannot run '\(name)'") }
      sets.append(set)
    }
    return sets
  }
}

/// A plain product of [rows, depth] and packed [depth, columns] by our kernel.
final class KernelProduct {
  /// [rows, columns].
  let output: Floats
  private let set: KernelSet
  private let shape: MatrixShape
  private let left: Floats
  private let packed: Floats
  private let leftRows: [Int64]
  private let outputRows: [Int64]

  /// Packs `right`, [depth, columns], once: weights stay, pictures change.
  init(_ shape: MatrixShape, left: Floats, right: Floats, set: KernelSet) {
    self.shape = shape
    self.set = set
    self.left = left
    output = Floats(count: shape.rows * shape.columns)
    packed = Floats(count: cmk_packed_count(set.code, shape.depth, shape.columns))
    cmk_pack(
      set.code, shape.depth, shape.columns, 0, shape.depth, right.base, shape.columns, 1, packed.base)
    leftRows = (0..<shape.rows).map { Int64($0 * shape.depth) }
    outputRows = (0..<shape.rows).map { Int64($0 * shape.columns) }
  }

  /// Computes some rows of the output.
  func multiply(rows: Range<Int>) {
    leftRows.withUnsafeBufferPointer { leftRows in
      outputRows.withUnsafeBufferPointer { outputRows in
        withUnsafePointer(to: Int64(0)) { segment in
          var product = cmk_product(
            rows: rows.count, columns: shape.columns, first_column: 0, end_column: shape.columns, segments: 1,
            segment_depth: shape.depth, a: left.base,
            a_rows: leftRows.baseAddress! + rows.lowerBound, a_segments: segment, packed: packed.base, c: output.base,
            c_rows: outputRows.baseAddress! + rows.lowerBound, accumulate: 0, epilogue: nil)
          cmk_multiply(set.code, &product)
        }
      }
    }
  }
}

/// The transposed product of a weight gradient by our kernel: [depth, rows] transposed times [depth, columns].
final class KernelTransposedProduct {
  /// [rows, columns].
  let output: Floats
  private let set: KernelSet
  private let shape: MatrixShape
  private let left: Floats
  private let right: Floats
  private let packed: Floats
  private let leftRows: [Int64]
  private let workspace: Floats

  /// A product of `left`, [depth, rows], and `right`, [depth, columns].
  init(_ shape: MatrixShape, left: Floats, right: Floats, set: KernelSet) {
    self.shape = shape
    self.set = set
    self.left = left
    self.right = right
    output = Floats(count: shape.rows * shape.columns)
    packed = Floats(count: cmk_packed_count(set.code, shape.depth, shape.columns))
    leftRows = (0..<shape.depth).map { Int64($0 * shape.rows) }
    workspace = Floats(count: cmk_transposed_workspace_count(set.code, shape.rows))
  }

  /// Packs and multiplies: both operands are new in every training step.
  func multiply() {
    cmk_pack(
      set.code, shape.depth, shape.columns, 0, shape.depth, right.base, shape.columns, 1, packed.base)
    leftRows.withUnsafeBufferPointer { leftRows in
      var product = cmk_transposed_product(
        rows: shape.rows, columns: shape.columns, depth: shape.depth, a: left.base, a_rows: leftRows.baseAddress,
        packed: packed.base, c: output.base, c_stride: shape.columns, accumulate: 0, next_a: nil,
        workspace: workspace.base)
      cmk_multiply_transposed(set.code, &product)
    }
  }
}
