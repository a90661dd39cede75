internal import Linux

/// A folder itself, whatever path leads to it.
struct FolderIdentity: Sendable, Equatable {
  /// Number of its file system; another one may follow a restart.
  let device: UInt64
  /// Its number in the file system.
  let inode: UInt64

  /// An identity from its parts.
  init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }

  /// The identity of an open folder.
  init(_ folder: Directory) throws(LinuxError) {
    let status = try folder.status()
    self.init(device: status.device, inode: status.inode)
  }

  /// Whether it is another folder than the one that had a number; the file system may have another number since it was
  /// mounted again, the folder has not.
  func isAnother(than inode: UInt64?) -> Bool { inode.map { $0 != self.inode } ?? false }
}
