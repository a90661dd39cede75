"""Instructions a scored picture, counted by valgrind: a figure nearly without noise."""

import re
import shutil
import subprocess
from pathlib import Path

from .jobs import Job
from .models import Models, make_prepared_pictures
from .programs import BenchmarkError, Programs, note, run

SIZE = 32
BATCHES = (1, 16)
CALLS = (1, 9)  # the difference of two runs has only what the further calls take
TOOLS = ("valgrind", "strip")
PATIENCE_SECONDS = 600


def jobs(programs: Programs, models: Models, folder: Path) -> list[Job]:
    """One a batch; none, and a word about it, where the tools are missing."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        note(f"instructions are not counted: '{missing[0]}' is not installed")
        return []
    return [
        Job(f"instructions a picture at size {SIZE}, batch {batch}", "instructions",
            lambda batch=batch: [measure(programs, models.of(SIZE), batch, folder)])
        for batch in BATCHES]


def measure(programs: Programs, model: Path, batch: int, folder: Path) -> dict:
    """What further calls of a warm lane take."""
    # Valgrind does not get on with Swift's line tables.
    program = folder / "without-lines"
    run("strip", "--strip-debug", "-o", program, programs.benchmarks)
    pictures = make_prepared_pictures(folder / f"instructions-{batch}", SIZE, batch)
    few, more = (count(program, f"{model}.safetensors", pictures, batch, calls) for calls in CALLS)
    return {"size": SIZE, "batch": batch, "instructions_per_image": (more - few) / (batch * (CALLS[1] - CALLS[0]))}


def count(program: Path, model: str, pictures: Path, batch: int, calls: int) -> int:
    """Instructions of a whole process that scores so often, once more than that."""
    order = ["prepare", "scoring", 1, 1, batch, SIZE, model, pictures]
    requests = "\n".join(["\t".join(str(word) for word in order), f"run\t{calls}", "quit", ""])
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), "worker"]
    try:
        ended = subprocess.run(command, input=requests, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"valgrind did not end within {PATIENCE_SECONDS} s") from None
    found = re.search(r"Collected\s*:\s*(\d+)", ended.stderr)
    if ended.returncode != 0 or found is None or "seconds" not in ended.stdout:
        raise BenchmarkError(f"valgrind ended with status {ended.returncode}: {ended.stdout}{ended.stderr[-2000:]}")
    return int(found[1])
