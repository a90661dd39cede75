"""PyTorch as a contestant, in scoring and training: torch_worker.py (eager|channels-last).

Eager mode, as the authors' code runs; the other mode has pictures and weights in the memory layout that is said to be
faster for convolutions.
"""

import sys

import torch
from torch_network import Network, Step
from worker import Order, serve

COMPARED_STEPS = 3  # later ones show that the updates before were the same


class Scoring:
    """The generator with running statistics."""

    def __init__(self, network: Network, inputs: list[torch.Tensor]):
        self.network = network.eval()
        self.inputs = inputs

    def score(self, index: int) -> torch.Tensor:
        with torch.inference_mode():
            return self.network.scores(self.inputs[index % len(self.inputs)])

    def numbers(self) -> list[float]:
        return [float(score) for index in range(len(self.inputs)) for score in self.score(index)]

    def run(self, batches: int) -> None:
        for index in range(batches):
            self.score(index)


class Training:
    """Steps over one batch."""

    def __init__(self, network: Network, pictures: torch.Tensor):
        self.step = Step(network, pictures)

    def numbers(self) -> list[float]:
        return [loss for _ in range(COMPARED_STEPS) for loss in self.step.run()]

    def run(self, batches: int) -> None:
        for _ in range(batches):
            self.step.run()


def prepare(order: Order) -> Scoring | Training:
    torch.set_num_threads(order.threads)
    layout = torch.channels_last if sys.argv[1] == "channels-last" else torch.contiguous_format
    network = Network(order.model).to(memory_format=layout)
    if network.size != order.size:
        raise ValueError(f"'{order.model}' is of size {network.size}, expected {order.size}")
    inputs = [torch.from_numpy(batch).contiguous(memory_format=layout) for batch in order.inputs]
    return Scoring(network, inputs) if order.work == "scoring" else Training(network, inputs[0])


if __name__ == "__main__":
    if sys.argv[1:] not in (["eager"], ["channels-last"]):
        sys.exit(__doc__)
    serve(prepare)
