"""Contestants in processes of their own, driven in turns over their standard input and output."""

import contextlib
import glob
import os
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .agreement import check_agreement
from .programs import BenchmarkError, only_processors
from .rounds import Rounds

PAUSE_SECONDS = 0.05  # at least, before a turn
# Until threads of the last contestant have ceased to wait busily for work: a fiftieth of one processor is still.
STILL_POLL_SECONDS = 0.03
STILL_SHARE = 0.02
STILL_PATIENCE_SECONDS = 2.0
TRIAL_SECONDS = 0.1
# A mode so much slower than another one of the same library in a trial is not raced.
HOPELESS = 1.5
PATIENCE_SECONDS = 600  # for one answer


@dataclass(frozen=True)
class Contestant:
    """Somebody who can do the work, in one of the ways that they offer."""

    name: str  # as in the tables
    mode: str  # "" for one who has a single way
    command: tuple[str, ...]
    model_suffix: str  # of the file that is read
    is_ours: bool = False

    @property
    def title(self) -> str:
        return f"{self.name}, {self.mode}" if self.mode else self.name


@dataclass(frozen=True)
class Case:
    """The same work for every contestant."""

    work: str  # scoring or training
    size: int
    batch: int
    streams: int  # batches under way at the same time
    threads: int  # that each contestant may use
    model: Path  # without its suffix
    pictures: Path  # prepared samples

    @property
    def title(self) -> str:
        return f"{self.work} at size {self.size}, batch {self.batch}, {self.streams} at once, {self.threads} threads"


@dataclass
class Outcome:
    """What came of a contestant in a case."""

    contestant: Contestant
    rounds: Rounds  # of the trial alone where it was not raced
    peak_memory: int  # bytes of its whole process
    is_raced: bool = True


class Worker:
    """A contestant's process."""

    def __init__(self, contestant: Contestant, threads: int):
        self.contestant = contestant
        # The libraries' own ways to be told how many threads to start; OpenBLAS is no part of any contestant.
        limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **limits},
            process_group=0)  # Ctrl-C is for the one who asks
        self.rest = b""

    def ask(self, *words: object) -> list[str]:
        """Sends a request; the words of the answer."""
        line = "\t".join(str(word) for word in words) + "\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
            answer = self._line()
        except (BrokenPipeError, EOFError) as error:
            raise BenchmarkError(f"{self.contestant.title} ended at '{words[0]}'; see above") from error
        if answer.startswith("error "):
            raise BenchmarkError(f"{self.contestant.title}: {answer.removeprefix('error ')}")
        return answer.split("\t")

    def _line(self) -> str:
        """The next line; read without a buffer of Python's, so that there is a time-out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise BenchmarkError(f"{self.contestant.title} did not answer within {PATIENCE_SECONDS} s")
            read = os.read(self.process.stdout.fileno(), 1 << 20)
            if not read:
                raise EOFError
            self.rest += read
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def prepare(self, case: Case) -> None:
        self.ask(
            "prepare", case.work, case.threads, case.streams, case.batch, case.size,
            case.model.with_suffix(self.contestant.model_suffix), case.pictures)

    def numbers(self) -> list[float]:
        return [float(word) for word in self.ask("numbers")[1:]]

    def seconds(self, batches: int) -> float:
        return float(self.ask("run", batches)[1])

    def worked_seconds(self) -> float:
        """What processors have worked for its threads so far."""
        nanoseconds = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as times:  # a thread may end meanwhile
                nanoseconds += int(times.read().split()[0])
        return nanoseconds * 1e-9

    def peak_memory(self) -> int:
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise BenchmarkError(f"the kernel does not tell of {self.contestant.title}'s memory")

    def close(self) -> None:
        """Ends the process, in whatever state it is."""
        if self.process.stdout.closed:
            return
        try:
            self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def race(case: Case, contestants: list[Contestant], rounds: int, seconds: float) -> tuple[list[Outcome], float]:
    """Every contestant's outcome, and by how much their numbers differed at most.

    In every round each has its turn, for about as many pictures as it works through in `seconds`; every round begins
    with another one. Before a turn all are still, and the first batch of a turn is not timed.
    """
    workers: list[Worker] = []
    try:
        with only_processors(case.threads):
            for contestant in contestants:
                workers.append(Worker(contestant, case.threads))
        for worker in workers:
            worker.prepare(case)
        titles = [contestant.title for contestant in contestants]
        difference = check_agreement(case.work, case.title, titles, [worker.numbers() for worker in workers])
        trials = [_trial(worker, workers, case) for worker in workers]
        raced = _promising(contestants, trials)
        outcomes = {
            index: Outcome(worker.contestant, Rounds([trials[index]]), worker.peak_memory(), is_raced=False)
            for index, worker in enumerate(workers) if index not in raced}
        for index in outcomes:
            workers[index].close()
        running = [workers[index] for index in raced]
        rates: list[list[float]] = [[] for _ in running]
        for number in range(rounds):
            for turn in range(len(running)):
                place = (turn + number) % len(running)
                batches = _batches(case, trials[raced[place]], seconds)
                rates[place].append(_rate(running[place], running, case, batches))
        for index, worker, rate in zip(raced, running, rates):
            outcomes[index] = Outcome(worker.contestant, Rounds(rate), worker.peak_memory())
        return [outcomes[index] for index in range(len(workers))], difference
    finally:
        for worker in workers:
            worker.close()


def _promising(contestants: list[Contestant], trials: list[float]) -> list[int]:
    """The places of all but the modes that are much slower than another one of the same library."""
    best: dict[str, float] = {}
    for contestant, rate in zip(contestants, trials, strict=True):
        best[contestant.name] = max(rate, best.get(contestant.name, 0))
    return [
        index for index, contestant in enumerate(contestants) if trials[index] * HOPELESS >= best[contestant.name]]


def _trial(worker: Worker, workers: list[Worker], case: Case) -> float:
    """A first rate, in pictures a second."""
    rate = _rate(worker, workers, case, case.streams)
    batches = _batches(case, rate, TRIAL_SECONDS)
    return rate if batches == case.streams else _rate(worker, workers, case, batches)


def _batches(case: Case, rate: float, seconds: float) -> int:
    """How many batches take so long: as many for each stream."""
    return case.streams * max(1, round(seconds * rate / (case.streams * case.batch)))


def _rate(worker: Worker, workers: list[Worker], case: Case, batches: int) -> float:
    wait_until_still(workers)
    return batches * case.batch / worker.seconds(batches)


def wait_until_still(workers: list[Worker]) -> None:
    """Until nobody works; but not for ever, because some library might always do something."""
    time.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + STILL_PATIENCE_SECONDS
    before, since = sum(worker.worked_seconds() for worker in workers), time.monotonic()
    while since < deadline:
        time.sleep(STILL_POLL_SECONDS)
        worked, now = sum(worker.worked_seconds() for worker in workers), time.monotonic()
        if worked - before <= STILL_SHARE * (now - since):
            return
        before, since = worked, now
