internal import CMatrixKernel

/// The vector instructions that the matrix kernel uses; all give the same bits.
public enum InstructionSet: Sendable, CaseIterable {
  /// C with `fmaf`, on any processor.
  case plain
  /// x86-64 with AVX2 and FMA.
  case avx2
  /// x86-64 with AVX-512F.
  case avx512
  /// AArch64.
  case neon

  /// The best one of this processor.
  public static let best: InstructionSet = {
    let set = cmk_best_instruction_set()
    return allCases.first { $0.code == set } ?? .plain
  }()

  /// Those that this build and this processor can run.
  public static var supported: [InstructionSet] { allCases.filter { cmk_supports($0.code) != 0 } }

  /// Rows up to which products from `PackedTaps` are faster than from packed factors; 0 where they never are.
  public var fewRows: Int { cmk_few_rows(code) }

  /// "plain", "avx2", "avx512" or "neon".
  public var name: String { "\(self)" }

  /// The kernel's number for it.
  var code: cmk_instruction_set {
    switch self {
    case .plain: CMK_PLAIN
    case .avx2: CMK_AVX2
    case .avx512: CMK_AVX512
    case .neon: CMK_NEON
    }
  }
}
