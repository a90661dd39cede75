private import CPNG
private import CZlib
internal import Imaging

/// From a PNG file in memory to a network's input, and the phases of it apart: where the time of a large picture goes.
///
/// The pictures are smooth with noise of three levels to each side, as cameras give them, and written as libpng does by
/// itself. What prepares a picture whole, as before there were rows, is the measure.
enum DecodingBenchmark {
  private static let sides = [(28, 28), (640, 480), (1920, 1080), (5472, 3648)]
  /// Side of the network's input; one channel.
  private static let size = 64

  /// Lines of four sizes, in grey and in colour; one thread.
  static func run(_ harness: Harness) -> [Measurement] {
    sides.flatMap { width, height in
      [1, 3].flatMap { channelCount in
        let image = picture(width: width, height: height, channelCount: channelCount)
        let bytes = PNG.encode(image)
        let contestants = contestants(image, bytes)
        return Measurement.lines(
          subject: "decoding", task: "\(width)x\(height) \(channelCount == 1 ? "grey" : "colour")",
          contestants: contestants, samples: harness.alternate(contestants), threads: 1,
          work: 1e-6 * Double(width * height), unit: "Mpixel/s")
      }
    }
  }

  private static func contestants(_ image: Image, _ bytes: [UInt8]) -> [Contestant] {
    let preparation = Preparation(size: size, channelCount: 1)
    let stream = PixelStream(of: bytes)
    let grey = image.convertedToGrey()
    var contestants = [
      Contestant(name: "prepared whole") { _ = preparation.prepare(try! PNG.decode(bytes).image) },
      Contestant(name: "prepared from rows") { _ = try! preparation.prepare(png: bytes) },
      Contestant(name: "whole picture, libpng") { _ = try! PNG.decode(bytes) },
      Contestant(name: "rows, libpng") { readRows(of: bytes, by: CPNG_ROAD_LIBPNG) },
      Contestant(name: "rows") { readRows(of: bytes, by: CPNG_ROAD_STREAM) },
      Contestant(name: "inflate alone, row by row") { stream.inflate(piece: image.width * image.channelCount + 1) },
      Contestant(name: "inflate alone") { stream.inflate(piece: 128 << 10) },
      Contestant(name: "resampling alone") { _ = grey.resampled(width: size, height: size) },
    ]
    if image.channelCount == 3 {
      contestants.append(Contestant(name: "colour to grey alone") { _ = image.convertedToGrey() })
    }
    return contestants
  }

  private static func readRows(of bytes: [UInt8], by road: cpng_road) {
    let limits = cpng_limits(maximum_side: 32_768, maximum_pixels: 100_000_000)
    bytes.withUnsafeBufferPointer { source in
      let rows = cpng_rows_open(source.baseAddress, source.count, limits, 0, road)
      defer { cpng_rows_close(rows) }
      var count: UInt32 = 0
      while cpng_rows_next(rows, nil, nil, &count) != nil {}
      precondition(cpng_rows_picture(rows).pointee.code == CPNG_OK && cpng_rows_road(rows) == road, "a sound file")
    }
  }

  /// Slopes and noise, always the same.
  static func picture(width: Int, height: Int, channelCount: Int) -> Image {
    var state: UInt32 = 1
    var samples: [UInt8] = []
    samples.reserveCapacity(width * height * channelCount)
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<channelCount {
          state = state &* 1_664_525 &+ 1_013_904_223
          // Two slopes that turn round, at another place in each channel.
          let slope = abs((column + 97 * channel) % 1024 - 512) / 5 + abs(row % 768 - 384) / 6
          samples.append(UInt8(40 + slope + Int(state >> 24) % 7 - 3))
        }
      }
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: samples)
  }
}

/// The compressed pixels of a PNG file, without its chunks.
private struct PixelStream {
  private let bytes: [UInt8]

  /// The contents of a sound file's IDAT chunks.
  init(of file: [UInt8]) {
    var place = PNG.signature.count
    var bytes: [UInt8] = []
    while place < file.count {
      let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      if file[place + 4..<place + 8].elementsEqual("IDAT".utf8) { bytes += file[place + 8..<place + 8 + length] }
      place += 12 + length
    }
    self.bytes = bytes
  }

  /// Unpacks all of it, so many bytes at a time.
  func inflate(piece: Int) {
    var target = [UInt8](repeating: 0, count: piece)
    bytes.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        var state = z_stream()
        // One place throughout, because zlib's state points back to it.
        withUnsafeMutablePointer(to: &state) { stream in
          var code = inflateInit_(stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
          stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
          stream.pointee.avail_in = uInt(source.count)
          while code == Z_OK {
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = uInt(piece)
            code = CZlib.inflate(stream, Z_NO_FLUSH)
          }
          precondition(code == Z_STREAM_END, "a sound stream")
          inflateEnd(stream)
        }
      }
    }
  }
}
