import CMatrixKernel
import Testing

@Suite struct CMatrixKernelTests {
  @Test(arguments: 0..<48)
  func `every instruction set gives the reference's bits for random shapes`(seed: UInt64) {
    var random = KernelRandom(state: seed)
    let depth = Int.random(in: 1...600, using: &random)
    let segments = Int.random(in: 1...5, using: &random)
    var product = KernelProduct(
      rows: .random(in: 1...40, using: &random), columns: .random(in: 1...100, using: &random), segments: segments,
      segmentDepth: (depth + segments - 1) / segments, using: &random)
    product.accumulates = seed % 2 == 1
    if seed % 3 != 0 {
      product.epilogue = KernelEpilogue(
        scale: seed % 5 < 2 ? random.floats(product.columns) : nil,
        shift: seed % 7 < 4 ? random.floats(product.columns) : nil, slope: [1, 0, 0.2][Int(seed / 3 % 3)])
    }
    let expected = product.reference()
    for set in supportedSets {
      let shape = "\(name(set)): \(product.rows) x \(product.columns) x \(product.depth), \(segments) segments"
      #expect(differences(product.multiplied(by: set, transposedSource: seed % 4 < 2), expected) == 0, "\(shape)")
    }
  }

  @Test(arguments: [
    (500, 40, 300), (257, 17, 260), (1, 4, 4100), (2, 256, 1100), (4, 130, 1030), (3, 513, 70), (13, 96, 1025),
  ])
  func `blocks of rows and depth leave no trace`(rows: Int, columns: Int, depth: Int) {
    var random = KernelRandom(state: UInt64(rows))
    var product = KernelProduct(rows: rows, columns: columns, segments: 1, segmentDepth: depth, using: &random)
    product.epilogue = KernelEpilogue(scale: nil, shift: random.floats(columns), slope: 0.2)
    let expected = product.reference()
    for set in supportedSets {
      #expect(differences(product.multiplied(by: set), expected) == 0, "\(name(set))")
    }
  }

  @Test func `segments shorter than a block are one chain with the others`() {
    for (segments, segmentDepth) in [(150, 4), (40, 16), (4, 256), (600, 1), (3, 257)] {
      var random = KernelRandom(state: UInt64(segments))
      let product = KernelProduct(rows: 30, columns: 20, segments: segments, segmentDepth: segmentDepth, using: &random)
      let expected = product.reference()
      for set in supportedSets {
        #expect(differences(product.multiplied(by: set), expected) == 0, "\(name(set)) \(segments) x \(segmentDepth)")
      }
    }
  }

  @Test func `a row has the same bits alone and among others`() {
    var random = KernelRandom(state: 3)
    let all = KernelProduct(rows: 50, columns: 70, segments: 2, segmentDepth: 200, using: &random)
    for set in supportedSets {
      let together = all.multiplied(by: set)
      for m in 0..<all.rows {
        var one = all
        one.rows = 1
        one.aRows = [all.aRows[m]]
        one.cRows = [all.cRows[m]]
        let range = Int(all.cRows[m])..<Int(all.cRows[m]) + all.columns
        #expect(
          differences(Array(one.multiplied(by: set)[range]), Array(together[range])) == 0, "\(name(set)) row \(m)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `no depth writes zeros or keeps, then finishes`(accumulates: Bool) {
    var random = KernelRandom(state: 9)
    var product = KernelProduct(rows: 5, columns: 37, segments: 1, segmentDepth: 0, using: &random)
    product.accumulates = accumulates
    product.epilogue = KernelEpilogue(scale: nil, shift: random.floats(37), slope: 0.2)
    let expected = product.reference()
    for set in supportedSets {
      #expect(differences(product.multiplied(by: set), expected) == 0, "\(name(set))")
    }
  }

  @Test func `no rows and no columns touch nothing`() {
    for (rows, columns) in [(0, 7), (7, 0), (0, 0)] {
      var random = KernelRandom(state: 4)
      var product = KernelProduct(rows: rows, columns: columns, segments: 1, segmentDepth: 20, using: &random)
      product.c = random.floats(100)
      for set in supportedSets {
        #expect(differences(product.multiplied(by: set), product.c) == 0, "\(name(set))")
      }
    }
  }

  @Test func `NaN, infinity and denormal numbers go through as they are`() {
    var random = KernelRandom(state: 11)
    var product = KernelProduct(rows: 14, columns: 40, segments: 1, segmentDepth: 12, using: &random)
    product.aRows = (0..<14).map { Int64($0 * 12) }
    product.a = random.floats(14 * 12)
    product.a[0] = .nan
    product.a[12] = .infinity
    product.a[24] = -.infinity
    for d in 0..<12 { product.a[36 + d] = .leastNonzeroMagnitude * Float(d) }
    for d in 0..<12 { product.a[48 + d] = .leastNormalMagnitude / 3 }
    for d in 0..<12 { product.a[60 + d] = .greatestFiniteMagnitude }
    for slope: Float in [1, 0, 0.2] {
      product.epilogue = KernelEpilogue(scale: nil, shift: nil, slope: slope)
      let reference = product.reference()
      #expect(reference.contains { $0.isNaN })
      #expect(reference.contains { $0.isInfinite })
      #expect(reference.contains { $0.isSubnormal })
      for set in supportedSets {
        #expect(differences(product.multiplied(by: set), reference) == 0, "\(name(set)), slope \(slope)")
      }
    }
  }

  @Test func `packing fills the whole operand and zeroes its padding`() {
    var random = KernelRandom(state: 12)
    for (depth, columns) in [(1, 1), (7, 16), (20, 33), (33, 100), (5, 48)] {
      let b = random.floats(depth * columns).map { $0 == 0 ? 1 : $0 }
      for set in supportedSets {
        let packed = packing(b, depth: depth, columns: columns, for: set)
        #expect(!packed.contains { $0.isNaN })
        #expect(packed.count { $0 != 0 } == depth * columns, "\(name(set)) \(depth) x \(columns)")
        #expect(packed == packing(b, depth: depth, columns: columns, for: set, transposedSource: true))
      }
    }
  }

  @Test(arguments: 0..<24)
  func `the transposed product gives the reference's bits for random shapes`(seed: UInt64) {
    var random = KernelRandom(state: seed &+ 1000)
    let product = TransposedKernelProduct(
      rows: .random(in: 1...(seed % 4 == 0 ? 300 : 40), using: &random), columns: .random(in: 1...70, using: &random),
      depth: .random(in: 1...(seed % 4 == 0 ? 260 : 800), using: &random), accumulates: seed % 2 == 0, using: &random)
    let expected = product.reference()
    for set in supportedSets {
      let shape = "\(name(set)): \(product.rows) x \(product.columns) x \(product.depth)"
      #expect(differences(product.multiplied(by: set), expected) == 0, "\(shape)")
    }
  }

  @Test(arguments: [512, 1024, 3072])
  func `rows of A that collide in the caches change nothing`(spacing: Int) {
    var random = KernelRandom(state: UInt64(spacing))
    for (rows, columns, depth) in [(30, 70, 300), (1, 65, 40), (370, 40, 20)] {
      let product = TransposedKernelProduct(
        rows: rows, columns: columns, depth: depth, spacing: spacing, accumulates: depth == 40, using: &random)
      let expected = product.reference()
      for set in supportedSets {
        #expect(differences(product.multiplied(by: set), expected) == 0, "\(name(set)): \(rows) x \(columns)")
      }
    }
  }

  @Test func `a transposed product without depth writes zeros or keeps`() {
    var random = KernelRandom(state: 5)
    for accumulates in [false, true] {
      let product = TransposedKernelProduct(rows: 9, columns: 20, depth: 0, accumulates: accumulates, using: &random)
      for set in supportedSets {
        #expect(differences(product.multiplied(by: set), product.reference()) == 0, "\(name(set))")
      }
    }
  }

  @Test func `the best instruction set is one that the processor supports`() {
    #expect(cmk_supports(cmk_best_instruction_set()) == 1)
    #expect(cmk_supports(CMK_PLAIN) == 1)
    #expect([CMK_PLAIN, CMK_AVX2, CMK_AVX512, CMK_NEON].map(name) == ["plain", "avx2", "avx512", "neon"])
    #if arch(x86_64)
      #expect(cmk_supports(CMK_NEON) == 0)
    #endif
  }
}
