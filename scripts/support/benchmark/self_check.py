"""The instrument itself: it sees a loss, another network, and rounds that were disturbed."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import guard, jobs
from .agreement import check_agreement
from .programs import BenchmarkError
from .recorded_steps import EXACT_LOSSES, RIGHT_STEPS, WRONG_STEPS
from .rounds import Rounds


class Machine:
    """Stands in for a machine: `Benchmarks` gives the ratios that it is told, one a call."""

    def __init__(self, *ratios: float, yardstick: str = "sgemm", allocations: float = 0):
        self.ratios = list(ratios)
        self.allocations = allocations
        self.yardstick = yardstick

    def measure(self, *arguments: str) -> list[dict]:
        if "allocations" in arguments:
            return [{
                "subject": "allocations", "task": f"{work}, size 32", "unit": "allocations/image", "rate": rate}
                for work, rate in (("scoring", self.allocations), ("training", 300))]
        line = {"subject": "scoring", "task": "size 32, batch 1", "contestant": "avx2", "rate": 1}
        return [line, {**line, "ratio": self.ratios.pop(0), "comparedWith": self.yardstick}]


def is_refused(body: Callable[[], object]) -> bool:
    """Whether it ends with a sentence."""
    try:
        body()
    except BenchmarkError:
        return True
    return False


def jobs_failures() -> list[str]:
    """Whether what was measured is kept, and what is missing said."""
    def fail() -> list[dict]:
        raise BenchmarkError("no such network")

    def interrupt() -> list[dict]:
        raise KeyboardInterrupt

    saved: list[str] = []
    results: dict = {}
    quiet, jobs.note = jobs.note, lambda text: None
    try:
        jobs.run_jobs(
            [jobs.Job("first", "peers", lambda: [{"case": 1}]), jobs.Job("second", "peers", fail),
             jobs.Job("third", "disk", lambda: [{"case": 3}]), jobs.Job("fourth", "peers", interrupt),
             jobs.Job("fifth", "start", lambda: [{"case": 5}])],
            results, lambda found: saved.append(json.dumps(found)))
    finally:
        jobs.note = quiet
    found = []
    if (results.get("peers"), results.get("disk"), results.get("start")) != ([{"case": 1}], [{"case": 3}], None):
        found.append(f"a failure costs what was measured: {results}")
    why = {"second": "no such network", "fourth": jobs.INTERRUPTED, "fifth": jobs.NOT_REACHED}
    if results["missing"] != why or jobs.complain(why) is None or jobs.complain({}) is not None:
        found.append(f"what is missing is not said: {results['missing']}")
    if not saved or json.loads(saved[0])["peers"] != [{"case": 1}] or saved[-1] != json.dumps(results):
        found.append("results are not saved after every case")
    return found


def failures() -> list[str]:
    """What the instrument does not see; empty when all is well."""
    found: list[str] = []

    def expect(is_true: bool, sentence: str) -> None:
        if not is_true:
            found.append(sentence)

    def agree(*numbers: float) -> Callable[[], float]:
        return lambda: check_agreement("scoring", "a case", ["ours", "theirs"], [[1.0, -2.0], list(numbers)])

    expect(not is_refused(agree(1.00005, -2.0)), "numbers that agree are refused")
    for numbers in ((1.0, -2.001), (1.0, 2.0), (float("nan"), -2.0), (1.0,)):
        expect(is_refused(agree(*numbers)), f"numbers that differ are accepted: {numbers}")

    def learn(losses: list[float]) -> Callable[[], float]:
        return lambda: check_agreement("training", "a case", ["exact", "theirs"], [EXACT_LOSSES, losses])

    for name, distances in RIGHT_STEPS.items():
        for sign in (1, -1):
            losses = [loss * (1 + sign * distance) for loss, distance in zip(EXACT_LOSSES, distances, strict=True)]
            expect(not is_refused(learn(losses)), f"losses of a right step are refused: {name}")
    for name, losses in WRONG_STEPS.items():
        expect(is_refused(learn(losses)), f"losses of a wrong step are accepted: {name}")
    expect(is_refused(learn(EXACT_LOSSES[:8])), "losses of too few steps are accepted")
    expect(is_refused(learn([*EXACT_LOSSES[:11], float("nan")])), "a loss that is no number is accepted")

    found += jobs_failures()
    slow, steady = Rounds([10.0, 1.0, 10.0]), Rounds([5.0, 0.5, 4.0])
    expect(slow.ratio_to(steady) == 2, "a round that slows both down changes their ratio")

    committed, note = guard.EXPECTED, guard.note
    guard.note = lambda text: None
    with tempfile.TemporaryDirectory() as folder:
        guard.EXPECTED = Path(folder) / "expected.json"
        try:
            expect(is_refused(lambda: guard.check(Machine(1.0))), "nothing is committed, and nothing is said")
            guard.update(Machine(1.0))
            expect(guard.check(Machine(0.86))[1] == [], "a small loss counts")
            expect(guard.check(Machine(0.5, 0.9))[1] == [], "a loss that does not come back counts")
            expect(len(guard.check(Machine(0.5, 0.84))[1]) == 1, "a loss that comes back does not count")
            expect(len(guard.check(Machine(float("nan"), float("nan")))[1]) == 1, "no number is no loss")
            expect(
                len(guard.check(Machine(1.0, allocations=0.5))[1]) == 1, "an allocation of a warm lane is not noticed")
            expect(
                is_refused(lambda: guard.check(Machine(1.0, yardstick="another"))), "another yardstick is not noticed")
        finally:
            guard.EXPECTED, guard.note = committed, note
    expect(guard.judge({"gone": 1.0}, {}) == ["gone"], "a case that is not measured any more is no loss")
    return found
