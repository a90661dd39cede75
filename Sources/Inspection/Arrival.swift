public import Linux

/// What makes one arrival: the same bytes under another name, or written again, are another.
public struct Arrival: Hashable, Sendable {
  /// The name in the watched folder.
  public let name: FileName
  /// File system.
  public let device: UInt64
  /// File.
  public let inode: UInt64
  /// Bytes; 0 for what is not a plain file.
  public let size: Int64
  /// Last change of the content, nanoseconds since 1970; 0 for what is not a plain file.
  public let modified: Int64

  /// The arrival of a file as it is now.
  ///
  /// A folder's or FIFO's time changes with its use: it is the same arrival for all that.
  public init(name: FileName, status: FileStatus) {
    self.name = name
    device = status.device
    inode = status.inode
    size = status.kind == .regular ? status.size : 0
    modified = status.kind == .regular ? status.modified : 0
  }

  /// The arrival of a file as it is now, on a file system of that number.
  private init(name: FileName, status: FileStatus, device: UInt64) {
    let now = Arrival(name: name, status: status)
    self.init(name: name, device: device, inode: now.inode, size: now.size, modified: now.modified)
  }

  /// An arrival from its parts.
  init(name: FileName, device: UInt64, inode: UInt64, size: Int64, modified: Int64) {
    self.name = name
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
  }

  /// Whether what has its name now is what arrived, whatever number its file system has by now.
  func isSameFile(_ status: FileStatus) -> Bool {
    self == Arrival(name: name, status: status, device: device)
  }

  /// Whether a file that is there now is this one, as far as the kernel tells.
  func isIdentity(of status: FileStatus) -> Bool {
    status.kind == .regular && device == status.device && inode == status.inode && size == status.size
      && modified == status.modified
  }
}
