internal import GANomalyModel
internal import Linux

/// The tensors of a file of the authors' weights, by the names of our model file.
///
/// `module.` of data-parallel training is taken off wherever it stands; `netg.` and `netd.` are put in front where they
/// are missing; PyTorch's counters of batches are left out.
///
/// Source: samet-akcay/ganomaly 78da4ea, lib/model.py, `save_weights`; torch.nn.DataParallel.
struct WeightsFile {
  /// The file's name in sentences.
  let name: String
  /// The tensors by our names.
  let tensors: [String: StateTensor]

  /// Reads a file.
  ///
  /// - Throws: `ExchangeError` naming the file.
  init(_ path: BytePath) throws(ExchangeError) {
    name = escaped(path.bytes)
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path, limit: ModelFile.maximumBytes) } catch { throw .file(error) }
    do {
      tensors = try Self.tensors(of: bytes)
    } catch {
      throw .weights(name: name, error)
    }
  }

  private static func tensors(of bytes: [UInt8]) throws(WeightsError) -> [String: StateTensor] {
    guard !isPickled(bytes) else { throw .pickled }
    let container: SafeTensors
    do {
      container = try SafeTensors(bytes: bytes)
    } catch .unknownElementType(let tensor, let found) {
      throw .wrongElements(tensor: tensor, found: found)
    } catch {
      throw .container(error)
    }
    guard container.metadata["format"] != "ganomaly" else { throw .ownModel }
    var tensors: [String: StateTensor] = [:]
    for (name, tensor) in container.tensors.sorted(by: { $0.key < $1.key }) {
      let ours = ourName(of: name)
      if ours.hasSuffix(".num_batches_tracked") { continue }
      guard case .floats(let values) = tensor.values else {
        throw .wrongElements(tensor: name, found: tensor.values.elementName)
      }
      let old = tensors.updateValue(StateTensor(shape: tensor.shape, values: values), forKey: ours)
      guard old == nil else { throw .duplicate(tensor: ours) }
    }
    return tensors
  }

  /// Whether the bytes are a zip archive or a pickle, as `torch.save` writes them.
  private static func isPickled(_ bytes: [UInt8]) -> Bool {
    let zip = Array("PK".utf8) + [3, 4]
    // Older releases begin with a pickled number: protocol 2, a long of 10 bytes.
    let legacy: [UInt8] = [0x80, 0x02, 0x8A, 0x0A]
    return bytes.starts(with: zip) || bytes.starts(with: legacy)
  }

  /// The name of a tensor in our model file.
  static func ourName(of name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).filter { $0 != "module" }
    let rest = parts.joined(separator: ".")
    switch parts.first {
    case "encoder1", "decoder", "encoder2": return "netg." + rest
    case "features", "classifier": return "netd." + rest
    default: return rest
    }
  }
}
