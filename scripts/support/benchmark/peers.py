"""Scoring and training beside the peers: identical network, identical threads, in turns."""

from pathlib import Path

from .environment import PEERS
from .models import make_prepared_pictures
from .programs import Programs, note
from .workers import Case, Contestant, Outcome, race

TRAINING_SIZES = (32, 64)
TRAINING_BATCH = 64
BATCHES = (16, 64)


def contestants(programs: Programs, python: str) -> list[Contestant]:
    """All who take part in scoring; ours is the first."""
    def peer(name: str, script: str, mode: str, suffix: str) -> Contestant:
        return Contestant(name, mode, (python, "-B", str(PEERS / script), mode), suffix)

    return [
        Contestant("ganomaly", "", (programs.benchmarks, "worker"), ".safetensors", is_ours=True),
        peer("ONNX Runtime", "onnxruntime_worker.py", "parallel", ".onnx"),
        peer("ONNX Runtime", "onnxruntime_worker.py", "streams", ".onnx"),
        peer("OpenVINO", "openvino_worker.py", "latency", ".onnx"),
        peer("OpenVINO", "openvino_worker.py", "throughput", ".onnx"),
        peer("PyTorch", "torch_worker.py", "eager", ".safetensors"),
        peer("PyTorch", "torch_worker.py", "channels-last", ".safetensors"),
    ]


def scoring_cases(threads: int) -> list[tuple[int, int]]:
    """Batches, and how many of them are under way at the same time: one picture alone, then one batch a thread."""
    return [(1, 1), *([(1, threads)] if threads > 1 else []), *((batch, threads) for batch in BATCHES)]


def measure(
    programs: Programs, python: str, models: dict[int, Path], parts: list[str], threads: int, rounds: int,
    seconds: float, folder: Path,
) -> list[dict]:
    """One entry a case, for the tables."""
    everybody = contestants(programs, python)
    results = []
    for size, model in models.items():
        pictures = make_prepared_pictures(folder / f"pictures-{size}", size, threads * max(BATCHES))
        if "scoring" in parts:
            for batch, streams in scoring_cases(threads):
                case = Case("scoring", size, batch, streams, threads, model, pictures)
                # Batches one at a time are no streams.
                results.append(measure_case(case, [
                    item for item in everybody if streams > 1 or item.mode != "streams"], rounds, seconds))
        if "training" in parts and size in TRAINING_SIZES:
            case = Case("training", size, TRAINING_BATCH, 1, threads, model, pictures)
            trainers = [item for item in everybody if item.is_ours or item.name == "PyTorch"]
            results.append(measure_case(case, trainers, rounds, seconds))
    return results


def measure_case(case: Case, everybody: list[Contestant], rounds: int, seconds: float) -> dict:
    note(f"{case.work} at size {case.size}, batch {case.batch}, {case.streams} at once")
    outcomes, difference = race(case, everybody, rounds, seconds)
    return entry(case, outcomes, difference)


def entry(case: Case, outcomes: list[Outcome], difference: float) -> dict:
    """A case for the tables: every contestant in their better way, ours over the best peer and over PyTorch."""
    better: dict[str, Outcome] = {}
    for outcome in outcomes:
        name = outcome.contestant.name
        if name not in better or better[name].rounds.median < outcome.rounds.median:
            better[name] = outcome
    ours = next(outcome for outcome in outcomes if outcome.contestant.is_ours)
    peers = [outcome for outcome in better.values() if not outcome.contestant.is_ours]
    best = max(peers, key=lambda outcome: outcome.rounds.median)
    return {
        "work": case.work, "size": case.size, "batch": case.batch, "at_once": case.streams, "threads": case.threads,
        "largest_difference": difference,
        "contestants": [
            {"name": outcome.contestant.name, "mode": outcome.contestant.mode,
             "is_better_mode": better[outcome.contestant.name] is outcome,
             "images_per_second": outcome.rounds.as_json(), "peak_memory": outcome.peak_memory}
            for outcome in outcomes],
        "best_peer": best.contestant.title,
        "ratio_to_best_peer": ours.rounds.ratio_to(best.rounds),
        "ratio_to_pytorch": ours.rounds.ratio_to(better["PyTorch"].rounds) if "PyTorch" in better else None,
    }
