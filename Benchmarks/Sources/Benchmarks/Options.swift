/// What the command line asks for.
struct Options {
  /// The benchmarks by their names, in the order of the table.
  static let subjects = [
    "kernel", "few-rows", "gradient", "matrix", "scoring", "training", "allocations", "decoding", "windows",
  ]

  /// The benchmarks to run; all of them when none is named.
  var subjects = Options.subjects
  /// Threads on both sides where a benchmark uses several.
  var threads = 2
  /// Runs of each contestant.
  var runs = 9
  /// Names of the kernel's instruction sets; empty: all vector sets of this processor.
  var instructionSets: [String] = []
  /// Sides of the network's input.
  var sizes = [32, 64, 128]
  /// Pictures of a batch when scoring.
  var batches = [1, 16, 64]
  /// The processor's time instead of the clock's.
  var takesProcessorTime = false
  /// JSON instead of a table.
  var json = false
  /// Exit status 1 when a required ratio is missed.
  var strict = false
  /// Only the help was asked for.
  var help = false

  /// Shown by `--help`.
  static let usage = """
    usage: Benchmarks [SUBJECT ...] [--threads N] [--runs N] [--sets NAME,NAME]
                      [--sizes N,N] [--batches N,N] [--processor-time] [--json] [--strict]
           Benchmarks worker

    subjects (all when none is named):
      kernel     the matrix kernel against OpenBLAS on the network's shapes, one thread
      few-rows   the same with the few rows of small batches, and with odd numbers of columns
      gradient   the weight gradient's transposed product against OpenBLAS, one thread
      matrix     1024 x 1024 x 1024 against OpenBLAS, all threads: the yardstick of training and scoring
      scoring    the network, one lane a thread, and one picture alone, against that yardstick
      training   steps at sizes up to 64 and batch 64, against that yardstick
      decoding   PNG files of four sizes up to 20 million pixels, prepared from rows and from whole pictures, and the
                 phases apart
      windows    a picture of 1280 x 1024, from its file to score and map by windows, and the phases apart
      allocations  what a warm lane and a warm training step ask of the heap

      --threads N   threads where several are used, on both sides (2)
      --runs N      timed runs of each contestant, in turns; odd, at least 5 (9);
                    short ones get up to 201
      --sets NAMES  the kernel's instruction sets: plain, avx2, avx512, neon, or best (all vector sets of this processor)
      --sizes N     sides of the network's input (32,64,128)
      --batches N   pictures of a batch when scoring (1,16,64)
      --processor-time  seconds that a processor worked, not seconds that passed: what others do on the machine
                    counts less; with one thread only, because OpenBLAS's threads work while they wait
      --json        JSON instead of a table
      --strict      exit status 1 when a required ratio is missed
      --help        this text

    worker          does what its standard input says, line by line, as scripts/benchmark --peers wants it

    Build and run in release: swift run -c release Benchmarks
    """

  /// Reads the arguments after the program's name.
  ///
  /// - Throws: `UsageError` for anything that is not in `usage`.
  init(_ arguments: [String]) throws(UsageError) {
    var named: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--json": json = true
      case "--strict": strict = true
      case "--help", "-h": help = true
      case "--threads": threads = try Self.number(after: argument, in: &rest, atLeast: 1)
      case "--runs":
        runs = try Self.number(after: argument, in: &rest, atLeast: 5)
        if runs.isMultiple(of: 2) { throw UsageError("'--runs' is an odd number, so that one run is the middle") }
      case "--sets":
        guard let names = rest.popFirst() else { throw UsageError("'--sets' lacks its names") }
        instructionSets = names.split(separator: ",").map(String.init)
      case "--sizes": sizes = try Self.numbers(after: argument, in: &rest)
      case "--batches": batches = try Self.numbers(after: argument, in: &rest)
      case "--processor-time": takesProcessorTime = true
      default:
        guard Self.subjects.contains(argument) else { throw UsageError("unknown argument '\(argument)'") }
        named.append(argument)
      }
    }
    if !named.isEmpty { subjects = Self.subjects.filter(named.contains) }
    if let size = sizes.first(where: { $0 < 16 || $0 & ($0 - 1) != 0 }) {
      throw UsageError("'--sizes \(size)': expected powers of two from 16")
    }
    if takesProcessorTime && threads != 1 { throw UsageError("'--processor-time' needs '--threads 1'") }
  }

  private static func numbers(after option: String, in rest: inout ArraySlice<String>) throws(UsageError) -> [Int] {
    guard let text = rest.popFirst() else { throw UsageError("'\(option)' lacks its numbers") }
    var numbers: [Int] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Int(word), (1...1024).contains(value) else {
        throw UsageError("'\(option) \(text)': expected numbers from 1 to 1024, separated by commas")
      }
      numbers.append(value)
    }
    return numbers
  }

  private static func number(
    after option: String, in rest: inout ArraySlice<String>, atLeast least: Int
  ) throws(UsageError) -> Int {
    guard let text = rest.popFirst() else { throw UsageError("'\(option)' lacks its number") }
    guard let value = Int(text), (least...1024).contains(value) else {
      throw UsageError("'\(option) \(text)': expected a number from \(least) to 1024")
    }
    return value
  }
}

/// A command line that makes no sense.
struct UsageError: Error, CustomStringConvertible {
  /// The sentence to show.
  let description: String

  /// An error with its sentence.
  init(_ description: String) { self.description = description }
}
