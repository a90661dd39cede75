import Glibc
import Imaging
import Linux

/// A folder that goes with its test.
final class TemporaryFolder {
  /// The folder.
  let path: String

  init() throws {
    var template = Array("/tmp/ganomaly-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ProgramFailure("mkdtemp: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(Array(path.utf8)) }

  /// Removes a file, a link (not what it leads to) or a folder with all it holds; names may be any bytes.
  private static func remove(_ path: [UInt8]) {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    guard unlink(terminated) != 0, let stream = opendir(terminated) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { remove(path + [UInt8(ascii: "/")] + name) }
    }
    closedir(stream)
    rmdir(terminated)
  }

  /// A path below the folder.
  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a folder below this one and returns its path.
  @discardableResult
  func makeFolder(_ name: String) throws -> String {
    var partial = path
    for part in name.split(separator: "/") {
      partial += "/\(part)"
      guard mkdir(partial, 0o755) == 0 || errno == EEXIST else { throw ProgramFailure("mkdir \(partial)") }
    }
    return partial
  }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try write(bytes, to: Array(name.utf8))
    return path(name)
  }

  /// Writes a file whose name is bytes.
  func write(_ bytes: [UInt8], to name: [UInt8]) throws {
    try AtomicFile.write(bytes, to: BytePath(path).appending(name))
  }

  /// Writes a picture as a PNG file and returns its path.
  @discardableResult
  func write(_ picture: Image, to name: String) throws -> String { try write(PNG.encode(picture), to: name) }

  /// Reads a file.
  func bytes(of name: String) throws -> [UInt8] {
    try FileContents.read(BytePath(path(name)), limit: 64 << 20)
  }
}
