private import CLinux
private import Glibc

/// Random numbers from the kernel, many with one call.
public enum RandomWords {
  /// Most that the kernel gives in one piece, whatever happens meanwhile: 256 bytes.
  public static let maximumCount = 32

  /// Numbers that nobody can guess.
  ///
  /// - Parameter count: 1 to `maximumCount`.
  ///
  /// Source: getrandom(2).
  public static func make(_ count: Int) -> [UInt64] {
    precondition((1...maximumCount).contains(count), "the kernel gives 1 to \(maximumCount) words at once")
    return [UInt64](unsafeUninitializedCapacity: count) { words, filled in
      let size = count * MemoryLayout<UInt64>.size
      var given = -1
      repeat { given = clinux_getrandom(words.baseAddress, size) } while given == -1 && errno == EINTR
      precondition(given == size, "the kernel has random numbers")
      filled = count
    }
  }
}
