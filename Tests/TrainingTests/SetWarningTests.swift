import Imaging
import Linux
import TestSupport
import Testing
import Training

struct SetWarningTests {
  private func warnings(
    _ pictures: [(name: String, picture: Image)], channelCount: Int = 1
  ) throws -> [SetWarning] {
    let folder = try TemporaryFolder()
    for (name, picture) in pictures { try folder.write(picture, to: "\(name).png") }
    let set = try PictureSet(
      below: BytePath(folder.path), preparation: Preparation(size: 16, channelCount: channelCount), threadCount: 2)
    return SetWarning.all(set).map { warning in
      switch warning {
      case .constant(let count, let total, let example):
        .constant(count: count, of: total, example: String(example.dropFirst(folder.path.count + 1)))
      case .copies(let count, let total, let example, let original):
        .copies(
          count: count, of: total, example: String(example.dropFirst(folder.path.count + 1)),
          original: String(original.dropFirst(folder.path.count + 1)))
      case .nearCopies(let count, let total, let example, let twin):
        .nearCopies(
          count: count, of: total, example: String(example.dropFirst(folder.path.count + 1)),
          twin: String(twin.dropFirst(folder.path.count + 1)))
      default: warning
      }
    }
  }

  private func noise(_ seeds: Range<UInt64>, side: Int = 16, channelCount: Int = 1) -> [(name: String, picture: Image)]
  {
    seeds.map {
      ("n\(1000 + $0)", SamplePicture.noise(width: side, height: side, channelCount: channelCount, seed: $0))
    }
  }

  @Test func `a sound set is not warned of`() throws {
    #expect(try warnings(noise(0..<100)).isEmpty)
  }

  @Test func `few pictures, constant ones and copies are told with an example`() throws {
    let pictures =
      noise(0..<5)
      + [
        ("a", Image(width: 16, height: 16, channelCount: 1, level: 9)),
        ("b", Image(width: 16, height: 16, channelCount: 1, level: 200)),
        ("copy", SamplePicture.noise(width: 16, height: 16, seed: 3)),
      ]
    #expect(
      try warnings(pictures) == [
        .few(count: 8), .constant(count: 2, of: 8, example: "a.png"),
        .copies(count: 1, of: 8, example: "n1003.png", original: "copy.png"),
      ])
  }

  @Test func `one picture is told of as one`() {
    #expect(
      SetWarning.few(count: 1).description.hasPrefix("there is only 1 picture: a network hardly sees from it how"))
    #expect(
      SetWarning.few(count: 2).description.hasPrefix("there are only 2 pictures: a network hardly sees from them"))
  }

  @Test func `colour for a grey network, grey for a colour one and small pictures are told`() throws {
    #expect(
      try warnings(noise(0..<2, channelCount: 3) + noise(2..<100)) == [.colourLost(count: 2, of: 100)])
    #expect(
      try warnings(noise(0..<4, channelCount: 3) + noise(4..<100), channelCount: 3) == [
        .greyRepeated(count: 96, of: 100)
      ])
    #expect(try warnings(noise(0..<3, side: 9) + noise(3..<100)) == [.enlarged(count: 3, of: 100)])
  }

  @Test func `of pictures four times as large as the network's input, the commonest size is told`() throws {
    func picture(_ width: Int, _ height: Int, _ seed: UInt64) -> (name: String, picture: Image) {
      ("w\(1000 + seed)", SamplePicture.noise(width: width, height: height, seed: seed))
    }
    #expect(try warnings((0..<100).map { picture(63, 40, $0) }).isEmpty)
    #expect(
      try warnings((0..<100).map { picture($0 < 98 ? 63 : 64, 40, $0) }) == [
        .detailsLost(count: 2, of: 100, width: 64, height: 40, size: 16)
      ])
    #expect(
      try warnings((0..<100).map { picture($0 < 40 ? 64 : 80, 16, $0) }) == [
        .detailsLost(count: 60, of: 100, width: 80, height: 16, size: 16)
      ])
    // Of equally common sizes the larger one.
    #expect(
      try warnings((0..<100).map { picture($0 < 50 ? 64 : 80, 16, $0) }) == [
        .detailsLost(count: 50, of: 100, width: 80, height: 16, size: 16)
      ])
    #expect(
      SetWarning.detailsLost(count: 300, of: 300, width: 1280, height: 1024, size: 64).description
        == "pictures are 1280x1024, the network sees 64x64: details under 20 pixels vanish; see --window")
    #expect(
      SetWarning.detailsLost(count: 2, of: 3, width: 1024, height: 1281, size: 64).description
        == "pictures are 1024x1281 (2 of 3), the network sees 64x64: details under 21 pixels vanish; see --window")
  }

  @Test func `pictures that differ by noise alone are told`() throws {
    var twin = SamplePicture.noise(width: 16, height: 16, seed: 7)
    for index in twin.samples.indices where index % 3 == 0 {
      twin.samples[index] = twin.samples[index] < 255 ? twin.samples[index] + 1 : 254
    }
    #expect(
      try warnings(noise(0..<100) + [("x", twin)]) == [
        .nearCopies(count: 2, of: 101, example: "n1007.png", twin: "x.png")
      ])
  }

  @Test func `most of many near copies are found, and nothing else`() {
    var random = SmallRandom(seed: 1)
    func number(_ below: Int) -> Int { Int(random.next() * Float(below)) }
    // Smooth parts, every second one seen twice with a level of noise.
    var thumbnails: [[UInt8]] = []
    for index in 0..<2000 {
      let (level, slope, edge) = (60 + number(100), number(60), number(16))
      let part: [Int] = (0..<256).map { place in
        let (row, column) = (place / 16, place % 16)
        let step = row < edge ? 30 : 0
        return level + column * slope / 16 + step + number(3)
      }
      thumbnails.append(part.map { UInt8($0) })
      if index % 2 == 0 { thumbnails.append(part.map { UInt8($0 + number(2)) }) }
    }
    let twins = NearCopies.twins(thumbnails)
    for (index, twin) in twins.enumerated() {
      guard let twin else { continue }
      #expect(zip(thumbnails[index], thumbnails[twin]).allSatisfy { abs(Int($0) - Int($1)) <= NearCopies.tolerance })
    }
    // 2000 pictures have a twin.
    #expect(twins.count { $0 != nil } > 1600)
    #expect(NearCopies.twins([]).isEmpty)
  }
}
