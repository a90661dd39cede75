import GANomalyModel
import Imaging
import Linux

/// Keeps outputs from being written over what is read, or is worth more than they are, whatever name or link leads there.
enum OutputGuard {
  /// Refuses an output that is one of the inputs.
  ///
  /// - Throws: `CommandError` naming both.
  static func refuse(_ output: BytePath, over inputs: [BytePath]) throws(CommandError) {
    guard let there = FileStatus(path: output.filePath) else { return }
    for input in inputs {
      guard let status = FileStatus(path: input.filePath) else { continue }
      guard status.device == there.device, status.inode == there.inode else { continue }
      throw CommandError(
        "cannot write to '\(escaped(output.bytes))': it is '\(escaped(input.bytes))', which is read and would be lost; "
          + "name another --output")
    }
  }

  /// Refuses outputs that one of the inputs, or another output, would be lost by, and those that cannot be written.
  static func check(_ outputs: [BytePath], over inputs: [BytePath]) throws {
    for (place, output) in outputs.enumerated() {
      try refuse(output, over: inputs)
      try AtomicFile.checkWritable(output)
      guard !outputs[..<place].contains(where: { Self.isSame($0, output) }) else {
        throw CommandError("cannot write two files to '\(escaped(output.bytes))': name another")
      }
    }
  }

  /// Refuses to put a report, a table or a plot in the place of a picture or a model: a slip of the keyboard, or a name
  /// that the shell completed, must not cost one.
  ///
  /// - Throws: `CommandError` that says what is there; `FileError` where that cannot be found out.
  static func refuseReplacing(_ outputs: [BytePath]) throws {
    for output in outputs {
      if try isPicture(output) { throw loss(of: "a picture (PNG)", at: output) }
      try refuseReplacingModel(output)
    }
  }

  /// Refuses to put a picture in the place of a model.
  ///
  /// - Throws: `CommandError` that says what is there; `FileError` where that cannot be found out.
  static func refuseReplacingModel(_ output: BytePath) throws {
    guard hasContent(output) else { return }
    switch try ModelFile.content(of: output) {
    case .model: throw loss(of: "a model", at: output)
    case .otherTensors: throw loss(of: "a file of weights (safetensors)", at: output)
    case nil: return
    }
  }

  /// Whether a PNG lies at a path, be it a sound one or not.
  static func isPicture(_ path: BytePath) throws(FileError) -> Bool {
    guard hasContent(path) else { return false }
    var reader = try FileReader(path, limit: .max)
    return try reader.next(atMost: PNG.signature.count) == PNG.signature
  }

  /// Whether a regular file with anything in it lies at a path.
  static func hasContent(_ path: BytePath) -> Bool {
    guard let there = FileStatus(path: path.filePath) else { return false }
    return there.kind == .regular && there.size > 0
  }

  private static func loss(of what: String, at output: BytePath) -> CommandError {
    CommandError(
      "cannot write to '\(escaped(output.bytes))': \(what) is there and would be lost; remove it, or name another file")
  }

  /// Whether two paths lead to one file, be it there or not.
  private static func isSame(_ left: BytePath, _ right: BytePath) -> Bool {
    if left == right { return true }
    guard let one = FileStatus(path: left.filePath), let other = FileStatus(path: right.filePath) else { return false }
    return one.device == other.device && one.inode == other.inode
  }

  /// Refuses to put a model in the place of a file that is none: a slip of the keyboard must not cost a picture.
  static func refuseUnlessModel(_ output: BytePath) throws(CommandError) {
    guard hasContent(output) else { return }
    if (try? Model.read(contentsOf: output)) != nil { return }
    throw CommandError(
      "cannot write the model to '\(escaped(output.bytes))': a file that is no model is there; remove it, or name another "
        + "--output")
  }
}
