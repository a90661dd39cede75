private import FoundationEssentials
public import Imaging
public import Linux
private import SwiftProtobuf

/// Writes what TensorBoard shows of a training: curves of numbers and pictures by tag and step.
///
/// Every writer makes a new `events.out.tfevents.*` in its folder; TensorBoard reads all of a folder's in the order of
/// their names. Records are whole or not there, after a crash and on a full disk too. Not Sendable: one thread writes.
///
/// Source: https://github.com/tensorflow/tensorboard, tensorboard/compat/proto/event.proto.
public final class TensorBoardWriter {
  /// The file.
  public var path: BytePath { file.path }
  private let file: AppendingFile
  private let clock: () -> WallTime

  /// Makes the folder where it is missing, and a new event file in it.
  ///
  /// - Parameters:
  ///   - folder: the training's folder; files that are there stay.
  ///   - resumedStep: the last step that the training goes on after: what earlier files say of later ones counts no more.
  ///   - clock: the time of every event; its first reading names the file.
  /// - Throws: `TrainingLogError` where folder or file cannot be made.
  public init(
    folder: BytePath, resumedStep: Int? = nil, clock: @escaping () -> WallTime = { .now }
  ) throws(TrainingLogError) {
    try TrainingLogFolder.make(folder)
    self.clock = clock
    file = try Self.newFile(in: folder, time: clock())
    var version = Tensorboard_Event()
    version.fileVersion = "brain.Event:2"
    try append(version, step: 0)
    if let resumedStep {
      // TensorBoard then drops what earlier files have at this step and later ones.
      var start = Tensorboard_Event()
      start.sessionLog.status = .start
      try append(start, step: resumedStep + 1)
    }
    try flush()
  }

  /// Adds a point to a curve.
  ///
  /// - Parameters:
  ///   - tag: the curve's name; what stands before a slash groups curves.
  ///   - value: any number; one that is not finite is shown as such.
  ///   - step: the place on the axis, at least 0.
  /// - Throws: `TrainingLogError`, such as a full disk; the file stays sound.
  public func scalar(_ tag: String, _ value: Float, step: Int) throws(TrainingLogError) {
    var entry = Tensorboard_Summary.Value()
    entry.tag = tag
    entry.simpleValue = value
    try append(entry, step: step)
  }

  /// Adds a picture, stored as PNG.
  ///
  /// - Parameters:
  ///   - tag: the picture's name.
  ///   - picture: grey or colour.
  ///   - step: the place on the slider, at least 0.
  /// - Throws: `TrainingLogError`.
  public func image(_ tag: String, _ picture: Image, step: Int) throws(TrainingLogError) {
    var entry = Tensorboard_Summary.Value()
    entry.tag = tag
    entry.image.width = Int32(clamping: picture.width)
    entry.image.height = Int32(clamping: picture.height)
    entry.image.colorspace = Int32(picture.channelCount)
    entry.image.encodedImageString = Data(PNG.encode(picture))
    try append(entry, step: step)
  }

  /// Waits until all events are on the disk; TensorBoard sees them without it.
  ///
  /// - Throws: `TrainingLogError`.
  public func flush() throws(TrainingLogError) {
    do { try file.synchronize() } catch { throw .file(error) }
  }

  private func append(_ entry: Tensorboard_Summary.Value, step: Int) throws(TrainingLogError) {
    var event = Tensorboard_Event()
    event.summary.value = [entry]
    try append(event, step: step)
  }

  private func append(_ event: Tensorboard_Event, step: Int) throws(TrainingLogError) {
    var event = event
    event.wallTime = Double(clock().nanoseconds) / 1e9
    event.step = Int64(step)
    guard let bytes: [UInt8] = try? event.serializedBytes() else {
      preconditionFailure("an event without required fields can always be written")
    }
    do { try file.append(EventRecord.framed(bytes)) } catch { throw .file(error) }
  }

  /// A file that no other training has: the second of its beginning and a counter in its name keep the order of files.
  private static func newFile(in folder: BytePath, time: WallTime) throws(TrainingLogError) -> AppendingFile {
    let seconds = padded(Int(max(0, time.nanoseconds)) / 1_000_000_000, to: 10)
    for counter in 0... {
      let name = "events.out.tfevents.\(seconds).ganomaly.\(padded(counter, to: 4))"
      do {
        if let file = try AppendingFile.create(folder.appending(Array(name.utf8))) { return file }
      } catch {
        throw .file(error)
      }
    }
    preconditionFailure("the counter has no end")
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
