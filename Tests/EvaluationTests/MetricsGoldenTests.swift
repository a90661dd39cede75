import Foundation
import Testing

@testable import Evaluation

/// Metrics against scikit-learn's, made by `Goldens/make_goldens.py`.
struct MetricsGoldenTests {
  @Test func `areas, precisions and best F1 are scikit-learn's on random, tied and degenerate scores`() throws {
    let path = try #require(Bundle.module.path(forResource: "metrics", ofType: "txt", inDirectory: "Goldens"))
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 17)
    for line in lines {
      let fields = line.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      // The texts are of doubles that are floats.
      func scores(_ field: String) -> [Float] { field.split(separator: " ").compactMap { Double($0).map(Float.init) } }
      let evaluation = Evaluation(normal: scores(fields[1]), anomalous: scores(fields[2]))
      let expected = try fields[3...].map { try #require(Double($0)) }
      let found = [evaluation.areaUnderROC, evaluation.averagePrecision, evaluation.bestF1?.value]
      for (value, golden) in zip(found, expected) {
        #expect(abs(try #require(value) - golden) < 1e-12, "\(fields[0]): \(found) for \(expected)")
      }
      // The best threshold gives the best F1 where it is applied.
      let best = try #require(evaluation.bestF1)
      #expect(evaluation.confusion(threshold: best.threshold).f1 == best.value, "\(fields[0])")
    }
  }
}
