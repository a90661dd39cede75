internal import Linux
private import Synchronization

/// A side picture's file on its way to the disk; its bytes count against its room as long as anybody holds it.
final class SideView: Sendable {
  /// The PNG file.
  let bytes: [UInt8]
  private let room: SideViewRoom

  fileprivate init(_ bytes: [UInt8], _ room: SideViewRoom) {
    self.bytes = bytes
    self.room = room
  }

  deinit { room.giveBack(bytes.count) }

  /// The name beside a quarantined picture; nil where that would be none.
  static func name(for picture: FileName) -> FileName? { FileName(bytes: picture.bytes + Array(".view.png".utf8)) }
}

/// Bounds the memory of side pictures that wait for the recorder, however many anomalies come at once.
final class SideViewRoom: Sendable {
  /// Most bytes that wait; a single one may be larger. They are the smaller part of what the daemon's memory may grow by
  /// beyond weights and pictures.
  static let capacity = 1 << 20

  private let capacity: Int
  private let used = Mutex(0)
  private let freed = BoundedQueue<Bool>(capacity: 1)

  /// Empty room.
  init(capacity: Int = SideViewRoom.capacity) { self.capacity = capacity }

  /// Takes room for a file.
  ///
  /// - Parameter timeout: longest wait for it.
  /// - Returns: nil where there was none in time.
  func view(_ bytes: [UInt8], waitingAtMost timeout: Duration) -> SideView? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let isTaken = used.withLock { used in
        guard used == 0 || used + bytes.count <= capacity else { return false }
        used += bytes.count
        return true
      }
      if isTaken {
        // Another one may fit, too.
        _ = freed.push(true)
        return SideView(bytes, self)
      }
      let rest = deadline - .now
      guard rest > .zero else { return nil }
      _ = freed.pop(atMost: 1, waitingAtMost: rest)
    }
  }

  fileprivate func giveBack(_ count: Int) {
    used.withLock { $0 -= count }
    _ = freed.push(true)
  }
}
