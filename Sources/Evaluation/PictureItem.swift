public import Linux

/// A file to be scored, or a place where none could be found.
public struct PictureItem: Sendable, Equatable {
  /// The path as given; below a folder, the folder as given joined with the rest.
  public let path: BytePath
  /// Why it cannot be opened; nil where that is still to be tried.
  public let problem: FileError.Cause?
  /// Whether a symbolic link is followed: one that the user named is, one found in a folder is not.
  public let followsLink: Bool

  /// An item from its parts.
  public init(path: BytePath, problem: FileError.Cause? = nil, followsLink: Bool = true) {
    self.path = path
    self.problem = problem
    self.followsLink = followsLink
  }

  /// The files that paths stand for, in the paths' order; a folder stands for all pictures below it, sorted by bytes.
  ///
  /// A path that leads nowhere, or a folder that cannot be listed, is an item with a problem.
  ///
  /// - Returns: the files, and the folders that hold no picture.
  public static func items(at paths: [BytePath]) -> (items: [PictureItem], emptyFolders: [BytePath]) {
    var (items, emptyFolders): ([PictureItem], [BytePath]) = ([], [])
    for path in paths {
      do throws(FileError) {
        guard try DirectoryTree.isFolder(path) else {
          items.append(PictureItem(path: path))
          continue
        }
        let found = try Self.items(below: path)
        if found.isEmpty { emptyFolders.append(path) }
        items += found
      } catch {
        items.append(PictureItem(path: path, problem: error.cause))
      }
    }
    return (items, emptyFolders)
  }

  /// The pictures below a folder, sorted by bytes.
  ///
  /// - Throws: `FileError` where the folder is missing or cannot be listed.
  public static func items(below folder: BytePath) throws(FileError) -> [PictureItem] {
    try DirectoryTree.pictures(below: folder).map {
      PictureItem(path: $0.path, problem: $0.problem, followsLink: false)
    }
  }
}
