/// What stands above and below the tables.
enum Page {
  /// The page's beginning.
  static func head(_ sets: [ScoreList], splits: Int) -> String {
    """
    # The promise, measured

    Real scores of pictures that training never saw are dealt at random into n that calibrate and the rest, which is
    judged: \(splits) times for each line. The rate is the part of the rest that lies above the threshold.

    - **ones**: MNIST, variant `paper` trained on 3,000 ones for 20 epochs; the other ones are normal, sevens anomalous.
    - **tiles**: magnetic tiles (Y. Huang et al., 2018), the `surfaces` preset trained on 2,500 normal patches for 1,000
      steps; the other 1,500 are normal, patches with defects anomalous.

    The scores lie in the project (`Tests/EvaluationTests/Goldens/scores-*.txt`), so that this page is made without data:

    ```
    swift run -c release --package-path Benchmarks CalibrationPromise Tests/EvaluationTests/Goldens/scores-*.txt
    ```

    `scripts/results/calibration-promise` trains, scores and makes it from the published sets. A shortened version is a
    test of the project.

    How to read it:

    - `conformal` and `quantile` have one threshold, and one line. Their promise is about the **mean rate**: it is
      l / (n + 1), the largest multiple of 1 / (n + 1) that does not pass the rate, 0.99 % for n = 100 and 1 %. Of the
      single calibrations a third to a half lie above the rate: that is what "on average" means. At best a mean
      is known to its deviation divided by the root of the number of deals. All lines of one n share the same deals, so
      that their means are off together.
    - **The 95 % bound** is about a single calibration and endless new pictures: one in twenty lies above it. Where the
      judged part is small its own chance comes on top; in brackets is what then is expected, exactly, of exchangeable
      scores without ties (a beta-binomial distribution).
    - With a **confidence** of 0.95 at most one in twenty calibrations has more than the rate itself, with the same
      brackets. It costs detections and needs more pictures.
    - `pot` promises nothing at finite n: read its mean and its deviation as what happened on these scores.
    - `f1` and `youden` choose on n normal and half of the anomalous pictures; rates and detections are of the others.

    """
  }

  /// The page's end.
  static let foot = """
    What this does not measure: whether new pictures come from the same source. A line that changes breaks exchangeability,
    and with it every promise here.
    """
}
