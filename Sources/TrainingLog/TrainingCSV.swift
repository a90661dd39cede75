public import Linux

/// The table of a training for spreadsheets: a line of column names, then a line an epoch or step, appended whole.
///
/// The first two columns are `epoch` and `step`. Not Sendable: one thread writes.
public final class TrainingCSV {
  /// The name of the table in a training's folder.
  public static let fileName = "training.csv"
  /// Most bytes of a table that a training goes on with.
  public static let maximumBytes = 1 << 30

  /// The file.
  public var path: BytePath { file.path }
  private let file: AppendingFile
  private let columnCount: Int

  /// Begins a table, or goes on with one.
  ///
  /// - Parameters:
  ///   - folder: the training's folder, made where it is missing.
  ///   - columns: names of the columns after `epoch` and `step`, without commas and quotes.
  ///   - resumedStep: the last step that the training goes on after: lines of later steps and a torn last line are
  ///     dropped. Nil begins a table: one that is there already is refused.
  /// - Throws: `TrainingLogError`.
  public init(folder: BytePath, columns: [String], resumedStep: Int? = nil) throws(TrainingLogError) {
    precondition(
      columns.allSatisfy { !$0.contains { ",\"\n".contains($0) } }, "a column's name needs no quoting: \(columns)")
    try TrainingLogFolder.make(folder)
    let path = folder.appending(Array(Self.fileName.utf8))
    let header = (["epoch", "step"] + columns).joined(separator: ",")
    columnCount = columns.count
    do throws(FileError) {
      if let created = try AppendingFile.create(path) {
        file = created
        try file.append(Array("\(header)\n".utf8))
        return
      }
    } catch {
      throw .file(error)
    }
    guard let resumedStep else { throw .exists(path) }
    let kept = try Self.kept(of: path, header: header, resumedStep: resumedStep)
    do throws(FileError) {
      if let kept { try AtomicFile.write(kept, to: path) }
      file = try AppendingFile.open(path)
    } catch {
      throw .file(error)
    }
  }

  /// Adds a line.
  ///
  /// - Parameters:
  ///   - epoch: counted from 1.
  ///   - step: steps since the training began.
  ///   - values: one a column; nil leaves its place empty.
  /// - Throws: `TrainingLogError`, such as a full disk; the table then ends with the line before.
  public func append(epoch: Int, step: Int, _ values: [Float?]) throws(TrainingLogError) {
    precondition(values.count == columnCount, "a line has a value for every column")
    let texts = ["\(epoch)", "\(step)"] + values.map { $0.map { "\($0)" } ?? "" }
    do { try file.append(Array((texts.joined(separator: ",") + "\n").utf8)) } catch { throw .file(error) }
  }

  /// Waits until all lines are on the disk.
  ///
  /// - Throws: `TrainingLogError`.
  public func flush() throws(TrainingLogError) {
    do { try file.synchronize() } catch { throw .file(error) }
  }

  /// The bytes of a table that a training keeps; nil where it keeps all of them.
  private static func kept(
    of path: BytePath, header: String, resumedStep: Int
  ) throws(TrainingLogError) -> [UInt8]? {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path, limit: maximumBytes) } catch { throw .file(error) }
    let newline = UInt8(ascii: "\n")
    // What follows the last newline is a line that a crash has torn.
    var lines = bytes.split(separator: newline, omittingEmptySubsequences: false).dropLast()
    let found = lines.popFirst().map { String(decoding: $0, as: UTF8.self) } ?? ""
    // A crash may also have torn the first line; nothing is lost then.
    guard found == header || (found.isEmpty && header.utf8.starts(with: bytes)) else {
      throw .otherColumns(path, expected: header, found: found)
    }
    let kept = lines.filter { line in
      let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count > 1, let step = Int(String(decoding: fields[1], as: UTF8.self)) else { return false }
      return step <= resumedStep
    }
    let result = Array("\(header)\n".utf8) + kept.flatMap { $0 + [newline] }
    return result == bytes ? nil : result
  }
}
