"""By how much rounding alone, and a wrong step, change the losses of training.

    torch_rounding.py MODEL PICTURES [BATCH]

PyTorch alone, over the same batch from the same weights: what it finds in double precision, and the relative distance
of its single precision from that, in both layouts, with one thread and two; then of steps with a fault in them. The
tolerances of scripts/support/benchmark/agreement.py are made from this table.

MODEL is a model file (.safetensors), PICTURES a file of prepared samples, one byte each.
"""

import sys
from collections.abc import Callable

import numpy
import torch
from torch_network import Network, Step

STEPS = 3
LOSSES = ("adversarial", "contextual", "encoder", "discriminator")
THREADS = (1, 2)
LAYOUTS = {"eager": torch.contiguous_format, "channels-last": torch.channels_last}

Fault = Callable[[Step], None]


def optimisers(step: Step) -> tuple[torch.optim.Adam, torch.optim.Adam]:
    return step.generator_optimiser, step.discriminator_optimiser


def other_setting(name: str, change: Callable[[object], object]) -> Fault:
    """Both optimisers with another setting."""
    def change_it(step: Step) -> None:
        for optimiser in optimisers(step):
            for group in optimiser.param_groups:
                group[name] = change(group[name])
    return change_it


def without_update(index: int) -> Fault:
    """One optimiser changes nothing."""
    def change_it(step: Step) -> None:
        optimisers(step)[index].step = lambda: None
    return change_it


FAULTS: dict[str, Fault] = {
    "twice the learning rate": other_setting("lr", lambda rate: 2 * rate),
    "learning rate 2 % larger": other_setting("lr", lambda rate: 1.02 * rate),
    "beta1 0.9": other_setting("betas", lambda betas: (0.9, betas[1])),
    "beta1 0.6": other_setting("betas", lambda betas: (0.6, betas[1])),
    "beta2 0.9": other_setting("betas", lambda betas: (betas[0], 0.9)),
    "beta2 0.99": other_setting("betas", lambda betas: (betas[0], 0.99)),
    "generator not updated": without_update(0),
    "discriminator not updated": without_update(1),
}


def signs_of_first_update(network: Network, before: dict[str, torch.Tensor]) -> torch.Tensor:
    """Whether each weight went up or down."""
    return torch.cat([
        torch.sign(weight.detach().double() - before[name].double()).flatten().to(torch.int8)
        for name, weight in network.named_parameters()])


def run(
    model: str, samples: numpy.ndarray, kind: torch.dtype, layout: torch.memory_format, threads: int,
    fault: Fault | None = None,
) -> tuple[numpy.ndarray, torch.Tensor]:
    """Losses [step, loss], and the signs of the first update."""
    torch.set_num_threads(threads)
    network = Network(model).to(dtype=kind, memory_format=layout)
    pictures = torch.from_numpy(samples.reshape(-1, 1, network.size, network.size)).to(dtype=kind)
    step = Step(network, pictures.contiguous(memory_format=layout))
    step.real, step.fake = step.real.to(kind), step.fake.to(kind)
    if fault is not None:
        fault(step)
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    losses = [step.run()]
    signs = signs_of_first_update(network, before)
    losses += [step.run() for _ in range(STEPS - 1)]
    return numpy.array(losses), signs


def main() -> None:
    model, path = sys.argv[1], sys.argv[2]
    batch = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    side = Network(model).size
    samples = numpy.fromfile(path, dtype=numpy.uint8, count=batch * side * side)
    samples = samples.astype(numpy.float32) / numpy.float32(127.5) - 1
    exact, exact_signs = run(model, samples, torch.float64, torch.contiguous_format, max(THREADS))
    head = [f"{step + 1}: {loss}" for step in range(STEPS) for loss in LOSSES]
    print("| |", " | ".join(head), "| weights that the first step moved the other way |")
    print("| --- |", " | ".join("---:" for _ in [*head, 0]), "|")
    print("| double precision |", " | ".join(repr(float(loss)) for loss in exact.flatten()), "| |", flush=True)

    def line(name: str, layout: torch.memory_format, threads: int, fault: Fault | None = None) -> None:
        losses, signs = run(model, samples, torch.float32, layout, threads, fault)
        cells = [f"{value:.1e}" for value in (numpy.abs(losses - exact) / numpy.abs(exact)).flatten()]
        moved = (signs != exact_signs).double().mean().item()
        print(f"| {name} |", " | ".join(cells), f"| {moved:.3%} |", flush=True)

    for name, layout in LAYOUTS.items():
        for threads in THREADS:
            line(f"single precision, {name}, {threads} thread{'s'[:threads - 1]}", layout, threads)
    for name, fault in FAULTS.items():
        line(name, torch.contiguous_format, max(THREADS), fault)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main()
