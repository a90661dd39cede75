import Evaluation
import Inspection
import Linux
import SystemPackage

/// Where `score` puts side pictures: a name for each file that is read, and never one of these files.
struct SidePictureFolder {
  /// What its pictures show, and by which option they are asked for.
  enum Kind: String {
    /// Original, reconstruction and difference.
    case difference
    /// The picture and the heat of its score map.
    case map

    /// How the names go on after those of the files.
    var ending: String {
      switch self {
      case .difference: ".view.png"
      case .map: ".map.png"
      }
    }

    /// The option.
    var option: String { "--save-\(rawValue)" }
  }

  private let kind: Kind
  private let folder: Directory
  private let path: BytePath
  /// By the index of the item.
  private let names: [FileName]

  /// Makes the folder where there is none, and finds the names.
  ///
  /// - Throws: `CommandError` where the folder cannot be written to, a name in it is a file that is to be read, or one that
  ///   is no picture; `FileError` where that cannot be found out.
  init(_ kind: Kind, _ path: BytePath, items: [PictureItem], model: BytePath) throws {
    self.kind = kind
    self.path = path
    names = Self.names(items.map(\.path), kind)
    do throws(LinuxError) {
      folder = try Directory.creating(path: path.filePath, mode: 0o777)
      try folder.checkChangeable()
    } catch {
      throw CommandError("cannot write to '\(escaped(path.bytes))': \(error)")
    }
    var inputs: Set<Identity>?
    for name in names {
      let file = path.appending(name.bytes)
      guard let there = FileStatus(path: file.filePath) else { continue }
      let read =
        inputs ?? Set((items.map(\.path) + [model]).compactMap { FileStatus(path: $0.filePath).map(Identity.init) })
      inputs = read
      guard !read.contains(Identity(there)) else {
        throw CommandError(
          "cannot write '\(escaped(file.bytes))': it is one of the files that are read, and would be lost; name another "
            + "folder with '\(kind.option)'")
      }
      // A link is replaced, not its target.
      guard try folder.status(of: name)?.kind == .regular, OutputGuard.hasContent(file),
        try !OutputGuard.isPicture(file)
      else { continue }
      throw CommandError(
        "cannot write '\(escaped(file.bytes))': a file that is no picture is there and would be lost; remove it, or name "
          + "another folder with '\(kind.option)'")
    }
  }

  /// Writes a side picture; a link that has its name is replaced, and its target stays as it is.
  ///
  /// - Returns: its path.
  func write(_ bytes: [UInt8], ofItem index: Int) throws(CommandError) -> BytePath {
    do throws(LinuxError) {
      try folder.write(bytes, to: names[index], mode: 0o644, durability: .none)
    } catch {
      throw CommandError("cannot save the \(kind.rawValue): \(error)")
    }
    return path.appending(names[index].bytes)
  }

  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  /// `NAME.view.png` or `NAME.map.png` by the files' names; where several have one, with a number that their paths have.
  static func names(_ paths: [BytePath], _ kind: Kind) -> [FileName] {
    let bases = paths.map(base)
    let counts = Dictionary(bases.map { ($0, 1) }, uniquingKeysWith: +)
    var taken: Set<[UInt8]> = []
    return zip(paths, bases).map { path, base in
      var number = hash(path.bytes)
      var text = counts[base, default: 0] > 1 ? [] : base
      while text.isEmpty || taken.contains(text) {
        text = base + Array("-".utf8) + Array(String(number, radix: 16).utf8)
        number &+= 1
      }
      taken.insert(text)
      guard let name = FileName(bytes: text + Array(kind.ending.utf8)) else {
        preconditionFailure("what is made of a file's name is one")
      }
      return name
    }
  }

  /// The last part of a path, as long as a name can be, and not hidden.
  private static func base(_ path: BytePath) -> [UInt8] {
    let last = path.bytes.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
    // Room for a number of 16 digits, for the ending, and for a name by which it is written first.
    var base = last.count > 200 ? Array(last.prefix(200)) : last
    if base.isEmpty || base.first == UInt8(ascii: ".") { base.insert(UInt8(ascii: "_"), at: 0) }
    return base.map { $0 == 0 ? UInt8(ascii: "_") : $0 }
  }

  /// A number that a path has. Source: G. Fowler, L. Noll, K. Vo, D. Eastlake, "The FNV non-cryptographic hash algorithm".
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
