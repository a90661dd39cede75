import GANomalyModel
import Imaging
import TestSupport
import Testing

@testable import Training

struct AugmentationTests {
  /// Its samples are 0 to 15 (or 47), so that every change shows.
  private func numbered(_ channelCount: Int = 1) -> Image {
    Image(
      width: 4, height: 4, channelCount: channelCount, samples: (0..<16 * channelCount).map { UInt8($0) })
  }

  private func results(_ text: String, of picture: Image, count: UInt64 = 200) throws -> [[UInt8]: Int] {
    let augmentation = try #require(Augmentation(text))
    var counts: [[UInt8]: Int] = [:]
    for seed in 0..<count { counts[augmentation.changed(picture, seed: seed).samples, default: 0] += 1 }
    return counts
  }

  @Test(arguments: [
    ("none", "none"), ("flip", "flip"), ("flip-vertical,flip-horizontal", "flip"), ("flip-vertical", "flip-vertical"),
    ("noise=3,shift,rotate90", "rotate90,shift=2,noise=3"), ("brightness", "brightness=10"), ("noise", "noise=4"),
  ])
  func `changes are read by their names and written in one order`(text: String, canonical: String) throws {
    let augmentation = try #require(Augmentation(text))
    #expect(augmentation.description == canonical)
    #expect(Augmentation(canonical) == augmentation)
  }

  @Test(arguments: [
    "", "turn", "flip,flip", "flip=2", "shift=0", "shift=-1", "shift=", "shift=x", "noise=65", "flip,", "none,flip",
  ])
  func `what is no change is refused`(text: String) {
    #expect(Augmentation(text) == nil)
  }

  @Test func `a picture has four mirrored forms, four turned ones, and all eight together`() throws {
    #expect(try results("flip-horizontal", of: numbered()).count == 2)
    #expect(try results("flip-vertical", of: numbered(3)).count == 2)
    let flipped = try results("flip", of: numbered())
    #expect(flipped.count == 4)
    // Each form has a quarter of 200 draws: 50, with a standard deviation of 6.
    #expect(flipped.values.allSatisfy { 20...80 ~= $0 })
    #expect(try results("rotate90", of: numbered()).count == 4)
    #expect(try results("flip,rotate90", of: numbered()).count == 8)
    let upsideDown: [UInt8] = [12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]
    #expect(try results("flip-vertical", of: numbered())[upsideDown] != nil)
    let quarter: [UInt8] = [3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12]
    #expect(try results("rotate90", of: numbered())[quarter] != nil)
  }

  @Test func `a shifted picture repeats its edge`() throws {
    let shifted = try results("shift=1", of: numbered())
    #expect(shifted.count == 9)
    #expect(shifted[[0, 0, 1, 2, 4, 4, 5, 6, 8, 8, 9, 10, 12, 12, 13, 14]] != nil)
    #expect(shifted[numbered().samples] != nil)
  }

  @Test func `brightness moves all samples alike, noise each on its own, both stay in range`() throws {
    let grey = Image(width: 4, height: 4, channelCount: 1, level: 100)
    let brighter = try results("brightness=2", of: grey)
    #expect(Set(brighter.keys.map { Set($0) }) == Set((98...102).map { Set([UInt8($0)]) }))
    let noisy = try results("noise=2", of: grey)
    #expect(noisy.keys.allSatisfy { $0.allSatisfy { 98...102 ~= $0 } })
    #expect(noisy.count > 150)
    for level in [UInt8.min, .max] {
      let edge = Image(width: 4, height: 4, channelCount: 1, level: level)
      #expect(try results("brightness=64,noise=64", of: edge).keys.joined().contains(level))
    }
  }

  @Test(arguments: [(16, 7), (17, 8), (3, 1), (1, 0), (2, 0)])
  func `a shift by half the side or more is refused before training`(side: Int, most: Int) throws {
    func validate(_ shift: Int) throws(TrainingError) {
      var augmentation = Augmentation()
      augmentation.shift = shift
      try augmentation.validate(side: side)
    }
    for shift in 0...most { #expect(throws: Never.self) { try validate(shift) } }
    for shift in [most + 1, 64] {
      let error = try #require(throws: TrainingError.self) { try validate(shift) }
      #expect(
        error.description
          == "option '--augment' is 'shift=\(shift)', expected \(most == 0 ? "no shift" : "a shift of at most \(most)"), "
          + "less than half the side of \(side) pixels")
    }
    let options = try TrainingOptions(given: ["size": "16", "augment": "flip,shift=8"], threadCount: 1)
    #expect(throws: TrainingError.self) { try options.validate() }
  }

  @Test func `the seed alone decides`() throws {
    let augmentation = try #require(Augmentation("flip,rotate90,shift,brightness,noise"))
    let picture = SamplePicture.noise(width: 8, height: 8, channelCount: 3, seed: 1)
    #expect(augmentation.changed(picture, seed: 3) == augmentation.changed(picture, seed: 3))
    #expect(augmentation.changed(picture, seed: 3) != augmentation.changed(picture, seed: 4))
    #expect(Augmentation().changed(picture, seed: 3) == picture)
  }
}
