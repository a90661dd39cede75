"""Do contestants find the same numbers? Only then do their times belong side by side.

Scores differ by rounding alone. Losses of training differ more from step to step: Adam's first update moves each weight
by the learning rate times the sign of its gradient, however small that is, so that a weight whose gradient is no more
than rounding may move the other way. Two correct steps in single precision therefore part, and PyTorch from itself:
Benchmarks/Peers/torch_rounding.py gives, for the models and pictures of these measurements, the relative distance of
PyTorch 2.13's losses from its own in double precision; the largest over two layouts, one thread and two, and sizes 32
and 64; and of ours, over the sizes:

    step   adversarial   contextual   encoder   discriminator
    1          1.6e-08      3.0e-07   1.5e-07         5.1e-07   PyTorch; moved otherwise: to 0.07 % of weights
    2          1.8e-05      4.2e-06   2.6e-04         8.2e-04   PyTorch
               2.3e-05      5.4e-06   5.4e-05         3.8e-04   ours
    3          3.2e-04      6.3e-05   4.7e-03         2.4e-02   PyTorch
               1.8e-04      6.1e-05   3.5e-03         2.9e-03   ours

Two contestants, each off to its own side, are held to five times the largest distance of PyTorch; in the first step,
which is rounding of sums alone, to 1e-5. The first update hides Adam's decay rates, because its bias correction divides
them out, so the third step is compared too: it sees another beta1 (recorded_steps.py has what PyTorch finds with a
wrong step). Another beta2 stays below rounding for a few steps: that the optimiser is Adam to the last digits is for
Tests/TrainingTests to say.
"""

from .programs import BenchmarkError

SCORE_TOLERANCE = 1e-4  # relative; 1.2e-6 was the largest seen, at sizes 32 and 64
LOSSES = ("adversarial", "contextual", "encoder", "discriminator")
# The largest relative distance of PyTorch from double precision, by step and loss; the first step's is so little that
# another order of sums, which another processor may bring, might pass it: it gets a floor.
ROUNDING = (
    (2e-6, 2e-6, 2e-6, 2e-6),
    (1.8e-5, 4.2e-6, 2.6e-4, 8.2e-4),
    (3.2e-4, 6.3e-5, 4.7e-3, 2.4e-2),
)
FACTOR = 5


def tolerance(work: str, index: int) -> float:
    """How far two contestants' numbers may be apart, relative to the first one's."""
    if work != "training":
        return SCORE_TOLERANCE
    step, loss = divmod(index, len(LOSSES))
    return FACTOR * ROUNDING[step][loss]


def title(work: str, index: int) -> str:
    """What a number is."""
    if work != "training":
        return f"score {index + 1}"
    step, loss = divmod(index, len(LOSSES))
    return f"{LOSSES[loss]} loss of step {step + 1}"


def check_agreement(work: str, where: str, names: list[str], numbers: list[list[float]]) -> float:
    """Fails where contestants found other numbers than the first one.

    Returns the largest relative difference: of all scores; in training of the first step's losses, the later ones being
    a matter of rounding.
    """
    largest = 0.0
    expected = len(LOSSES) * len(ROUNDING) if work == "training" else len(numbers[0])
    for name, found in zip(names, numbers, strict=True):
        if len(found) != expected or not found:
            raise BenchmarkError(f"not the same network: {where}: {name} found {len(found)} numbers, not {expected}")
        for index, (theirs, ours) in enumerate(zip(found, numbers[0])):
            difference = abs(theirs - ours) / abs(ours) if ours else abs(theirs)
            allowed = tolerance(work, index)
            # Written so that a NaN fails too.
            if not difference <= allowed:
                raise BenchmarkError(
                    f"not the same network: {where}, {title(work, index)}: {name} found {theirs}, {names[0]} {ours}, "
                    f"expected to agree within {allowed:.1e}")
            if work != "training" or index < len(LOSSES):
                largest = max(largest, difference)
    return largest
