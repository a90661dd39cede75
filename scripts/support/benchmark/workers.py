"""Contestants in processes of their own, driven in turns over their standard input and output."""

import os
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .agreement import check_agreement
from .programs import BenchmarkError
from .rounds import Rounds

PAUSE_SECONDS = 0.25  # after which no thread of the last contestant still waits busily for work
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
    rounds: Rounds
    peak_memory: int  # bytes of its whole process


class Worker:
    """A contestant's process."""

    def __init__(self, contestant: Contestant, threads: int):
        self.contestant = contestant
        # The libraries' own ways to be told how many threads to start; OpenBLAS is no part of any contestant.
        limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **limits})
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

    def peak_memory(self) -> int:
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise BenchmarkError(f"the kernel does not tell of {self.contestant.title}'s memory")

    def close(self) -> None:
        """Ends the process, in whatever state it is."""
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

    In every round each has its turn, for as many pictures as the fastest works through in `seconds`; every round begins
    with another one. Before a turn all is still for a moment, and the first batch of a turn is not timed.
    """
    workers: list[Worker] = []
    try:
        for contestant in contestants:
            workers.append(Worker(contestant, case.threads))
            workers[-1].prepare(case)
        titles = [contestant.title for contestant in contestants]
        difference = check_agreement(case.work, case.title, titles, [worker.numbers() for worker in workers])
        fastest = min(_still_seconds(worker, case.streams) for worker in workers)
        batches = case.streams * max(1, round(seconds / fastest))
        rates: list[list[float]] = [[] for _ in workers]
        for number in range(rounds):
            for turn in range(len(workers)):
                index = (turn + number) % len(workers)
                rates[index].append(batches * case.batch / _still_seconds(workers[index], batches))
        outcomes = [
            Outcome(worker.contestant, Rounds(rate), worker.peak_memory()) for worker, rate in zip(workers, rates)]
        return outcomes, difference
    finally:
        for worker in workers:
            worker.close()


def _still_seconds(worker: Worker, batches: int) -> float:
    time.sleep(PAUSE_SECONDS)
    return worker.seconds(batches)
