private import Glibc

/// A name as a folder's list has it.
public struct DirectoryEntry: Sendable, Equatable {
  /// The name.
  public let name: FileName
  /// What it stands for; unknown where the file system's list does not tell.
  public let kind: FileStatus.Kind

  /// An entry from its parts, for simulations.
  public init(name: FileName, kind: FileStatus.Kind) {
    self.name = name
    self.kind = kind
  }
}

extension FileStatus.Kind {
  /// The kind that a folder's list gives.
  init(directoryEntry type: UInt8) {
    self =
      switch Int(type) {
      case DT_REG: .regular
      case DT_DIR: .directory
      case DT_LNK: .symbolicLink
      case DT_FIFO: .fifo
      case DT_SOCK: .socket
      case DT_BLK, DT_CHR: .device
      default: .unknown
      }
  }
}
