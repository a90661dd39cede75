private import Glibc
public import Imaging
private import Linux

/// A folder that goes with its test.
public final class TemporaryFolder {
  /// The folder.
  public let path: String

  /// Makes a folder of its own.
  public init() throws {
    var template = Array("/tmp/ganomaly-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: \(String(cString: strerror(errno)))") }
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
  public func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a folder below this one and returns its path.
  @discardableResult
  public func makeFolder(_ name: String) throws -> String {
    var partial = path
    for part in name.split(separator: "/") {
      partial += "/\(part)"
      guard mkdir(partial, 0o755) == 0 || errno == EEXIST else { throw TestFailure("mkdir \(partial)") }
    }
    return partial
  }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    try write(bytes, to: Array(name.utf8))
    return path(name)
  }

  /// Writes a file whose name is bytes.
  public func write(_ bytes: [UInt8], to name: [UInt8]) throws {
    try AtomicFile.write(bytes, to: BytePath(path).appending(name))
  }

  /// Writes a picture as a PNG file and returns its path.
  @discardableResult
  public func write(_ picture: Image, to name: String) throws -> String { try write(PNG.encode(picture), to: name) }

  /// The names directly in the folder, sorted.
  public func names() throws -> [String] {
    guard let stream = opendir(path) else { throw TestFailure("opendir \(path)") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  /// Reads a file.
  public func bytes(of name: String) throws -> [UInt8] {
    try FileContents.read(BytePath(path(name)), limit: 64 << 20)
  }
}

/// A step of a test that could not be done.
public struct TestFailure: Error, CustomStringConvertible {
  /// What.
  public let description: String

  /// A failure from its sentence.
  public init(_ description: String) {
    self.description = description
  }
}
