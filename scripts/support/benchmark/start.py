"""Start-up and peak memory: of a command for one picture, and of a daemon that has nothing to do."""

import shutil
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured_daemon import MeasuredDaemon, Unmeasurable  # noqa: E402

from .disk import SCRIPT  # noqa: E402
from .jobs import Job  # noqa: E402
from .models import Models, draw  # noqa: E402
from .programs import BenchmarkError, Programs, timed  # noqa: E402


def jobs(
    programs: Programs, python: str | None, models: Models, sizes: list[int], rounds: int, folder: Path
) -> list[Job]:
    """One a size, whose entry is for the tables."""
    return [
        Job(f"start-up and memory at size {size}", "start",
            lambda size=size: [measure(programs, python, size, models.of(size), rounds, folder)])
        for size in sizes]


def measure(programs: Programs, python: str | None, size: int, model: Path, rounds: int, folder: Path) -> dict:
    """Seconds and bytes of `ganomaly score`, of `ganomalyd` and of the script, in turns."""
    alone = folder / "one-file"
    if not alone.exists():
        picture = min(draw(programs, folder / "one", "64x64", 20, seed=9).glob("train/normal/*.png"))
        alone.mkdir()
        shutil.copyfile(picture, alone / "part.png")
    score = [programs.ganomaly, "score", f"{model}.safetensors", str(alone)]
    script = [str(python), "-B", str(SCRIPT), f"{model}.onnx", str(alone), "1", "one-by-one"]
    taken: dict[str, list[tuple[float, int]]] = {}
    for _ in range(rounds):
        ended = timed(score, folder, statuses=(0, 1))
        taken.setdefault("ganomaly score, one picture", []).append((ended.seconds, ended.peak_memory))
        taken.setdefault("ganomalyd, until it is ready", []).append(start_daemon(programs, model, folder))
        if python:
            ended = timed(script, folder)
            taken.setdefault("Pillow and ONNX Runtime, one picture", []).append((ended.seconds, ended.peak_memory))
    return {
        "size": size,
        "programs": {
            name: {
                "seconds": median(seconds for seconds, _ in values),
                "seconds_min": min(seconds for seconds, _ in values),
                "seconds_max": max(seconds for seconds, _ in values),
                "peak_memory": max(memory for _, memory in values)}
            for name, values in taken.items()},
    }


def start_daemon(programs: Programs, model: Path, folder: Path) -> tuple[float, int]:
    """Seconds until a daemon says that it is ready, and the most memory that took."""
    spool = folder / "idle-spool"
    try:
        daemon = MeasuredDaemon(str(spool), f"{model}.safetensors", str(folder / "idle.log"), [], programs.ganomalyd)
        try:
            time.sleep(0.2)  # what it does right after saying so belongs to its memory
            memory = daemon.memory("VmHWM")
            status = daemon.stop()
            if status != 0:
                raise BenchmarkError(f"the daemon ended with status {status}")
            return daemon.seconds_to_ready, memory
        finally:
            daemon.abandon()
    except Unmeasurable as fault:
        raise BenchmarkError(str(fault)) from fault
    finally:
        shutil.rmtree(spool, ignore_errors=True)
