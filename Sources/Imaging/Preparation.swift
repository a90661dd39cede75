/// How pixels become network input: the one piece of code for training, calibration and the daemon.
public struct Preparation: Sendable, Equatable {
  /// Side of the network's square input in pixels.
  public var size: Int
  /// Channels of the network's input, 1 or 3.
  public var channelCount: Int

  /// The preparation of a network.
  public init(size: Int, channelCount: Int) {
    self.size = size
    self.channelCount = channelCount
  }
}
