private import Glibc

/// A fixed run of floats on a 64-byte boundary: weights, gradients, moments, sums.
///
/// Sendable by agreement, not by lock: inside a parallel region threads write disjoint ranges, and the region ends
/// before anybody reads what another thread wrote. Buffers that lanes share (packed weights) are written only before
/// they are shared.
public final class FloatBuffer: @unchecked Sendable {
  /// Number of floats.
  public let count: Int
  /// First float.
  let base: UnsafeMutablePointer<Float>

  /// A buffer of zeros.
  public init(count: Int) {
    precondition(count >= 0, "a buffer cannot have a negative length")
    self.count = count
    self.base = allocateFloats(count)
  }

  /// A buffer with the given values.
  public convenience init(_ values: [Float]) {
    self.init(count: values.count)
    copy(from: values)
  }

  deinit { free(base) }

  /// One value, checked.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index outside of the buffer")
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count, "index outside of the buffer")
      base[index] = newValue
    }
  }

  /// All values, copied.
  public var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Overwrites all values.
  public func copy(from values: [Float]) {
    precondition(values.count == count, "a buffer takes as many values as it has")
    values.withUnsafeBufferPointer { source in
      if let first = source.baseAddress { base.update(from: first, count: count) }
    }
  }

  /// Overwrites all values with those of another buffer of the same length.
  public func copy(from other: FloatBuffer) {
    precondition(other.count == count, "buffers of the same length")
    base.update(from: other.base, count: count)
  }

  /// Sum of all squares, in order and in double precision.
  public var sumOfSquares: Double { (0..<count).reduce(0.0) { $0 + Double(base[$1]) * Double(base[$1]) } }

  /// self += factor * other.
  public func add(_ other: FloatBuffer, times factor: Float) {
    precondition(other.count == count, "buffers of the same length")
    for index in 0..<count { base[index] += factor * other.base[index] }
  }

  /// self += share * (other - self).
  public func move(towards other: FloatBuffer, by share: Float) {
    precondition(other.count == count, "buffers of the same length")
    for index in 0..<count { base[index] += share * (other.base[index] - base[index]) }
  }

  /// Overwrites all values with one.
  public func fill(_ value: Float) { base.update(repeating: value, count: count) }
}

/// Zeroed floats on a 64-byte boundary; traps when memory is exhausted, as Swift's own allocation does.
func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let bytes = max(64, (count * MemoryLayout<Float>.stride + 63) / 64 * 64)
  guard let memory = aligned_alloc(64, bytes) else { fatalError("out of memory: \(bytes) bytes for a buffer") }
  memset(memory, 0, bytes)
  return memory.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
}
