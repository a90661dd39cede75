"""Models, their exports and pictures that the measurements need."""

import random
from pathlib import Path

from .programs import Programs, note, run

SEED = 1


def make_prepared_pictures(path: Path, size: int, count: int) -> Path:
    """Random samples: what a picture shows changes nothing in what its score takes."""
    path.write_bytes(random.Random(SEED).randbytes(count * size * size))
    return path


def draw(programs: Programs, folder: Path, size: str, count: int, seed: int) -> Path:
    """Parts of a size, drawn by the program."""
    run(programs.ganomaly, "synthesize", folder, "--count", str(count), "--size", size, "--seed", str(seed))
    return folder


def make_model(programs: Programs, folder: Path, size: int) -> Path:
    """A model with the network of the tables, its threshold and its export; the path is without a suffix.

    Trained for a few steps, so that running statistics are what a training leaves behind, and calibrated so that the
    daemon takes it; what it thinks of pictures does not matter here.
    """
    note(f"making a model of size {size}")
    base = folder / f"size-{size}"
    parts = folder / "parts"
    if not parts.exists():
        draw(programs, parts, "64x64", 100, SEED)
    run(programs.ganomaly, "train", "--normal", parts / "train/normal", "--output", f"{base}.safetensors",
        "--size", str(size), "--features", "64", "--latent", "100", "--batch", "16", "--steps", "4",
        "--seed", str(SEED), "--calibration", "0")
    run(programs.ganomaly, "calibrate", f"{base}.safetensors", "--normal", parts / "test/normal",
        "--false-positive-rate", "0.05")
    run(programs.ganomaly, "export", f"{base}.safetensors", "--format", "onnx", "--output", f"{base}.onnx")
    return base
