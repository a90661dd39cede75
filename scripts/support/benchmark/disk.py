"""From disk to verdict: the daemon and `ganomaly score` beside the script that one would write instead."""

import contextlib
import csv
import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured_daemon import Ledger, MeasuredDaemon, Unmeasurable  # noqa: E402

from .environment import PEERS  # noqa: E402
from .jobs import Job  # noqa: E402
from .models import DRAWN, Models, copy_calibrated, draw, make_prepared_pictures  # noqa: E402
from .programs import BenchmarkError, Programs, timed  # noqa: E402
from .rounds import Rounds  # noqa: E402
from .workers import Case, Contestant, Worker  # noqa: E402

# Pictures, the network's size, and how many files: enough for a second or more.
PICTURES = (("28x28", 32, 4000), ("640x480", 64, 320), ("1920x1080", 64, 64))
PAUSE_SECONDS = 0.1  # between roads: each is a program of its own that has ended, or waits without working
SHARE_OF_ENGINE = 0.75  # of the engine's own rate at size 32, with 28x28 files through the daemon
ENGINE = "the engine alone"
ENGINE_BATCHES = (16, 64)  # what a lane of the daemon takes, and what the tables' largest batch is
SCRIPT = PEERS / "score_folder.py"
# Pillow rounds its means of areas otherwise, so that scores differ a little; half of them must be nearer than this.
SCRIPT_TOLERANCE = 0.05


@dataclass(frozen=True)
class Turn:
    """One run over all files."""

    seconds: float
    peak_memory: int  # bytes
    anomalies: int | None = None


@dataclass(frozen=True)
class Road:
    """A way from disk to verdict."""

    name: str
    is_ours: bool
    take: Callable[[], Turn]


def jobs(
    programs: Programs, python: str | None, models: Models, threads: int, rounds: int, share: float, folder: Path
) -> list[Job]:
    """One a kind of picture, whose entry is for the tables; without a Python ours alone."""
    def job(pictures: str, size: int, count: int) -> Job:
        def measure() -> list[dict]:
            return [measure_pictures(programs, python, models.of(size), pictures, size, count, threads, rounds, folder)]

        return Job(f"from disk to verdict, {count} files of {pictures}", "disk", measure)

    # At least two files a lane's batch, however short the run.
    return [job(pictures, size, max(64, round(count * share))) for pictures, size, count in PICTURES]


def measure_pictures(
    programs: Programs, python: str | None, base: Path, pictures: str, size: int, count: int, threads: int, rounds: int,
    folder: Path,
) -> dict:
    """All roads with one kind of picture."""
    place = folder / f"disk-{pictures}"
    try:
        files = stage(programs, place, pictures, count)
        model = copy_calibrated(programs, base, place / "drawn", place / "model")
        roads = make_roads(programs, python, model, files, threads, place)
        if python:
            check_script(programs, python, model, files, threads, place)
        with contextlib.ExitStack() as stack:
            if pictures == "28x28":
                roads += [
                    engine_road(programs, model, size, batch, threads, count, folder, stack)
                    for batch in ENGINE_BATCHES]
            return alternate(pictures, size, count, threads, roads, rounds)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def stage(programs: Programs, place: Path, pictures: str, count: int) -> Path:
    """Draws pictures and spreads copies of them over a folder."""
    place.mkdir()
    drawn = sorted(draw(programs, place / "drawn", pictures, DRAWN, seed=7).glob("train/normal/*.png"))
    files = place / "files"
    files.mkdir()
    for number in range(count):
        shutil.copyfile(drawn[number % len(drawn)], files / f"part-{number:06}.png")
    return files


def lanes(count: int) -> str:
    return f"{count} lane" if count == 1 else f"{count} lanes"


def make_roads(
    programs: Programs, python: str | None, model: Path, files: Path, threads: int, place: Path
) -> list[Road]:
    """Ours, the daemon with several numbers of lanes; then the script's two forms."""
    def daemon(count: int) -> Road:
        return Road(f"ganomalyd, {lanes(count)}", True, lambda: through_daemon(programs, model, files, count, place))

    def script(name: str, mode: str) -> Road:
        command = [str(python), "-B", str(SCRIPT), f"{model}.onnx", str(files), str(threads), mode]
        return Road(name, False, lambda: through_script(command, place))

    score = [programs.ganomaly, "score", f"{model}.safetensors", str(files), "--threads", str(threads)]
    return [
        *(daemon(count) for count in sorted({1, 2, 4, threads})),
        Road("ganomaly score", True, lambda: through_command(score, place)),
        *([script("Pillow and ONNX Runtime", "one-by-one"), script("Pillow in threads and ONNX Runtime", "pool")]
          if python else []),
    ]


def engine_road(
    programs: Programs, model: Path, size: int, batch: int, threads: int, count: int, folder: Path,
    stack: contextlib.ExitStack,
) -> Road:
    """No road at all: the engine's own rate, with pictures that are prepared and in memory, and as many lanes."""
    pictures = make_prepared_pictures(folder / f"engine-{size}-{batch}", size, threads * batch)
    worker = Worker(Contestant("ganomaly", "", (programs.benchmarks, "worker"), ".safetensors", is_ours=True), threads)
    stack.callback(worker.close)
    worker.prepare(Case("scoring", size, batch, threads, threads, model, pictures))
    batches = math.ceil(count / batch)

    def take() -> Turn:
        return Turn(worker.seconds(batches) * count / (batches * batch), worker.peak_memory())

    return Road(f"{ENGINE}, batch {batch}", True, take)


def alternate(pictures: str, size: int, count: int, threads: int, roads: list[Road], rounds: int) -> dict:
    """Roads take turns; every round begins with another one."""
    turns: list[list[Turn]] = [[] for _ in roads]
    for number in range(rounds):
        for position in range(len(roads)):
            index = (position + number) % len(roads)
            time.sleep(PAUSE_SECONDS)
            turns[index].append(roads[index].take())
    rates = [Rounds([count / turn.seconds for turn in taken]) for taken in turns]
    result = {
        "pictures": pictures, "size": size, "files": count,
        "roads": {
            road.name: {
                "files_per_second": rate.as_json(), "peak_memory": max(turn.peak_memory for turn in taken),
                "is_ours": road.is_ours, "anomalies": taken[0].anomalies}
            for road, rate, taken in zip(roads, rates, turns)},
    }
    scripts = [index for index, road in enumerate(roads) if not road.is_ours]
    if scripts:
        best = max(scripts, key=lambda index: rates[index].median)
        result["best_peer"] = roads[best].name
        for road, rate in zip(roads, rates):
            result["roads"][road.name]["ratio_to_best_peer"] = rate.ratio_to(rates[best])
    engines = [rate for road, rate in zip(roads, rates) if road.name.startswith(ENGINE)]
    if engines:
        ours = rates[[road.name for road in roads].index(f"ganomalyd, {lanes(threads)}")]
        result["share_of_engine"] = ours.ratio_to(max(engines, key=lambda rate: rate.median))
        result["required_share_of_engine"] = SHARE_OF_ENGINE
    return result


def through_daemon(programs: Programs, model: Path, files: Path, lane_count: int, place: Path) -> Turn:
    """Files that appear at once in a spool of their own; from the first one to the last row of the ledger."""
    spool = place / "spool"
    try:
        daemon = MeasuredDaemon(
            str(spool), f"{model}.safetensors", str(place / "daemon.log"), ["--lanes", str(lane_count)],
            programs.ganomalyd)
        try:
            # Names in the spool's own file system, so that each file arrives by one rename.
            outside = spool / "outside"
            outside.mkdir()
            names = sorted(entry.name for entry in os.scandir(files))
            for name in names:
                os.link(files / name, outside / name)
            incoming = spool / "incoming"
            ledger = Ledger(str(spool / "state" / "ledger.sqlite"))
            start = time.monotonic()
            for name in names:
                os.rename(outside / name, incoming / name)
            end = ledger.wait("", len(names))
            faults = ledger.faults("part-", len(names))
            if faults:
                raise BenchmarkError(f"the daemon did not judge every file once: {faults[0]}")
            anomalies = ledger.count_verdict("anomaly")
            memory = daemon.memory("VmHWM")
            status = daemon.stop()
            if status != 0:
                raise BenchmarkError(f"the daemon ended with status {status}")
            return Turn(end - start, memory, anomalies)
        finally:
            daemon.abandon()
    except Unmeasurable as fault:
        raise BenchmarkError(str(fault)) from fault
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def through_command(command: list[str], place: Path) -> Turn:
    """The whole command, start included; status 1 says that there are anomalies."""
    ended = timed(command, place, statuses=(0, 1))
    return Turn(ended.seconds, ended.peak_memory)


def through_script(command: list[str], place: Path) -> Turn:
    """The script's own time: without its start, its imports and loading the model."""
    ended = timed(command, place)
    return Turn(float(ended.errors.split()[-1]), ended.peak_memory)


def check_script(programs: Programs, python: str, model: Path, files: Path, threads: int, place: Path) -> None:
    """Fails where the script does not score as `ganomaly score` does."""
    timed([programs.ganomaly, "score", f"{model}.safetensors", str(files), "--format", "csv"], place, statuses=(0, 1))
    with open(place / "output", newline="") as lines:
        ours = {os.path.basename(row["file"]): float(row["score"]) for row in csv.DictReader(lines)}
    timed([python, "-B", str(SCRIPT), f"{model}.onnx", str(files), str(threads), "pool"], place)
    with open(place / "output") as lines:
        theirs = {name: float(score) for name, score, _ in (line.rstrip("\n").split("\t") for line in lines)}
    if ours.keys() != theirs.keys():
        raise BenchmarkError("the script scored other files than 'ganomaly score'")
    difference = median(abs(theirs[name] - score) / abs(score) for name, score in ours.items())
    if not (math.isfinite(difference) and difference <= SCRIPT_TOLERANCE):
        raise BenchmarkError(f"half of the script's scores differ by {difference:.2g} from those of 'ganomaly score'")
