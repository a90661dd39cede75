"""Models, their exports and pictures that the measurements need."""

import random
import shutil
from pathlib import Path

from .programs import Programs, note, run

SEED = 1
# Pictures to train on: half as many others give a threshold for one false alarm in twenty.
DRAWN = 40


def make_prepared_pictures(path: Path, size: int, count: int) -> Path:
    """Random samples: what a picture shows changes nothing in what its score takes."""
    path.write_bytes(random.Random(SEED).randbytes(count * size * size))
    return path


def draw(programs: Programs, folder: Path, size: str, count: int, seed: int) -> Path:
    """Parts of a size, drawn by the program."""
    run(programs.ganomaly, "synthesize", folder, "--count", str(count), "--size", size, "--seed", str(seed))
    return folder


def make_model(programs: Programs, folder: Path, size: int) -> Path:
    """A model with the network of the tables, and its export; the path is without a suffix.

    Trained for a few steps, so that running statistics are what a training leaves behind; what it thinks of pictures
    does not matter here.
    """
    note(f"making a model of size {size}")
    base = folder / f"size-{size}"
    parts = folder / "parts"
    if not parts.exists():
        draw(programs, parts, "64x64", DRAWN, SEED)
    run(programs.ganomaly, "train", "--normal", parts / "train/normal", "--output", f"{base}.safetensors",
        "--size", str(size), "--features", "64", "--latent", "100", "--batch", "16", "--steps", "4",
        "--seed", str(SEED), "--calibration", "0")
    calibrate(programs, base, parts)
    return base


def calibrate(programs: Programs, base: Path, parts: Path) -> None:
    """Gives a model the threshold of parts that are drawn as those to come, and exports it."""
    run(programs.ganomaly, "calibrate", f"{base}.safetensors", "--normal", parts / "test/normal",
        "--false-positive-rate", "0.05")
    run(programs.ganomaly, "export", f"{base}.safetensors", "--format", "onnx", "--output", f"{base}.onnx")


def copy_calibrated(programs: Programs, base: Path, parts: Path, copy: Path) -> Path:
    """The same network with a threshold for other parts; the path is without a suffix."""
    shutil.copyfile(f"{base}.safetensors", f"{copy}.safetensors")
    calibrate(programs, copy, parts)
    return copy


class Models:
    """Models by their size, each made when it is first asked for."""

    def __init__(self, programs: Programs, folder: Path):
        self.programs = programs
        self.folder = folder
        self.made: dict[int, Path] = {}

    def of(self, size: int) -> Path:
        """The model's path, without a suffix."""
        if size not in self.made:
            self.made[size] = make_model(self.programs, self.folder, size)
        return self.made[size]
