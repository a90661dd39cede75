import Testing

@testable import GANomalyModel

struct ParameterShapesTests {
  @Test func `the names and shapes are those of the authors' code`() {
    let shapes = Hyperparameters.expectedShapes(for: Hyperparameters(size: 32, latentCount: 16, featureCount: 8))
    let expected: [String: [Int]] = [
      "netg.encoder1.main.initial-conv-1-8.weight": [8, 1, 4, 4],
      "netg.encoder1.main.pyramid-8-16-conv.weight": [16, 8, 4, 4],
      "netg.encoder2.main.pyramid-16-batchnorm.running_var": [16],
      "netg.encoder2.main.final-32-1-conv.weight": [16, 32, 4, 4],
      "netg.decoder.main.initial-16-32-convt.weight": [16, 32, 4, 4],
      "netg.decoder.main.pyramid-32-16-convt.weight": [32, 16, 4, 4],
      "netg.decoder.main.pyramid-8-batchnorm.bias": [8],
      "netg.decoder.main.final-8-1-convt.weight": [8, 1, 4, 4],
      "netd.features.0.weight": [8, 1, 4, 4], "netd.features.2.weight": [16, 8, 4, 4],
      "netd.features.3.running_mean": [16], "netd.features.5.weight": [32, 16, 4, 4], "netd.features.6.bias": [32],
      "netd.classifier.0.weight": [1, 32, 4, 4],
    ]
    for (name, shape) in expected { #expect(shapes[name] == shape, "\(name)") }
    // Two encoders of 12, a decoder of 16, a discriminator of 12.
    #expect(shapes.count == 52)
  }

  @Test func `extra layers stand after the first convolution and before the last, and count in the discriminator`() {
    let shapes = Hyperparameters.expectedShapes(
      for: Hyperparameters(size: 16, channelCount: 3, latentCount: 4, featureCount: 6, extraLayerCount: 2))
    let expected: [String: [Int]] = [
      "netg.encoder1.main.extra-layers-0-6-conv.weight": [6, 6, 3, 3],
      "netg.encoder1.main.extra-layers-1-6-batchnorm.weight": [6],
      "netg.decoder.main.extra-layers-1-6-conv.weight": [6, 6, 3, 3],
      "netg.decoder.main.final-6-3-convt.weight": [6, 3, 4, 4],
      "netd.features.2.weight": [6, 6, 3, 3], "netd.features.3.bias": [6], "netd.features.5.weight": [6, 6, 3, 3],
      "netd.features.8.weight": [12, 6, 4, 4], "netd.features.9.running_var": [12],
      "netd.classifier.0.weight": [1, 12, 4, 4],
    ]
    for (name, shape) in expected { #expect(shapes[name] == shape, "\(name)") }
  }
}
