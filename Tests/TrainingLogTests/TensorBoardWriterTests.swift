import Imaging
import Linux
import SwiftProtobuf
import TestSupport
import Testing

@testable import TrainingLog

struct TensorBoardWriterTests {
  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func `checksums are those of RFC 3720`(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  @Test func `a file begins as TensorFlow's own do`() throws {
    let folder = try TemporaryFolder()
    let writer = try TensorBoardWriter(folder: BytePath(folder.path("log"))) { WallTime(nanoseconds: 0) }
    #expect("\(writer.path)" == folder.path("log/events.out.tfevents.0000000000.ganomaly.0000"))
    // Length 15, its masked checksum, field 3 with the version, the masked checksum of the data; checksums computed by
    // tensorboard 2.21's `masked_crc32c`.
    let expected: [UInt8] =
      [0x0F, 0, 0, 0, 0, 0, 0, 0] + [0x6D, 0x53, 0x2B, 0x09] + [0x1A, 0x0D] + Array("brain.Event:2".utf8) + [
        0xFC, 0x98, 0x51, 0x29,
      ]
    #expect(try folder.bytes(of: "log/events.out.tfevents.0000000000.ganomaly.0000") == expected)
  }

  @Test func `scalars and pictures are read back as they were given`() throws {
    let folder = try TemporaryFolder()
    let picture = SamplePicture.noise(width: 5, height: 3, channelCount: 3, seed: 4)
    var time: Int64 = 1_500_000_000_000_000_000
    let writer = try TensorBoardWriter(folder: BytePath(folder.path)) {
      time += 500_000_000
      return WallTime(nanoseconds: time)
    }
    try writer.scalar("loss/contextual", 0.25, step: 7)
    try writer.scalar("loss/contextual", .nan, step: 8)
    try writer.image("reconstruction", picture, step: 8)
    try writer.flush()
    let events = try EventFile.events(of: folder.bytes(of: try #require(folder.names().first)))
    #expect(events.map(\.step) == [0, 7, 8, 8])
    #expect(events.map(\.wallTime) == [1_500_000_001, 1_500_000_001.5, 1_500_000_002, 1_500_000_002.5])
    #expect(events[1].summary.value.first?.tag == "loss/contextual")
    #expect(events[1].summary.value.first?.simpleValue == 0.25)
    #expect(events[2].summary.value.first?.simpleValue.isNaN == true)
    let image = try #require(events[3].summary.value.first).image
    #expect([image.width, image.height, image.colorspace] == [5, 3, 3])
    #expect(try PNG.decode(Array(image.encodedImageString)).image == picture)
  }

  @Test func `a training that goes on has a file of its own, behind the first, which says from where it counts`() throws
  {
    let folder = try TemporaryFolder()
    let clock = { WallTime(nanoseconds: 1_700_000_000_000_000_000) }
    let first = try TensorBoardWriter(folder: BytePath(folder.path), clock: clock)
    let second = try TensorBoardWriter(folder: BytePath(folder.path), resumedStep: 12, clock: clock)
    #expect(first.path < second.path)
    let events = try EventFile.events(of: folder.bytes(of: folder.names()[1]))
    #expect(events.map(\.fileVersion) == ["brain.Event:2", ""])
    #expect(events[1].sessionLog.status == .start)
    #expect(events[1].step == 13)
  }

  @Test func `a folder that cannot be made is named`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([], to: "file")
    let error = #expect(throws: TrainingLogError.self) { try TensorBoardWriter(folder: BytePath("\(file)/log")) }
    #expect("\(try #require(error))".contains("'\(file)/log"))
    #expect(throws: TrainingLogError.zeroByte(BytePath("a\0b"))) { try TensorBoardWriter(folder: BytePath("a\0b")) }
  }
}

/// Reads event files, checksums checked.
enum EventFile {
  /// A file's records.
  static func events(of bytes: [UInt8]) throws -> [Tensorboard_Event] {
    var rest = bytes[...]
    var events: [Tensorboard_Event] = []
    while !rest.isEmpty {
      let length = rest.prefix(8)
      try #require(rest.dropFirst(8).prefix(4).elementsEqual(little(CRC32C.masked(length))), "a length's checksum")
      let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
      let data = rest.dropFirst(12).prefix(count)
      let checksum = rest.dropFirst(12 + count).prefix(4)
      try #require(checksum.elementsEqual(little(CRC32C.masked(data))), "a record's checksum")
      events.append(try Tensorboard_Event(serializedBytes: Array(data)))
      rest = rest.dropFirst(16 + count)
    }
    return events
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
