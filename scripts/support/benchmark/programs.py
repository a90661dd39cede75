"""The programs that are measured: where they are, and how they are called."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / ".build"


class BenchmarkError(Exception):
    """What was to be measured cannot be; the sentence says what to do."""


def note(text: str) -> None:
    """A line about what is being done, beside the results."""
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


def run(*command: str | Path, statuses: tuple[int, ...] = (0,)) -> str:
    """What a command prints."""
    words = " ".join(str(word) for word in command)
    try:
        result = subprocess.run(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise BenchmarkError(f"'{words}' does not start: {error.strerror}") from error
    if result.returncode not in statuses:
        told = "\n".join(text for text in (result.stdout.strip()[-4000:], result.stderr.strip()) if text)
        raise BenchmarkError(f"'{words}' ended with status {result.returncode}: {told}")
    return result.stdout


@dataclass(frozen=True)
class Ended:
    """A command that has run: what it took."""

    seconds: float
    peak_memory: int  # bytes
    errors: str  # its standard error


def timed(command: list[str], folder: Path, statuses: tuple[int, ...] = (0,)) -> Ended:
    """Runs a command, its output into a file of the folder."""
    errors_path = folder / "errors"
    with open(folder / "output", "wb") as output, open(errors_path, "wb") as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        try:
            # Not `wait`: this one tells of the process's memory too.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = errors_path.read_text(errors="replace")
    if process.returncode not in statuses:
        raise BenchmarkError(f"'{' '.join(command)}' ended with status {process.returncode}: {text.strip()}")
    return Ended(seconds, usage.ru_maxrss * 1024, text)


@dataclass(frozen=True)
class Programs:
    """Paths of release builds."""

    ganomaly: str
    ganomalyd: str
    benchmarks: str

    def measure(self, *arguments: str) -> list[dict]:
        """Lines of `Benchmarks`."""
        return json.loads(run(self.benchmarks, *arguments, "--json"))


def make_machine_ready() -> None:
    """Installs what is missing; the script says what it does where it does something."""
    lines = run(ROOT / "scripts" / "setup", "--benchmark")
    for line in lines.splitlines():
        if "installing" in line:
            note(line)


def build_benchmarks() -> str:
    """Builds the package in Benchmarks; where its program is."""
    note("building Benchmarks")
    build(ROOT / "Benchmarks", "Benchmarks")
    return run("swift", "build", "--configuration", "release", "--package-path", ROOT / "Benchmarks",
               "--show-bin-path").strip() + "/Benchmarks"


def find_programs(folder: str | None) -> Programs:
    """The programs of a folder, or newly built ones; `Benchmarks` is always built."""
    if folder is None:
        note("building ganomaly and ganomalyd")
        for product in ("ganomaly", "ganomalyd"):
            build(ROOT, product)
        folder = run("swift", "build", "--configuration", "release", "--package-path", ROOT, "--show-bin-path").strip()
    paths = [os.path.join(folder, name) for name in ("ganomaly", "ganomalyd")]
    for path in paths:
        if not os.access(path, os.X_OK):
            raise BenchmarkError(f"there is no program '{path}'")
    return Programs(*paths, build_benchmarks())


def build(package: Path, product: str) -> None:
    """A release build, whose lines are shown only where it fails."""
    run("swift", "build", "--configuration", "release", "--package-path", package, "--product", product)


@contextlib.contextmanager
def only_processors(count: int) -> Iterator[None]:
    """What is started within may use so many of the processors."""
    everywhere = os.sched_getaffinity(0)
    limit_to_processors(count)
    try:
        yield
    finally:
        os.sched_setaffinity(0, everywhere)


def limit_to_processors(count: int) -> None:
    """Keeps this process and all that it starts to so many processors: no contestant has more than another."""
    processors = sorted(os.sched_getaffinity(0))
    if count > len(processors):
        raise BenchmarkError(f"--threads {count}: there are {len(processors)} processors")
    os.sched_setaffinity(0, processors[:count])
