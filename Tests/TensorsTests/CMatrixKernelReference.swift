import CMatrixKernel

/// SplitMix64: the same shapes and numbers in every run.
struct KernelRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` numbers between -1 and 1, a few of them zero, negative zero or denormal.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      switch next() % 64 {
      case 0: 0
      case 1: -0.0
      case 2: .leastNonzeroMagnitude * 1000
      default: Float.random(in: -1...1, using: &self)
      }
    }
  }
}

/// What happens to an output after its chain, for the reference.
struct KernelEpilogue {
  var scale: [Float]?
  var shift: [Float]?
  var slope: Float

  func callAsFunction(_ value: Float, column: Int) -> Float {
    var value = value
    if let scale {
      value = (shift?[column] ?? 0).addingProduct(value, scale[column])
    } else if let shift {
      value += shift[column]
    }
    return slope != 1 && value < 0 ? value * slope : value
  }
}

/// One product with its operands and its place in memory.
struct KernelProduct {
  var rows: Int
  var columns: Int
  var segmentDepth: Int
  var a: [Float]
  var aRows: [Int64]
  var aSegments: [Int64]
  /// [depth, columns].
  var b: [Float]
  /// What C holds before.
  var c: [Float]
  var cRows: [Int64]
  var accumulates = false
  var epilogue: KernelEpilogue?

  var depth: Int { aSegments.count * segmentDepth }

  /// Scattered rows, segments that overlap, gaps in C.
  init(rows: Int, columns: Int, segments: Int, segmentDepth: Int, using random: inout KernelRandom) {
    self.rows = rows
    self.columns = columns
    self.segmentDepth = segmentDepth
    let aRowSpacing = Int.random(in: 0...segmentDepth + 3, using: &random)
    let segmentSpacing = Int.random(in: 0...segmentDepth + 5, using: &random)
    aRows = (0..<rows).map { Int64($0 * aRowSpacing) }.shuffled(using: &random)
    aSegments = (0..<segments).map { Int64($0 * segmentSpacing) }.shuffled(using: &random)
    a = random.floats(rows * aRowSpacing + segments * segmentSpacing + segmentDepth)
    b = random.floats(segments * segmentDepth * columns)
    let cSpacing = columns + Int.random(in: 0...9, using: &random)
    c = random.floats(rows * cSpacing)
    cRows = (0..<rows).map { Int64($0 * cSpacing) }.shuffled(using: &random)
  }

  /// One fused multiply-add after the other, element by element.
  func reference() -> [Float] {
    var result = c
    for m in 0..<rows {
      for n in 0..<columns {
        var sum: Float = accumulates ? c[Int(cRows[m]) + n] : 0
        for (s, segment) in aSegments.enumerated() {
          let start = Int(aRows[m] + segment)
          for d in 0..<segmentDepth {
            sum.addProduct(a[start + d], b[(s * segmentDepth + d) * columns + n])
          }
        }
        result[Int(cRows[m]) + n] = epilogue.map { $0(sum, column: n) } ?? sum
      }
    }
    return result
  }

  func packed(for set: cmk_instruction_set, transposedSource: Bool = false) -> [Float] {
    packing(b, depth: depth, columns: columns, for: set, transposedSource: transposedSource)
  }

  func multiplied(by set: cmk_instruction_set, transposedSource: Bool = false) -> [Float] {
    var result = c
    let packed = packed(for: set, transposedSource: transposedSource)
    result.withUnsafeMutableBufferPointer { result in
      withOptionalPointer(epilogue?.scale) { scale in
        withOptionalPointer(epilogue?.shift) { shift in
          var epilogue = cmk_epilogue(scale: scale, shift: shift, slope: self.epilogue?.slope ?? 1)
          withUnsafePointer(to: &epilogue) { epilogue in
            a.withUnsafeBufferPointer { a in
              aRows.withUnsafeBufferPointer { aRows in
                aSegments.withUnsafeBufferPointer { aSegments in
                  packed.withUnsafeBufferPointer { packed in
                    cRows.withUnsafeBufferPointer { cRows in
                      var product = cmk_product(
                        rows: rows, columns: columns, first_column: 0, end_column: columns, segments: aSegments.count,
                        segment_depth: segmentDepth,
                        a: a.baseAddress, a_rows: aRows.baseAddress, a_segments: aSegments.baseAddress,
                        packed: packed.baseAddress, c: result.baseAddress, c_rows: cRows.baseAddress,
                        accumulate: accumulates ? 1 : 0, epilogue: self.epilogue == nil ? nil : epilogue)
                      cmk_multiply(set, &product)
                    }
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

/// Packs [depth, columns] in two ranges, optionally from a transposed copy, into memory that was not zero before.
func packing(
  _ b: [Float], depth: Int, columns: Int, for set: cmk_instruction_set, transposedSource: Bool = false
) -> [Float] {
  var packed = [Float](repeating: .nan, count: cmk_packed_count(set, depth, columns))
  var source = b
  if transposedSource {
    for d in 0..<depth { for n in 0..<columns { source[n * depth + d] = b[d * columns + n] } }
  }
  let (depthStride, columnStride) = transposedSource ? (1, depth) : (columns, 1)
  let middle = depth / 3
  source.withUnsafeBufferPointer { source in
    packed.withUnsafeMutableBufferPointer { packed in
      guard let start = source.baseAddress else { return }
      cmk_pack(
        set, depth, columns, middle, depth, start + middle * depthStride, depthStride, columnStride,
        packed.baseAddress)
      cmk_pack(set, depth, columns, 0, middle, start, depthStride, columnStride, packed.baseAddress)
    }
  }
  return packed
}

func withOptionalPointer<Result>(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Result) -> Result {
  guard let values else { return body(nil) }
  return values.withUnsafeBufferPointer { body($0.baseAddress) }
}

/// How many numbers differ in their bits. Every NaN is the same one: which of two survives depends on the order of an
/// instruction's operands.
func differences(_ x: [Float], _ y: [Float]) -> Int {
  precondition(x.count == y.count)
  return zip(x, y).count { $0.bitPattern != $1.bitPattern && !($0.isNaN && $1.isNaN) }
}

/// The instruction sets that this processor can run.
let supportedSets = [CMK_PLAIN, CMK_AVX2, CMK_AVX512, CMK_NEON].filter { cmk_supports($0) == 1 }

func name(_ set: cmk_instruction_set) -> String { String(cString: cmk_instruction_set_name(set)) }

/// Transposed products: [depth, rows] with spaced, shuffled rows.
struct TransposedKernelProduct {
  var rows: Int
  var columns: Int
  var depth: Int
  var a: [Float]
  var aRows: [Int64]
  var b: [Float]
  var c: [Float]
  var cStride: Int
  var accumulates: Bool

  /// - Parameter spacing: floats between the rows of A before they are shuffled; random where nil.
  init(
    rows: Int, columns: Int, depth: Int, spacing: Int? = nil, accumulates: Bool, using random: inout KernelRandom
  ) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.accumulates = accumulates
    let spacing = spacing ?? Int.random(in: 0...rows + 4, using: &random)
    aRows = (0..<depth).map { Int64($0 * spacing) }.shuffled(using: &random)
    a = random.floats(depth * spacing + rows)
    b = random.floats(depth * columns)
    cStride = columns + Int.random(in: 0...5, using: &random)
    c = random.floats(rows * cStride)
  }

  func reference() -> [Float] {
    var result = c
    let block = Int(CMK_TRANSPOSED_BLOCK)
    for m in 0..<rows {
      for n in 0..<columns {
        var total: Float? = accumulates ? c[m * cStride + n] : nil
        for begin in stride(from: 0, to: depth, by: block) {
          var sum: Float = 0
          for p in begin..<min(begin + block, depth) {
            sum.addProduct(a[Int(aRows[p]) + m], b[p * columns + n])
          }
          total = total.map { $0 + sum } ?? sum
        }
        result[m * cStride + n] = total ?? 0
      }
    }
    return result
  }

  func multiplied(by set: cmk_instruction_set) -> [Float] {
    var result = c
    let packed = packing(b, depth: depth, columns: columns, for: set)
    let workspaceCount = cmk_transposed_workspace_count(set, rows)
    let workspace = UnsafeMutableRawBufferPointer.allocate(byteCount: workspaceCount * 4, alignment: 64)
    defer { workspace.deallocate() }
    result.withUnsafeMutableBufferPointer { result in
      a.withUnsafeBufferPointer { a in
        aRows.withUnsafeBufferPointer { aRows in
          packed.withUnsafeBufferPointer { packed in
            workspace.withMemoryRebound(to: Float.self) { workspace in
              var product = cmk_transposed_product(
                rows: rows, columns: columns, depth: depth, a: a.baseAddress, a_rows: aRows.baseAddress,
                packed: packed.baseAddress, c: result.baseAddress, c_stride: cStride,
                accumulate: accumulates ? 1 : 0, next_a: a.baseAddress, workspace: workspace.baseAddress)
              cmk_multiply_transposed(set, &product)
            }
          }
        }
      }
    }
    return result
  }
}
