internal import Imaging

/// What gives a training the pictures of its batches, one batch after the other.
protocol BatchFeed: AnyObject {
  /// The next batch's inputs.
  ///
  /// - Throws: `TrainingError.pictureChanged`; the feed is of no use afterwards.
  func next() throws(TrainingError) -> [Image]
}
