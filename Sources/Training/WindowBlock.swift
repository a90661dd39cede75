internal import Imaging
private import Synchronization
private import Tensors

/// The windows of a block, and those of them that had to be read from files.
struct WindowBlock: Sendable {
  /// The windows that it has, counted from the epoch's first.
  let windows: Range<Int>
  private let inputs: [NetworkInput]
  /// One a window, where its picture is not in memory; empty where all are.
  private var images: [Image?] = []

  /// A block's windows without their pixels.
  ///
  /// - Parameter rest: those that are still to come.
  init(_ epoch: WindowEpoch, number: Int, rest: Range<Int>) {
    let first = epoch.blocks[number].windows.lowerBound
    windows = rest
    inputs = Array(epoch.inputs(ofBlock: number)[(rest.lowerBound - first)..<(rest.upperBound - first)])
  }

  /// Whether one of its pictures is not in memory.
  func needsReading(_ set: PictureSet) -> Bool { inputs.contains { !set.isKept($0.picture) } }

  /// A window's pixels.
  ///
  /// - Parameter window: counted from the epoch's first.
  func image(_ window: Int, of set: PictureSet) throws(TrainingError) -> Image {
    let place = window - windows.lowerBound
    if !images.isEmpty, let image = images[place] { return image }
    return try set.images(of: [inputs[place]])[0]
  }

  /// Reads each picture that is not in memory once, and cuts its windows.
  ///
  /// - Parameter isAbandoned: asked before every picture; true ends it with what there is.
  /// - Returns: the block with its windows; or the failure of the first picture that has one.
  func read(
    from set: PictureSet, threadCount: Int, isAbandoned: @Sendable () -> Bool
  ) -> Result<WindowBlock, TrainingError> {
    var placesOf: [Int: [Int]] = [:]
    for (place, input) in inputs.enumerated() where !set.isKept(input.picture) {
      placesOf[input.picture, default: []].append(place)
    }
    let work = placesOf.sorted { $0.key < $1.key }
    let images = Mutex<[Image?]>(Array(repeating: nil, count: inputs.count))
    let failures = Mutex<[Int: TrainingError]>([:])
    // Fewer threads are slower and nothing else: what the system gives is enough.
    ThreadPool(atMost: min(threadCount, work.count), patience: 0).run(work.count) { task, _ in
      guard !isAbandoned() else { return }
      let places = work[task].value
      do throws(TrainingError) {
        let cut = try set.images(of: places.map { inputs[$0] })
        images.withLock { for (place, image) in zip(places, cut) { $0[place] = image } }
      } catch {
        failures.withLock { $0[task] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { return .failure(first.value) }
    var block = self
    block.images = images.withLock { $0 }
    return .success(block)
  }
}
