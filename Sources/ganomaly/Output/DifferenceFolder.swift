import Evaluation
import Inspection
import Linux
import SystemPackage

/// Where `score` puts side pictures: a name for each file that is read, and never one of these files.
struct DifferenceFolder {
  private let folder: Directory
  private let path: BytePath
  /// By the index of the item.
  private let names: [FileName]

  /// Makes the folder where there is none, and finds the names.
  ///
  /// - Throws: `CommandError` where the folder cannot be written to, or a name in it is a file that is to be read.
  init(_ path: BytePath, items: [PictureItem], model: BytePath) throws(CommandError) {
    self.path = path
    names = Self.names(items.map(\.path))
    do throws(LinuxError) {
      folder = try Directory.creating(path: path.filePath, mode: 0o777)
      try folder.checkChangeable()
    } catch {
      throw CommandError("cannot write to '\(escaped(path.bytes))': \(error)")
    }
    var inputs: Set<Identity>?
    for name in names {
      guard let there = FileStatus(path: path.appending(name.bytes).filePath) else { continue }
      let read =
        inputs ?? Set((items.map(\.path) + [model]).compactMap { FileStatus(path: $0.filePath).map(Identity.init) })
      inputs = read
      guard read.contains(Identity(there)) else { continue }
      throw CommandError(
        "cannot write '\(escaped(path.appending(name.bytes).bytes))': it is one of the files that are read, and would be "
          + "lost; name another folder with '--save-difference'")
    }
  }

  /// Writes a side picture; a link that has its name is replaced, and its target stays as it is.
  ///
  /// - Returns: its path.
  func write(_ bytes: [UInt8], ofItem index: Int) throws(CommandError) -> BytePath {
    do throws(LinuxError) {
      try folder.write(bytes, to: names[index], mode: 0o644, durability: .none)
    } catch {
      throw CommandError("cannot save the difference: \(error)")
    }
    return path.appending(names[index].bytes)
  }

  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  /// `NAME.view.png` by the files' names; where several have one, with a number that their paths have.
  static func names(_ paths: [BytePath]) -> [FileName] {
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
      guard let name = FileName(bytes: text + Array(".view.png".utf8)) else {
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
