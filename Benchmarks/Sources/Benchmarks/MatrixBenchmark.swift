private import COpenBLAS
private import Tensors

/// A large square product with all threads: what a machine can do, and the measure of training and scoring on it.
enum MatrixBenchmark {
  /// The shape of the yardstick.
  static let shape = MatrixShape(1024, 1024, 1024)

  /// One line for OpenBLAS and one for each instruction set.
  static func run(threads: Int, sets: [KernelSet], harness: Harness) -> [Measurement] {
    let left = Floats(count: shape.rows * shape.depth, seed: 5)
    let right = Floats(count: shape.depth * shape.columns, seed: 6)
    let reference = Floats(count: shape.rows * shape.columns)
    let ours = sets.map { KernelProduct(shape, left: left, right: right, set: $0) }
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    var contestants = [
      Contestant(name: "OpenBLAS") { KernelBenchmark.multiply(shape, left, right, into: reference) }
    ]
    let pool = ThreadPool(threadCount: threads)
    for (set, product) in zip(sets, ours) {
      contestants.append(
        Contestant(name: set.name) {
          pool.run(threads) { index, _ in
            let rows = shape.rows
            product.multiply(rows: rows * index / threads..<rows * (index + 1) / threads)
          }
        })
    }
    let samples = harness.alternateSettled(contestants)
    for product in ours { KernelBenchmark.check(product.output, against: reference, shape) }
    return Measurement.lines(
      subject: "matrix", task: "\(shape)", contestants: contestants, samples: samples, threads: threads,
      work: shape.gigaflops, unit: "GFLOP/s")
  }
}
