import ArgumentParser
import Imaging
import Linux
import Training

/// What the network sees of pictures that are larger than its input.
struct TrainWindowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The network sees squares of so many pixels of each picture instead of the picture shrunk: its --size; see above.",
      valueName: "pixels"))
  var window: Int?
  @Option(
    help: ArgumentHelp(
      "Makes pictures so much smaller before windows are taken, 1/64 to 1 (default: 1).", valueName: "factor"))
  var scale: Double?
  @Option(
    help: ArgumentHelp(
      "Looks at this rectangle of every picture alone, in pixels of the file: x,y,width,height.",
      valueName: "rectangle"), transform: PixelBox.option)
  var region: PixelBox?
  @Option(
    help: ArgumentHelp(
      "Looks at what is not black in this PNG alone; pictures must have its sides.", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var mask: String?
  @Option(
    help: ArgumentHelp(
      "Pixels from a window to the next when a picture is scored, after scaling (default: half a window).",
      valueName: "pixels"))
  var stride: Int?
  @Option(
    help: ArgumentHelp(
      "What becomes of pictures smaller than a window: refuse, or pad, which repeats their edge (default: refuse).",
      valueName: "what"))
  var smallPictures: WindowPlan.SmallPictures?

  /// Refuses options that contradict each other.
  func validate() throws {
    if region != nil, mask != nil {
      throw ValidationError("--region and --mask cannot be given together: draw the region into the mask")
    }
  }

  /// The options that were given besides the mask, as texts by name.
  var given: [String: String] {
    GivenOptions.texts([
      ("window", window), ("scale", scale), ("stride", stride), ("region", region?.text),
      ("small-pictures", smallPictures?.optionText),
    ])
  }

  /// Refuses what makes no plan; reads no file.
  ///
  /// - Parameter size: `--size`, where it was given.
  func check(size: Int?) throws {
    guard let window else {
      let names = given.keys.sorted() + (mask == nil ? [] : ["mask"])
      guard let first = names.first else { return }
      throw ValidationError("--\(first) belongs to --window: give it as well, or leave --\(first) out")
    }
    if let size, size != window {
      throw ValidationError(
        "--size is \(size), expected \(window) as --window: a window is the network's input; leave --size out")
    }
    guard Preparation.sizes.contains(window) else {
      throw ValidationError(
        "--window \(window) is not possible, expected \(Preparation.sizes.lowerBound) to \(Preparation.sizes.upperBound)"
      )
    }
    do {
      try plan(side: window, field: region.map { .region($0) } ?? .whole).check(side: window)
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// How pictures become windows; nil where the network sees them whole.
  ///
  /// - Throws: `CommandError` for a mask that cannot be used.
  func plan() throws -> WindowPlan? {
    guard let window else { return nil }
    guard let mask else { return plan(side: window, field: region.map { .region($0) } ?? .whole) }
    let read = try readMask(mask)
    let plan = plan(side: window, field: .mask(read))
    do {
      try plan.check(side: window)
    } catch {
      throw CommandError("cannot use the mask '\(mask)': \(error.description)")
    }
    if let shares = plan.maskShares { tell(shares, of: read, mask) }
    return plan
  }

  /// Says how much of each picture a mask leaves.
  private func tell(_ shares: WindowPlan.MaskShares, of read: RegionMask, _ name: String) {
    guard shares.drawn < 1 else {
      return Message.write("note: the mask '\(name)' has no black pixel: it leaves nothing out")
    }
    func percent(_ share: Double) -> String { "\((100 * share).rounded(toDigits: 1)) %" }
    Message.write("mask: \(read.width)x\(read.height) pixels, \(percent(shares.seen)) of them are looked at")
    guard shares.losesMuch else { return }
    let scale = self.scale ?? 1
    Message.write(
      "warning: \(percent(shares.drawn)) of the mask '\(name)' is not black, and \(percent(shares.seen)) are looked at: at "
        + "scale \(scale) what its edge crosses is left out; draw it \(Int((1 / scale).rounded(.up))) pixels larger on all "
        + "sides, or take a larger --scale")
  }

  /// Pixels from a window to the next; nil where the network sees pictures whole.
  var chosenStride: Int? { window.map { stride ?? WindowPlan.defaultStride(side: $0) } }

  /// Refuses options that are not those of a training that goes on.
  ///
  /// - Throws: `TrainingError.contradiction`; `CommandError` for another mask.
  func refuseContradictions(to preparation: Preparation, file: String) throws {
    let stored = preparation.windows?.optionTexts(side: preparation.size) ?? [:]
    for (name, text) in given.sorted(by: { $0.key < $1.key }) where stored[name] != text {
      throw TrainingError.contradiction(option: name, found: text, stored: stored[name], file: file)
    }
    guard let mask, try readMask(mask) != preparation.windows?.mask else { return }
    throw CommandError(
      "the mask '\(mask)' is not that of the training in '\(file)'; leave it out to go on with the one that is stored, or "
        + "begin anew without --resume")
  }

  private func plan(side: Int, field: WindowPlan.Field) -> WindowPlan {
    WindowPlan(
      scale: scale ?? 1, stride: stride ?? WindowPlan.defaultStride(side: side), field: field,
      smallPictures: smallPictures ?? .refused)
  }

  private func readMask(_ name: String) throws -> RegionMask {
    let bytes = try FileContents.read(PathArguments.bytePath(name), limit: Self.mostMaskBytes)
    do {
      return try RegionMask(png: bytes)
    } catch {
      throw CommandError("cannot use the mask '\(name)': \(error.description)")
    }
  }

  /// Most bytes of a mask's file.
  private static let mostMaskBytes = 256 << 20
}
