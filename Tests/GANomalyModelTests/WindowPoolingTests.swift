import Testing

@testable import GANomalyModel

struct WindowPoolingTests {
  @Test func `poolings of five windows are those computed by hand`() {
    let scores: [Float] = [0.5, 8, -1, 2, 2]
    #expect(WindowPooling.maximum.score(scores) == 8)
    #expect(WindowPooling.meanOfTop(1).score(scores) == 8)
    #expect(WindowPooling.meanOfTop(2).score(scores) == 5)
    #expect(WindowPooling.meanOfTop(4).score(scores) == 3.125)
    #expect(WindowPooling.meanOfTop(5).score(scores) == 2.3)
    #expect(WindowPooling.meanOfTop(1000).score(scores) == 2.3)
    for (part, expected) in [
      (0.01, -1), (0.2, -1), (0.21, 0.5), (0.4, 0.5), (0.5, 2), (0.8, 2), (0.81, 8), (0.99, 8),
    ] as [(Double, Float)] {
      #expect(WindowPooling.quantile(part).score(scores) == expected, "\(part)")
    }
    for pooling in [WindowPooling.maximum, .meanOfTop(3), .quantile(0.5)] { #expect(pooling.score([0.25]) == 0.25) }
  }

  @Test func `a rank is the least whose part of the windows reaches the quantile`() {
    for count in 1...300 {
      for part in [0.001, 0.01, 0.07, 0.29, 0.5, 0.57, 0.9, 0.95, 0.99, 0.999] {
        let rank = WindowPooling.rank(part, of: count)
        let least = (1...count).first { Double($0) / Double(count) >= part }
        #expect(rank == least, "\(part) of \(count)")
      }
    }
  }

  @Test func `no pooling is above the maximum, and the order of windows changes no bit`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let scores = (0..<Int.random(in: 1...40)).map { _ in Float.random(in: 0.1...0.1001, using: &random) }
      for pooling in [WindowPooling.maximum, .meanOfTop(3), .meanOfTop(100), .quantile(0.9)] {
        let score = pooling.score(scores)
        #expect(score <= scores.max() ?? 0)
        #expect(pooling.score(scores.shuffled()) == score)
      }
    }
    #expect(WindowPooling.meanOfTop(7).score([Float](repeating: 0.1, count: 9)) == 0.1)
  }

  @Test func `a window without a number makes a picture without one`() {
    for pooling in [WindowPooling.maximum, .meanOfTop(1), .quantile(0.5)] {
      #expect(pooling.score([1, .nan, 2]).isNaN)
      #expect(pooling.score([.nan]).isNaN)
    }
  }

  @Test func `a pooling is written and read by one text each`() {
    for pooling in [WindowPooling.maximum, .meanOfTop(1), .meanOfTop(65_536), .quantile(0.99), .quantile(1e-6)] {
      #expect(WindowPooling(text: pooling.text) == pooling)
    }
    #expect(WindowPooling.meanOfTop(5).text == "top-5" && WindowPooling.quantile(0.99).text == "quantile-0.99")
    for text in [
      "", "max", "top", "top-", "top-0", "top-05", "top-65537", "top--1", "quantile-0", "quantile-1", "quantile-1.0",
      "quantile-0.990", "quantile-nan", "quantile-", "mean", " maximum",
    ] {
      #expect(WindowPooling(text: text) == nil, "\(text)")
    }
  }

  @Test func `a person may write a pooling in more ways than a file`() {
    for (text, pooling) in [
      ("quantile-0.990", WindowPooling.quantile(0.99)), ("quantile-.9", .quantile(0.9)),
      ("quantile-0.00001", .quantile(1e-5)), ("top-05", .meanOfTop(5)), ("maximum", .maximum),
    ] {
      #expect(WindowPooling(lenient: text) == pooling, "\(text)")
    }
    for text in [
      "", "top-0", "top-70000", "quantile-0", "quantile-1", "quantile-1.0", "quantile-nan", "mean", "Maximum",
    ] {
      #expect(WindowPooling(lenient: text) == nil, "\(text)")
    }
  }
}
