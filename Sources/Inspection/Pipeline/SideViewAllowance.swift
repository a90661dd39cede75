internal import Linux

/// What side pictures may take of the quarantine's disk: nothing that other files need.
struct SideViewAllowance {
  /// Bytes that stay free in any case: for the pictures that are on their way, and their sidecars.
  static let leastFloor: UInt64 = 64 << 20
  /// What a file may take beside its bytes.
  private static let block: UInt64 = 4096

  /// Bytes that stay free.
  let floor: UInt64
  private let freeBytes: @Sendable (Directory) throws(LinuxError) -> UInt64
  private var rest: UInt64?

  /// An allowance for the side pictures of one batch.
  ///
  /// - Parameters:
  ///   - minimumFreeBytes: the setting.
  ///   - waiting: the sizes of the pictures that still wait for their move.
  ///   - freeBytes: how much room a folder's disk has.
  init(
    minimumFreeBytes: Int, waiting: some Sequence<Int64>,
    freeBytes: @escaping @Sendable (Directory) throws(LinuxError) -> UInt64
  ) {
    var floor = max(UInt64(clamping: minimumFreeBytes), Self.leastFloor)
    for size in waiting {
      // A picture and its sidecar; sizes may be anything.
      floor = Self.sum(floor, Self.sum(UInt64(clamping: size), 2 * Self.block))
    }
    self.floor = floor
    self.freeBytes = freeBytes
  }

  /// Takes room for a file; false where there is none. The disk is asked once.
  mutating func take(_ count: Int, in folder: Directory) throws(LinuxError) -> Bool {
    let free: UInt64
    if let rest { free = rest } else { free = try freeBytes(folder) }
    let size = Self.sum(UInt64(clamping: count), Self.block)
    rest = free
    guard free > Self.sum(floor, size) else { return false }
    rest = free - size
    return true
  }

  private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let (sum, isOverflow) = one.addingReportingOverflow(other)
    return isOverflow ? .max : sum
  }
}
