"""The peers' side of `Benchmarks worker`: the same requests, the same answers (Worker.swift)."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy


@dataclass(frozen=True)
class Order:
    """What a worker is told to prepare."""

    work: str  # scoring or training
    threads: int  # that may work
    streams: int  # batches that are under way at the same time
    batch: int  # pictures of a batch
    size: int  # side of the network's input
    model: str  # its file
    inputs: list[numpy.ndarray]  # a batch a stream: float32 [batch, 1, size, size], in [-1, 1]


class Task(Protocol):
    """What a worker has prepared."""

    def numbers(self) -> list[float]:
        """Numbers that every contestant must find, within rounding."""

    def run(self, batches: int) -> None:
        """Works through batches of pictures."""


def read_order(words: list[str]) -> Order:
    """An order from its words: work, threads, streams, batch, size, model, pictures."""
    work, model, pictures = words[0], words[5], words[6]
    threads, streams, batch, size = (int(word) for word in words[1:5])
    count = streams * batch
    samples = numpy.fromfile(pictures, dtype=numpy.uint8, count=count * size * size)
    inputs = samples.reshape(streams, batch, 1, size, size).astype(numpy.float32) / numpy.float32(127.5) - 1
    return Order(work, threads, streams, batch, size, model, [numpy.ascontiguousarray(item) for item in inputs])


def reply(words: list[str], prepare: Callable[[Order], Task], task: Task | None) -> tuple[str, Task | None]:
    """The answer to a request, and what is prepared afterwards."""
    if words[0] == "prepare" and len(words) == 8:
        return "ready", prepare(read_order(words[1:]))
    if task is None:
        raise ValueError("nothing is prepared")
    if words == ["numbers"]:
        return "\t".join(["numbers", *(repr(float(number)) for number in task.numbers())]), task
    if words[0] == "run" and len(words) == 2 and int(words[1]) > 0:
        task.run(1)
        start = time.perf_counter()
        task.run(int(words[1]))
        return f"seconds\t{time.perf_counter() - start}", task
    raise ValueError(f"not understood: '{' '.join(words)}'")


def serve(prepare: Callable[[Order], Task]) -> None:
    """Answers until the input ends or says so."""
    task = None
    for line in sys.stdin:
        words = line.rstrip("\n").split("\t")
        if words == ["quit"]:
            return
        try:
            answer, task = reply(words, prepare, task)
        except Exception as error:  # whatever a runtime throws is told, in one line
            answer = f"error {type(error).__name__}: {' '.join(str(error).split())}"
        print(answer, flush=True)
