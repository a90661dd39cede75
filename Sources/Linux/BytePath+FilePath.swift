public import SystemPackage

extension BytePath {
  /// The path as swift-system has it, for calls on folders; separators are normalised.
  ///
  /// A zero byte ends a path in C: callers refuse such paths, here the rest would be lost.
  public var filePath: FilePath { terminated.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) } }
}
