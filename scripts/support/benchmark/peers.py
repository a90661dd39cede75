"""Scoring and training beside the peers: identical network, identical threads, in turns."""

from pathlib import Path

from .environment import PEERS
from .jobs import Job
from .models import Models, make_prepared_pictures
from .programs import Programs
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


def scoring_cases(thread_counts: list[int]) -> list[tuple[int, int, int]]:
    """Threads, pictures of a batch, and how many batches are under way at the same time.

    One picture alone, with one thread and with all; then one batch a thread.
    """
    alone = [(threads, 1, 1) for threads in sorted({1, *thread_counts})]
    at_once = [
        (threads, batch, threads) for threads in thread_counts for batch in (1, *BATCHES) if threads > 1 or batch > 1]
    return alone + at_once


def jobs(
    programs: Programs, python: str, models: Models, sizes: list[int], parts: list[str], thread_counts: list[int],
    rounds: int, seconds: float, folder: Path,
) -> list[Job]:
    """One a case, whose entry is for the tables."""
    everybody = contestants(programs, python)
    trainers = [item for item in everybody if item.is_ours or item.name == "PyTorch"]
    # Batches one at a time are no streams.
    one_by_one = [item for item in everybody if item.mode != "streams"]

    def job(work: str, size: int, threads: int, batch: int, streams: int, racers: list[Contestant]) -> Job:
        def measure() -> list[dict]:
            pictures = make_prepared_pictures(folder / f"pictures-{size}", size, max(thread_counts) * max(BATCHES))
            case = Case(work, size, batch, streams, threads, models.of(size), pictures)
            outcomes, difference = race(case, racers, rounds, seconds)
            return [entry(case, outcomes, difference)]

        title = f"{work} at size {size}, batch {batch}, {streams} at once, threads: {threads}"
        return Job(title, "peers", measure)

    found = []
    for size in sizes:
        if "scoring" in parts:
            found += [
                job("scoring", size, threads, batch, streams, everybody if streams > 1 else one_by_one)
                for threads, batch, streams in scoring_cases(thread_counts)]
        if "training" in parts and size in TRAINING_SIZES:
            found += [job("training", size, threads, TRAINING_BATCH, 1, trainers) for threads in thread_counts]
    return found


def entry(case: Case, outcomes: list[Outcome], difference: float) -> dict:
    """A case for the tables: every contestant in their better way, ours over the best peer and over PyTorch."""
    better: dict[str, Outcome] = {}
    for outcome in outcomes:
        if not outcome.is_raced:
            continue
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
             "is_raced": outcome.is_raced,
             "images_per_second": outcome.rounds.as_json(), "peak_memory": outcome.peak_memory}
            for outcome in outcomes],
        "best_peer": best.contestant.title,
        "ratio_to_best_peer": ours.rounds.ratios_to(best.rounds).as_json(),
        "ratio_to_pytorch": ours.rounds.ratio_to(better["PyTorch"].rounds) if "PyTorch" in better else None,
    }
