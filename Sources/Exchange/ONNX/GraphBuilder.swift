private import FoundationEssentials

/// Puts a graph of ONNX together, node by node: the same calls give the same bytes.
///
/// Nodes stand in the order of the calls, so that each finds its inputs. Operators are those of `operatorVersion`.
///
/// Source: https://github.com/onnx/onnx/blob/main/docs/IR.md, docs/Operators.md.
struct GraphBuilder {
  /// The version of the operators: the first with everything that a score needs, and old enough for every runtime.
  static let operatorVersion = 17

  private(set) var graph = Onnx_GraphProto()
  private var names: Set<String> = []
  private var constants: [String: GraphValue] = [:]

  /// An empty graph.
  init(name: String) {
    graph.name = name
  }

  /// Adds an input of floats.
  mutating func input(_ name: String, sizes: [GraphSize], meaning: String) -> GraphValue {
    graph.input.append(Self.information(name, sizes: sizes, meaning: meaning))
    return GraphValue(name: unused(name))
  }

  /// Makes what a node gives an output of floats, and gives it the output's name wherever it is used.
  mutating func output(_ value: GraphValue, as name: String, sizes: [GraphSize], meaning: String) {
    precondition(names.insert(name).inserted, "no other value has the name of an output: \(name)")
    for index in graph.node.indices {
      for place in graph.node[index].input.indices where graph.node[index].input[place] == value.name {
        graph.node[index].input[place] = name
      }
      if graph.node[index].output == [value.name] { graph.node[index].output = [name] }
    }
    graph.output.append(Self.information(name, sizes: sizes, meaning: meaning))
  }

  /// Adds floats; a name that is there already stands for the same floats.
  ///
  /// - Parameters:
  ///   - shape: sizes, outermost first; empty for a single number.
  ///   - values: row-major.
  mutating func constant(_ name: String, shape: [Int] = [], _ values: [Float]) -> GraphValue {
    precondition(values.count == shape.reduce(1, *), "a constant has as many values as its shape says: \(name)")
    if let known = constants[name] { return known }
    var tensor = Onnx_TensorProto()
    tensor.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    tensor.rawData = Self.littleEndian(values.map(\.bitPattern))
    return add(tensor, name, shape: shape)
  }

  /// Adds a list of whole numbers; a name that is there already stands for the same numbers.
  mutating func constant(_ name: String, integers: [Int]) -> GraphValue {
    if let known = constants[name] { return known }
    var tensor = Onnx_TensorProto()
    tensor.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
    tensor.rawData = Self.littleEndian(integers.map { Int64($0) })
    return add(tensor, name, shape: [integers.count])
  }

  /// Adds a node with one result.
  ///
  /// - Parameters:
  ///   - type: the operator.
  ///   - name: the node's and its result's; a number is put behind it where it is taken.
  ///   - inputs: in the operator's order.
  ///   - settings: by the operator's names.
  mutating func node(
    _ type: String, _ name: String, _ inputs: [GraphValue], _ settings: KeyValuePairs<String, GraphSetting> = [:]
  ) -> GraphValue {
    let name = unused(name)
    var node = Onnx_NodeProto()
    node.opType = type
    node.name = name
    node.input = inputs.map(\.name)
    node.output = [name]
    node.attribute = settings.map { Self.attribute($0.key, $0.value) }
    graph.node.append(node)
    return GraphValue(name: name)
  }

  private mutating func add(_ tensor: Onnx_TensorProto, _ name: String, shape: [Int]) -> GraphValue {
    var tensor = tensor
    let value = GraphValue(name: unused(name))
    tensor.name = value.name
    tensor.dims = shape.map { Int64($0) }
    graph.initializer.append(tensor)
    constants[name] = value
    return value
  }

  /// The name, or the name with the first number that makes it new.
  private mutating func unused(_ name: String) -> String {
    var (candidate, number) = (name, 1)
    while !names.insert(candidate).inserted {
      number += 1
      candidate = "\(name)/\(number)"
    }
    return candidate
  }

  private static func information(_ name: String, sizes: [GraphSize], meaning: String) -> Onnx_ValueInfoProto {
    var information = Onnx_ValueInfoProto()
    information.name = name
    information.docString = meaning
    information.type.tensorType.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    information.type.tensorType.shape.dim = sizes.map { size in
      var dimension = Onnx_TensorShapeProto.Dimension()
      switch size {
      case .fixed(let count): dimension.dimValue = Int64(count)
      case .named(let name): dimension.dimParam = name
      }
      return dimension
    }
    return information
  }

  private static func attribute(_ name: String, _ setting: GraphSetting) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    attribute.name = name
    switch setting {
    case .number(let value):
      attribute.type = .float
      attribute.f = value
    case .integer(let value):
      attribute.type = .int
      attribute.i = Int64(value)
    case .integers(let values):
      attribute.type = .ints
      attribute.ints = values.map { Int64($0) }
    }
    return attribute
  }

  private static func littleEndian(_ values: [some FixedWidthInteger]) -> Data {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * (values.first?.bitWidth ?? 0) / 8)
    for value in values {
      for place in 0..<value.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (place * 8))) }
    }
    return Data(bytes)
  }
}
