/// A safetensors file in memory: named tensors and a table of texts.
///
/// The file is 8 bytes of header length (little-endian), a JSON header, and the tensors' bytes without gaps.
///
/// Source: https://huggingface.co/docs/safetensors, section "Format".
public struct SafeTensors: Sendable, Equatable {
  /// A tensor's elements, by the file's element type.
  public enum Values: Sendable, Equatable {
    /// `F32`.
    case floats([Float])
    /// `U8`.
    case bytes([UInt8])
    /// `I64`.
    case integers([Int64])

    /// The number of elements.
    public var count: Int {
      switch self {
      case .floats(let values): values.count
      case .bytes(let values): values.count
      case .integers(let values): values.count
      }
    }

    /// The element type's name in the file.
    public var elementName: String { elementType.rawValue }

    /// The element type.
    var elementType: ElementType {
      switch self {
      case .floats: .float32
      case .bytes: .uint8
      case .integers: .int64
      }
    }
  }

  /// One tensor, row-major.
  public struct Tensor: Sendable, Equatable {
    /// Sizes, outermost first; empty for a scalar.
    public let shape: [Int]
    /// `shape`'s product values.
    public let values: Values

    /// A tensor from its values.
    public init(shape: [Int], values: Values) {
      precondition(values.count == shape.reduce(1, *), "a tensor has as many values as its shape says")
      self.shape = shape
      self.values = values
    }
  }

  /// The element types this program reads and writes, by their names in the file.
  enum ElementType: String, CaseIterable {
    case float32 = "F32"
    case uint8 = "U8"
    case int64 = "I64"

    /// Bytes an element.
    var width: Int {
      switch self {
      case .float32: 4
      case .uint8: 1
      case .int64: 8
      }
    }
  }

  /// The text of a file that holds the digest of all others and of the tensors' bytes: a reader that knows it refuses a
  /// file with a single changed bit. It is in files only, not in `metadata`.
  static let digestKey = "content_sha256"
  /// Most bytes of a header: far above the 30 kB of a model, far below what could exhaust memory.
  public static let maximumHeaderBytes = 16 << 20
  /// Most sizes in a shape.
  public static let maximumRank = 8

  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// The header's `__metadata__`: texts by name.
  public var metadata: [String: String]

  /// A container from its parts.
  public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }
}
