internal import Linux

/// What is the same for all files of a lane's batch; one object, so that each file's work has a reference to it only.
final class LaneBatch {
  let around: Lane.Surroundings
  let judge: PictureJudge
  let settings: Settings
  /// Told of every piece that is read.
  let sign: SignOfLife
  private var folder: (folder: Directory, inode: UInt64?)?

  /// A batch under the settings of its beginning.
  init(
    _ surroundings: Lane.Surroundings, _ judge: PictureJudge, _ settings: Settings, sign: SignOfLife = .none
  ) {
    around = surroundings
    self.judge = judge
    self.settings = settings
    self.sign = sign
  }

  /// The number of a watched folder itself, asked for once; nil where it cannot be had.
  func inode(of incoming: Directory) -> UInt64? {
    if let folder, folder.folder === incoming { return folder.inode }
    let inode = (try? incoming.status())?.inode
    folder = (incoming, inode)
    return inode
  }
}
