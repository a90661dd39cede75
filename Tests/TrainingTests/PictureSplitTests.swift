import GANomalyModel
import Imaging
import Testing
import Training

@Suite struct PictureSplitTests {
  private func digests(_ count: Int, different: Int = .max) -> [PictureDigest] {
    (0..<count).map { index in
      let value = index % different
      return PictureDigest(
        of: Image(width: 2, height: 1, channelCount: 1, samples: [UInt8(value / 256), UInt8(value % 256)]))
    }
  }

  private func split(
    _ digests: [PictureDigest], _ validation: Double, _ calibration: Double, least: Int = 1, seed: UInt64 = 1
  )
    -> PictureSplit
  {
    PictureSplit(
      digests: digests, validationShare: validation, calibrationShare: calibration, leastCalibrationCount: least,
      seed: seed)
  }

  @Test func `every picture has one place, and shares are those asked for`() {
    let split = split(digests(1000), 0.1, 0.2)
    #expect(split.calibration.count == 200 && split.validation.count == 100 && split.training.count == 700)
    #expect(Set(split.training + split.validation + split.calibration) == Set(0..<1000))
    #expect(split == self.split(digests(1000), 0.1, 0.2))
    #expect(split != self.split(digests(1000), 0.1, 0.2, seed: 2))
  }

  @Test func `copies of training pictures do not calibrate`() {
    let split = split(digests(1000, different: 10), 0.1, 0.2)
    #expect(split.calibration.isEmpty)
    #expect(split.training.count == 700)
  }

  @Test func `a share of too few pictures is raised to the least count, as far as a picture is left to train`() {
    for (count, expected) in [(1, 0), (2, 1), (3, 2), (12, 2), (40, 4)] {
      let split = PictureSplit(
        digests: digests(count), validationShare: 0.1, leastValidationCount: 2, calibrationShare: 0,
        leastCalibrationCount: 1, seed: 1)
      #expect(split.validation.count == expected && split.training.count == count - expected)
    }
  }

  @Test func `small sets keep a picture for training`() {
    for count in 1...12 {
      let split = split(digests(count), 0.9, 0.05)
      #expect(!split.training.isEmpty)
      #expect(split.validation.isEmpty == (count == 1))
    }
    #expect(split(digests(9), 0, 0).validation.isEmpty)
  }
}
