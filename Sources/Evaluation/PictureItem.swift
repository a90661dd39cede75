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
  /// - Returns: the files, the folders that hold no picture, and how many side pictures were passed over in folders.
  public static func items(
    at paths: [BytePath]
  ) -> (items: [PictureItem], emptyFolders: [BytePath], sideCount: Int) {
    var (items, emptyFolders, sideCount): ([PictureItem], [BytePath], Int) = ([], [], 0)
    for path in paths {
      do throws(FileError) {
        guard try DirectoryTree.isFolder(path) else {
          items.append(PictureItem(path: path))
          continue
        }
        let found = try Self.items(below: path, passedOver: &sideCount)
        if found.isEmpty { emptyFolders.append(path) }
        items += found
      } catch {
        items.append(PictureItem(path: path, problem: error.cause))
      }
    }
    return (items, emptyFolders, sideCount)
  }

  /// The pictures below a folder, sorted by bytes.
  ///
  /// - Throws: `FileError` where the folder is missing or cannot be listed.
  public static func items(below folder: BytePath) throws(FileError) -> [PictureItem] {
    var sideCount = 0
    return try items(below: folder, passedOver: &sideCount)
  }

  /// The pictures below a folder, sorted by bytes.
  ///
  /// - Parameter sideCount: grows by the side pictures that are passed over.
  /// - Throws: `FileError` where the folder is missing or cannot be listed.
  public static func items(
    below folder: BytePath, passedOver sideCount: inout Int
  ) throws(FileError) -> [PictureItem] {
    try DirectoryTree.pictures(below: folder, passedOver: &sideCount).map {
      PictureItem(path: $0.path, problem: $0.problem, followsLink: false)
    }
  }
}
