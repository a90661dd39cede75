/// Floats at a fixed, aligned place, as both kernels want them.
final class Floats {
  /// The first of them, at the beginning of a cache line.
  let base: UnsafeMutablePointer<Float>
  /// How many there are.
  let count: Int
  private let memory: UnsafeMutableRawPointer

  /// Zeros.
  init(count: Int) {
    self.count = count
    memory = .allocate(byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
    base = memory.bindMemory(to: Float.self, capacity: max(1, count))
    base.initialize(repeating: 0, count: count)
  }

  /// Numbers between -1 and 1, the same for the same seed.
  convenience init(count: Int, seed: UInt32) {
    self.init(count: count)
    var state = seed &* 2 &+ 1
    for index in 0..<count {
      state = state &* 1_664_525 &+ 1_013_904_223
      base[index] = Float(Int32(bitPattern: state)) / 2_147_483_648
    }
  }

  deinit { memory.deallocate() }

  /// The largest difference to `other`, over the largest number in it: a benchmark of wrong numbers is worth nothing.
  func relativeDifference(to other: Floats) -> Float {
    precondition(count == other.count, "equal numbers of floats")
    var difference: Float = 0
    var largest: Float = 0
    for index in 0..<count {
      difference = max(difference, abs(base[index] - other.base[index]))
      largest = max(largest, abs(other.base[index]))
    }
    return largest > 0 ? difference / largest : difference
  }
}
