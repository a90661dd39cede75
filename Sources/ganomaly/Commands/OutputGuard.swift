import GANomalyModel
import Linux

/// Keeps outputs from being written over what is read, whatever name or link leads there.
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

  /// Whether two paths lead to one file, be it there or not.
  private static func isSame(_ left: BytePath, _ right: BytePath) -> Bool {
    if left == right { return true }
    guard let one = FileStatus(path: left.filePath), let other = FileStatus(path: right.filePath) else { return false }
    return one.device == other.device && one.inode == other.inode
  }

  /// Refuses to put a model in the place of a file that is none: a slip of the keyboard must not cost a picture.
  static func refuseUnlessModel(_ output: BytePath) throws(CommandError) {
    guard let there = FileStatus(path: output.filePath), there.kind == .regular, there.size > 0 else { return }
    if (try? Model.read(contentsOf: output)) != nil { return }
    throw CommandError(
      "cannot write the model to '\(escaped(output.bytes))': a file that is no model is there; remove it, or name another "
        + "--output")
  }
}
