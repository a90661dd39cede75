private import Foundation

/// Measures this package's engine, in ratios within one run on one machine.
@main
enum Benchmarks {
  /// Exit status: 0 measured, 1 a required ratio was missed with `--strict`, 2 wrong usage.
  static func main() {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      if arguments == ["worker"] { return Worker().run() }
      let options = try Options(arguments)
      if options.help {
        print(Options.usage)
        return
      }
      let report = try measure(options)
      print(options.json ? try report.json() : report.markdown)
      if options.strict && report.measurements.contains(where: \.fallsShort) { exit(1) }
    } catch {
      FileHandle.standardError.write(Data("Benchmarks: \(error)\n".utf8))
      exit(2)
    }
  }

  /// Runs the subjects that were asked for. A new subject is a file of its own and a case here.
  private static func measure(_ options: Options) throws -> Report {
    let harness = Harness(runs: options.runs, takesProcessorTime: options.takesProcessorTime)
    let sets = try KernelSet.named(options.instructionSets)
    var report = Report()
    for subject in options.subjects {
      switch subject {
      case "kernel":
        report.measurements += KernelBenchmark.products(
          KernelBenchmark.networkShapes, subject: subject, sets: sets, harness: harness,
          requiredRatio: KernelBenchmark.requiredRatio)
      case "few-rows":
        report.measurements += KernelBenchmark.products(
          KernelBenchmark.fewRowsShapes, subject: subject, sets: sets, harness: harness, requiredRatio: nil)
      case "gradient":
        report.measurements += KernelBenchmark.gradients(sets: sets, harness: harness)
      case "matrix":
        report.measurements += MatrixBenchmark.run(threads: options.threads, sets: sets, harness: harness)
      case "scoring":
        report.measurements += NetworkBenchmark.scoring(options, sets: sets, harness: harness)
      case "training":
        report.measurements += NetworkBenchmark.training(options, sets: sets, harness: harness)
      case "allocations":
        report.measurements += AllocationBenchmark.run(options)
      case "decoding":
        report.measurements += DecodingBenchmark.run(harness)
      case "windows":
        report.measurements += WindowBenchmark.run(harness)
      default:
        preconditionFailure("a subject without a benchmark: '\(subject)'")
      }
    }
    return report
  }
}
