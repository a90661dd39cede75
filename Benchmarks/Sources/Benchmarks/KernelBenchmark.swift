private import COpenBLAS

/// The matrix kernel against OpenBLAS's `cblas_sgemm`: same operands, one thread each.
enum KernelBenchmark {
  /// The network's shapes at size 64 with 64 features, on small blocks of pictures.
  static let networkShapes = [
    MatrixShape(252, 128, 1024), MatrixShape(66, 256, 2048), MatrixShape(18, 512, 4096), MatrixShape(1020, 64, 1024),
    MatrixShape(252, 512, 256), MatrixShape(252, 512, 1024),
  ]

  /// Single pictures and small batches in the deep layers, the latent vector, and columns that fill no panel.
  static let fewRowsShapes = [
    MatrixShape(1, 512, 4096), MatrixShape(4, 512, 4096), MatrixShape(16, 512, 4096), MatrixShape(64, 512, 4096),
    MatrixShape(4, 256, 2048), MatrixShape(16, 256, 2048), MatrixShape(64, 100, 4096), MatrixShape(64, 1, 4096),
    MatrixShape(256, 16, 1024), MatrixShape(256, 48, 1024),
  ]

  /// Weight gradients: rows are the contiguous floats of a kernel row, the depth is pixels.
  static let gradientShapes = [
    MatrixShape(256, 64, 4096), MatrixShape(256, 128, 16384), MatrixShape(512, 256, 4096), MatrixShape(1024, 512, 1024),
  ]

  /// What the kernel must reach of OpenBLAS's rate.
  static let requiredRatio = 0.95

  /// One line for OpenBLAS and one for each instruction set, for each shape.
  static func products(
    _ shapes: [MatrixShape], subject: String, sets: [KernelSet], harness: Harness, requiredRatio: Double?
  ) -> [Measurement] {
    openblas_set_num_threads(1)
    return shapes.flatMap { shape in
      let left = Floats(count: shape.rows * shape.depth, seed: 1)
      let right = Floats(count: shape.depth * shape.columns, seed: 2)
      let reference = Floats(count: shape.rows * shape.columns)
      let ours = sets.map { KernelProduct(shape, left: left, right: right, set: $0) }
      var contestants = [Contestant(name: "OpenBLAS") { multiply(shape, left, right, into: reference) }]
      for (set, product) in zip(sets, ours) {
        contestants.append(Contestant(name: set.name) { product.multiply(rows: 0..<shape.rows) })
      }
      let samples = harness.alternate(contestants)
      for product in ours { check(product.output, against: reference, shape) }
      return Measurement.lines(
        subject: subject, task: "\(shape)", contestants: contestants, samples: samples, threads: 1,
        work: shape.gigaflops, unit: "GFLOP/s", requiredRatio: requiredRatio)
    }
  }

  /// The same for transposed products; ours pack the right operand within the measured time.
  static func gradients(sets: [KernelSet], harness: Harness) -> [Measurement] {
    openblas_set_num_threads(1)
    return gradientShapes.flatMap { shape in
      let left = Floats(count: shape.depth * shape.rows, seed: 3)
      let right = Floats(count: shape.depth * shape.columns, seed: 4)
      let reference = Floats(count: shape.rows * shape.columns)
      let ours = sets.map { KernelTransposedProduct(shape, left: left, right: right, set: $0) }
      var contestants = [
        Contestant(name: "OpenBLAS") { multiply(shape, left, right, into: reference, transposed: true) }
      ]
      for (set, product) in zip(sets, ours) {
        contestants.append(Contestant(name: set.name) { product.multiply() })
      }
      let samples = harness.alternate(contestants)
      for product in ours { check(product.output, against: reference, shape) }
      return Measurement.lines(
        subject: "gradient", task: "\(shape)", contestants: contestants, samples: samples, threads: 1,
        work: shape.gigaflops, unit: "GFLOP/s")
    }
  }

  /// OpenBLAS's product, row-major, of `left` or its transpose.
  static func multiply(
    _ shape: MatrixShape, _ left: Floats, _ right: Floats, into output: Floats, transposed: Bool = false
  ) {
    cblas_sgemm(
      CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, blasint(shape.rows), blasint(shape.columns),
      blasint(shape.depth), 1, left.base, blasint(transposed ? shape.rows : shape.depth), right.base,
      blasint(shape.columns), 0, output.base, blasint(shape.columns))
  }

  /// Traps when the two disagree by more than their rounding.
  static func check(_ output: Floats, against reference: Floats, _ shape: MatrixShape) {
    let difference = output.relativeDifference(to: reference)
    precondition(difference < 1e-4, "\(shape): the kernel's numbers differ from OpenBLAS's by \(difference)")
  }
}
