import Foundation
import Imaging
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import GANomalyModel
@testable import Inspection

@Suite("lane: pictures that are looked at by windows") struct WindowLaneTests {
  /// What a lane does, in its order; a class, so that the functions of a judge can share it.
  private final class Steps: Sendable {
    let all = Shared<[String]>([])
    func add(_ step: String) { all.change { $0.append(step) } }
  }

  /// A lane over files, with a judge of a windowed model or of one's own.
  private struct Bench {
    let bench: RecorderBench
    let ledger: Ledger
    let around: Lane.Surroundings

    init(
      _ judge: PictureJudge, isStopping: Shared<Bool> = Shared(false), change: (inout Settings) -> Void = { _ in }
    ) throws {
      bench = try RecorderBench()
      ledger = try bench.recorder().1
      var settings = Settings()
      change(&settings)
      around = Lane.Surroundings(
        jobs: BoundedQueue(capacity: 16), results: BoundedQueue(capacity: 16), mailbox: Mailbox(wake: try WakeUp()),
        model: Shared(CurrentModel(generation: 1, judge: judge)), settings: Shared(settings), ledger: Shared(ledger),
        damage: Shared(nil), isStopping: isStopping, makeID: { UUID().uuidString.lowercased() },
        stopPatience: .milliseconds(20))
    }

    /// Has the lane do its work on some files.
    ///
    /// - Parameter isFinal: whether all is to be recorded, whatever it comes to.
    func run(
      _ files: [(name: String, bytes: [UInt8])], isFinal: Bool = true
    ) throws -> (results: [Inspected], findings: [InspectionFinding]) {
      for (name, bytes) in files {
        try bench.put(name, "")
        try Data(bytes).write(to: URL(filePath: bench.path + "/incoming/" + name))
        let name = FileName(name)!
        let request = InspectionRequest(
          name: name, status: try bench.incoming.status(of: name)!, readiness: .settled, isFinal: isFinal,
          isFinished: true, isAbandoned: false, attempt: 1, noticed: .now)
        #expect(around.jobs.push(LaneJob(request: request, incoming: bench.incoming)) == .added)
      }
      around.jobs.close()
      Lane(around, heartbeat: Heartbeat(name: "test")).run()
      let results = around.results.count == 0 ? [] : around.results.pop(atMost: 16, waitingAtMost: .zero) ?? []
      return (results, around.mailbox.take().map(\.finding))
    }
  }

  private static func judge(_ model: Model) throws -> PictureJudge {
    let folder = try TemporaryFolder()
    try model.write(to: folder.path("m"))
    return try PictureJudge(modelFile: FilePath(folder.path("m")))
  }

  private static let files = (0..<10).map { ("\($0).png", PNG.encode(WindowedModel.picture($0))) }

  @Test(arguments: [
    WindowPlan(stride: 8), WindowPlan(scale: 0.5, stride: 5),
    WindowPlan(stride: 16, field: .region(PixelBox(x: 3, y: 5, width: 40, height: 33))),
  ])
  func `each picture has the score of its windows, and an anomaly its regions and what shows them`(
    plan: WindowPlan
  ) throws {
    let model = try WindowedModel.make(plan)
    let calibration = try #require(model.calibration)
    let bench = try Bench(Self.judge(model))
    let (results, _) = try bench.run(Self.files)
    #expect(results.count == 10)
    for (number, result) in results.enumerated() {
      let record = result.record
      let explained = try WindowedModel.explained(number, model)
      #expect(record.score == explained.score && record.width == 70 && record.height == 52)
      #expect(record.decodeMicroseconds > 0 && record.inferenceMicroseconds > 0)
      let isAnomalous = calibration.isAnomalous(explained.score)
      #expect(record.verdict == (isAnomalous ? .anomaly : .normal))
      #expect((result.view != nil) == isAnomalous)
      #expect(record.regions.isEmpty == !isAnomalous && record.regions.count <= 16)
      guard isAnomalous else { continue }
      let geometry = try model.preparation.geometry(width: 70, height: 52)
      let map = try #require(explained.map)
      #expect(record.regions == geometry.boxes(of: map, above: calibration.threshold))
      for region in record.regions {
        #expect(region.clipped(width: 70, height: 52) == region)
        #expect(region.x >= geometry.source.x && region.y >= geometry.source.y)
        #expect(region.x + region.width <= geometry.source.x + geometry.source.width)
      }
      // The picture three times as large, twice beside each other.
      let view = try PNG.decode(try #require(result.view).bytes).image
      #expect(view.width == 3 * 8 + 2 * max(70 * 3, 252))
      let picture = WindowedModel.picture(number)
      #expect(view[8, 52, 0] == picture[0, 0] && view[8 + 3 * 69, 52 + 3 * 51, 0] == picture[69, 51])
    }
    #expect(Set(results.map(\.record.verdict)) == [.normal, .anomaly])
  }

  @Test func `side pictures that are off, and anomalies that stay, have regions all the same`() throws {
    let judge = try Self.judge(WindowedModel.make())
    for change: (inout Settings) -> Void in [{ $0.sidePictures = .off }, { $0.onAnomaly = .leave }] {
      let (results, _) = try Bench(judge, change: change).run(Self.files)
      let anomalies = results.filter { $0.record.verdict == .anomaly }
      #expect(!anomalies.isEmpty && anomalies.allSatisfy { $0.view == nil && !$0.record.regions.isEmpty })
    }
  }

  @Test func `a picture of a size that the model does not take is unreadable at once`() throws {
    let small = PNG.encode(Image(width: 15, height: 52, channelCount: 1, level: 7))
    let (results, findings) = try Bench(Self.judge(WindowedModel.make())).run([("a.png", small)], isFinal: false)
    let record = try #require(results.first?.record)
    #expect(findings.isEmpty && record.verdict == .unreadable && record.reason == "wrong-size")
    #expect(record.action == .rejected && record.score == nil)
    #expect(record.detail?.contains("15x52") == true && record.detail?.contains("16x16") == true, "\(record)")
    let padded = try WindowedModel.make(WindowPlan(stride: 8, smallPictures: .padded))
    #expect(try Bench(Self.judge(padded)).run([("a.png", small)]).results.first?.record.score != nil)

    // A region that the picture does not hold, and a damaged file, which is damaged first.
    let region = WindowPlan(stride: 8, field: .region(PixelBox(x: 40, y: 0, width: 40, height: 40)))
    var model = SampleModel.make()
    model.preparation.windows = region
    model.calibration = try Calibration.manual(threshold: 1, scores: [0])
    let whole = PNG.encode(WindowedModel.picture(1))
    let (others, waiting) = try Bench(Self.judge(model)).run([("a.png", whole), ("b.png", whole.dropLast(9) + [])])
    #expect(others.map(\.record.reason) == ["wrong-size", "png-truncated"], "\(others.map(\.record))")
    #expect(waiting.isEmpty)
  }

  @Test func `a lane holds one large picture at a time, and what is decided does not wait for the next`() throws {
    let steps = Steps()
    let picture = WindowedModel.picture(0)
    let queues = Shared<(results: BoundedQueue<Inspected>, jobs: BoundedQueue<LaneJob>)?>(nil)
    var judge = PictureJudge(
      identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
      decode: { bytes, _ in
        steps.add("decode")
        return .picture(picture, width: 70, height: 52)
      },
      scoring: { _ in
        PictureJudge.Scoring { pictures, _ in
          let (decided, waiting) = queues.value.map { ($0.results.count, $0.jobs.count) } ?? (-1, -1)
          steps.add("score \(pictures.count), \(decided) decided, \(waiting) wait")
          return pictures.map { _ in PictureLane.Explained(score: 0) }
        }
      }, pValue: { _ in nil })
    judge.preparation = Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 8))
    let bench = try Bench(judge)
    queues.change { $0 = (bench.around.results, bench.around.jobs) }
    _ = try bench.run(Array(Self.files.prefix(3)))
    #expect(
      steps.all.value == [
        "decode", "score 1, 0 decided, 2 wait", "decode", "score 1, 1 decided, 1 wait", "decode",
        "score 1, 2 decided, 0 wait",
      ])
  }

  @Test func `scoring that takes longer than a stop may take is given up, and nothing is recorded`() throws {
    let isStopping = Shared(false)
    let asked = Shared(0)
    let picture = WindowedModel.picture(0)
    var judge = PictureJudge(
      identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
      telling: { _, _, _ in .picture(picture, width: 70, height: 52) },
      scoring: { _ in
        PictureJudge.Scoring(asking: { _, _, goesOn in
          isStopping.change { $0 = true }
          while goesOn() { asked.change { $0 += 1 } }
          return []
        })
      }, pValue: { _ in nil }, calibrationScores: [])
    judge.preparation = Preparation(size: 16, channelCount: 1, windows: WindowPlan(stride: 8))
    let (results, findings) = try Bench(judge, isStopping: isStopping).run(Array(Self.files.prefix(2)))
    #expect(results.isEmpty && findings.isEmpty && asked.value > 0)
  }

  @Test func `windows are given up between batches, and every batch is a sign of life`() throws {
    let model = try WindowedModel.make()
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1)
    let picture = try model.preparation.plane(of: WindowedModel.picture(3))
    let windows = model.preparation.grid(try model.preparation.geometry(width: 70, height: 52)).count
    var asked = 0
    let whole = lane.scores(
      of: [picture, picture], explaining: { _ in true },
      goesOn: {
        asked += 1
        return true
      })
    #expect(whole.count == 2 && whole[0] == whole[1])
    #expect(asked == 2 * windows / PictureLane.windowBatch)
    asked = 0
    let given = lane.scores(
      of: [picture, picture], explaining: { _ in true },
      goesOn: {
        asked += 1
        return asked * PictureLane.windowBatch < windows + 1
      })
    #expect(given == [whole[0]])
    #expect(lane.scores(of: [picture], explaining: { _ in false }, goesOn: { false }).isEmpty)
    // Nothing of what was given up is left for the next.
    #expect(lane.scores(of: [picture], explaining: { _ in true }) == [whole[0]])
  }

  @Test func `an overlay is drawn of the bytes that were scored, and of no others`() throws {
    let model = try WindowedModel.make()
    let judge = try Self.judge(model)
    let bench = try RecorderBench()
    let name = FileName("a.png")!
    let bytes = PNG.encode(WindowedModel.picture(9))
    try Data(bytes).write(to: URL(filePath: bench.path + "/incoming/a.png"))
    guard case .file(let file) = try PlainFile.open(name, in: bench.incoming) else {
      Issue.record("no file")
      return
    }
    var record = try bench.inspected("a.png").record
    (record.width, record.height) = (70, 52)
    let status = try #require(try bench.incoming.status(of: name))
    let request = InspectionRequest(
      name: name, status: status, readiness: .settled, isFinal: true, isFinished: true, isAbandoned: false, attempt: 1,
      noticed: .now)
    let held = Lane.Held(
      job: LaneJob(request: request, incoming: bench.incoming), file: OpenPicture(file), status: status,
      picture: WindowedModel.picture(9), record: record)
    let explained = try WindowedModel.explained(9, model)
    let signs = Shared(0)
    let drawer = SideViewDrawer(judge, Settings(), sign: SignOfLife { signs.change { $0 += 1 } })
    record.regions = drawer.regions(of: explained, record)
    #expect(!record.regions.isEmpty)
    #expect(drawer.view(of: held, explained, record) != nil && signs.value > 0)
    var smaller = Settings()
    smaller.maximumFileBytes = bytes.count - 1
    #expect(SideViewDrawer(judge, smaller, sign: .none).view(of: held, explained, record) == nil)
    // In place: the open file is the same.
    let handle = try FileHandle(forWritingTo: URL(filePath: bench.path + "/incoming/a.png"))
    try handle.write(contentsOf: Data(PNG.encode(WindowedModel.picture(8))))
    try handle.close()
    #expect(drawer.view(of: held, explained, record) == nil)
    #expect(drawer.regions(of: PictureLane.Explained(score: 9), record).isEmpty)
  }

  @Test func `a lane's memory for the largest picture follows region, scale and channels`() throws {
    func bytes(_ windows: WindowPlan?, channels: Int = 1) -> Int? {
      var judge = PictureJudge(
        identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
        decode: { _, _ in .failed(reason: "", sentence: "") }, makeScoring: { _ in { _ in [] } }, pValue: { _ in nil })
      judge.preparation = Preparation(size: 16, channelCount: channels, windows: windows)
      return judge.largestPictureBytes(fileBytes: 1000, pixels: 1_000_000)
    }
    #expect(bytes(nil) == nil)
    #expect(bytes(WindowPlan(stride: 8)) == 6_001_000)
    #expect(bytes(WindowPlan(scale: 0.5, stride: 8), channels: 3) == 4_251_000)
    #expect(bytes(WindowPlan(stride: 8, field: .region(PixelBox(x: 0, y: 0, width: 100, height: 50)))) == 3_016_000)
    #expect(
      bytes(WindowPlan(scale: 1.0 / 64, stride: 8, field: .region(PixelBox(x: 0, y: 0, width: 64, height: 64))))
        == 3_001_768
    )
  }

  @Test func `the records name the model's windows`() throws {
    #expect(
      try Self.judge(WindowedModel.make()).identity.summary.contains("windows of pictures at scale 1.0, stride 8, "))
    let region = WindowPlan(stride: 8, field: .region(PixelBox(x: 3, y: 5, width: 40, height: 33)))
    #expect(try Self.judge(WindowedModel.make(region)).identity.summary.contains(", region 3,5,40,33, threshold"))
    #expect(try !Self.judge(Self.calibrated()).identity.summary.contains("windows"))
  }

  private static func calibrated() throws -> Model {
    var model = SampleModel.make()
    model.calibration = try Calibration.manual(threshold: 1, scores: [0])
    return model
  }
}
