"""ONNX Runtime as a contestant: onnxruntime_worker.py (parallel|streams).

parallel: one batch after the other, each by all threads. streams: as many batches at once as there are streams, each by
one thread. Everything else is as it comes: all optimisations of the graph, threads that wait busily.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
import onnxruntime
from worker import Order, serve


class Scoring:
    """A session, and the threads that call it."""

    def __init__(self, order: Order, mode: str):
        self.inputs = order.inputs
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = order.threads if mode == "parallel" else max(1, order.threads // order.streams)
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(order.model, options, providers=["CPUExecutionProvider"])
        self.callers = ThreadPoolExecutor(order.streams) if mode == "streams" else None

    def score(self, index: int) -> numpy.ndarray:
        return self.session.run(["score"], {"image": self.inputs[index % len(self.inputs)]})[0]

    def numbers(self) -> list[float]:
        return [score for index in range(len(self.inputs)) for score in self.score(index)]

    def run(self, batches: int) -> None:
        if self.callers is None:
            for index in range(batches):
                self.score(index)
        else:
            list(self.callers.map(self.score, range(batches)))


def prepare(order: Order) -> Scoring:
    if order.work != "scoring":
        raise ValueError("ONNX Runtime is a contestant in scoring only")
    return Scoring(order, sys.argv[1])


if __name__ == "__main__":
    if sys.argv[1:] not in (["parallel"], ["streams"]):
        sys.exit(__doc__)
    serve(prepare)
