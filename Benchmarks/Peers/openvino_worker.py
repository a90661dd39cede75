"""OpenVINO as a contestant: openvino_worker.py (latency|throughput).

The two performance hints that it is meant to be used with; with throughput, batches wait in its own queue and its own
streams work on them. In 32 bits, because the default may be fewer on some processors.
"""

import sys

import openvino
from worker import Order, serve


class Scoring:
    """A model compiled for batches of one length."""

    def __init__(self, order: Order, hint: str):
        self.inputs = order.inputs
        core = openvino.Core()
        model = core.read_model(order.model)
        model.reshape([order.batch, 1, order.size, order.size])
        compiled = core.compile_model(
            model,
            "CPU",
            {
                "PERFORMANCE_HINT": hint.upper(),
                "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": order.threads,
            },
        )
        self.output = compiled.output("score")
        self.request = compiled.create_infer_request()
        # A picture that is alone does not wait beside another one.
        is_queued = hint == "throughput" and order.streams > 1
        self.queue = openvino.AsyncInferQueue(compiled) if is_queued else None

    def numbers(self) -> list[float]:
        return [score for batch in self.inputs for score in self.request.infer([batch])[self.output]]

    def run(self, batches: int) -> None:
        for index in range(batches):
            batch = self.inputs[index % len(self.inputs)]
            if self.queue is None:
                self.request.infer([batch], share_inputs=True, share_outputs=True)
            else:
                self.queue.start_async([batch], share_inputs=True)
        if self.queue is not None:
            self.queue.wait_all()


def prepare(order: Order) -> Scoring:
    if order.work != "scoring":
        raise ValueError("OpenVINO is a contestant in scoring only")
    return Scoring(order, sys.argv[1])


if __name__ == "__main__":
    if sys.argv[1:] not in (["latency"], ["throughput"]):
        sys.exit(__doc__)
    serve(prepare)
