import GANomalyModel
import Tensors
import Testing

@testable import Training

@Suite struct AveragedWeightsTests {
  private func network(seed: UInt64) -> TrainableNetwork {
    var random = RandomGenerator(seed: seed)
    let network = TrainableNetwork(.keras(size: 8, featureCount: 2))
    network.initialise(using: &random)
    for buffer in network.buffers { buffer.copy(from: random.normal(count: buffer.count, mean: 0, deviation: 1)) }
    return network
  }

  @Test func `averages follow their formula for every weight and running statistic`() {
    let network = network(seed: 1)
    let averaged = AveragedWeights(of: network)
    #expect(averaged.network.state == network.state)
    var expected = network.buffers.map { $0.values.map(Double.init) }
    for step in 1...300 {
      let other = self.network(seed: UInt64(step % 7 + 2))
      averaged.update(from: other)
      let decay = min(0.99, Double(step) / Double(step + 9))
      for (index, buffer) in other.buffers.enumerated() {
        for (place, value) in buffer.values.enumerated() {
          expected[index][place] = decay * expected[index][place] + (1 - decay) * Double(value)
        }
      }
    }
    for (buffer, expected) in zip(averaged.network.buffers, expected) {
      #expect(zip(buffer.values, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
    #expect(averaged.network.state.count == network.state.count)
  }

  @Test func `averages go on from their stored state to the last bit`() {
    let network = network(seed: 1)
    let whole = AveragedWeights(of: network)
    for seed in 2...5 { whole.update(from: self.network(seed: UInt64(seed))) }
    let first = AveragedWeights(of: network)
    for seed in 2...3 { first.update(from: self.network(seed: UInt64(seed))) }
    let second = AveragedWeights(first.network.state, of: network, updateCount: first.updateCount)
    for seed in 4...5 { second.update(from: self.network(seed: UInt64(seed))) }
    #expect(second.network.state == whole.network.state && second.updateCount == 4)
  }
}
