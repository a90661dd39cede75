#!/usr/bin/env python3
"""What goes out to other frameworks is what they read: models in onnxruntime and OpenVINO, logs in TensorBoard.

    check.py GANOMALY FOLDER

Draws 100 pictures with the program GANOMALY, trains a small model of each kind, gives it every kind of score, exports it
and runs it on the pictures that `ganomaly prepare` writes. What is done to a picture here is sample / 127.5 - 1 and
nothing else. Scores are compared with those of `ganomaly score`, verdicts too, but for a picture whose score is as near
the threshold as scores may differ. FOLDER is new or empty. Exit status: 0 all agree, 1 something differs.

Needs what requirements.txt names: scripts/setup --tests makes an environment with it.
"""

import csv
import hashlib
import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import onnxruntime
import openvino
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# The order of additions differs between runtimes, so that no bits can be compared.
TOLERANCE = 1e-4
# The largest share of all scores that may lie so near their threshold that their verdicts say nothing. Of all, because
# the pictures' scores lie close together where a network is as small as here.
UNDECIDED_SHARE = 0.01
PICTURES = 100
SIZE = 32

TRAIN = ["--size", str(SIZE), "--features", "8", "--batch", "16", "--calibration", "0"]
# Every term with each of its rules, every combination: what `set-score` is told; the first is the variant's own score.
ALL_SCORES = [
    "",
    "--score latent --distance l1 --second-encoder own",
    "--score latent --distance l2 --second-encoder generator",
    "--score reconstruction",
    "--score local --local-side 3 --local-margin 1",
    "--score local --local-side 5 --local-rule smoothed-square",
    "--score local --local-side 7 --local-rule absolute-smoothed",
    "--score features",
    "--score features --features-block 1",
    "--score local-features --local-features-block 1 --local-features-side 5 --local-margin 2",
    "--score latent,reconstruction,local,features,local-features --combination maximum --standardisation plain",
    "--score latent,local,features --combination sum --weights 1,0.5,2 --standardisation logarithm",
]
# Blocks, boxes and margins of their own, standardised: what the preset for surfaces has.
BOXES = (
    "--score local,features,local-features --local-rule smoothed-square --local-side 7 --local-margin 1"
    " --features-block 2 --local-features-block 1 --combination maximum --standardisation logarithm"
)
# A name, what `train` is told, and the scores that the model is given.
MODELS = [
    ("paper", ["--epochs", "60", "--latent", "12"], [*ALL_SCORES, BOXES]),
    (
        "paper, extra layers, colour, normalised",
        ["--epochs", "60", "--latent", "7", "--extra-layers", "1", "--channels", "3", "--normalisation", "picture"],
        ["", "--score local --local-rule absolute-smoothed", "--score latent,features --combination sum"],
    ),
    ("keras", ["--epochs", "15", "--variant", "keras"], ALL_SCORES),
]

failures: list[str] = []


def run(program: str, *arguments: str, statuses: tuple[int, ...] = (0,)) -> str:
    """What a command prints; ends the check where it fails."""
    result = subprocess.run([program, *arguments], capture_output=True, text=True)
    if result.returncode not in statuses:
        sys.exit(f"'{' '.join(arguments)}' ended with {result.returncode}: {result.stderr}")
    return result.stdout


def check(is_true: bool, sentence: str) -> None:
    """Notes what does not hold."""
    if not is_true:
        failures.append(sentence)
        print(f"  FAILED: {sentence}")


def inputs(program: str, model: Path, pictures: list[str], folder: Path) -> numpy.ndarray:
    """The network's input of some pictures: [picture, channel, row, column]."""
    folder.mkdir()
    rows = []
    for index, picture in enumerate(pictures):
        prepared = folder / f"{index}.png"
        run(program, "prepare", str(model), picture, "--output", str(prepared))
        samples = numpy.asarray(Image.open(prepared))
        rows.append(samples[None] if samples.ndim == 2 else samples.transpose(2, 0, 1))
    return (numpy.stack(rows).astype(numpy.float32) / numpy.float32(127.5) - 1).astype(numpy.float32)


def standardisation(texts: dict[str, str]) -> float:
    """What a score was before means were subtracted: mean / deviation of each term, times its weight; 0 for one term.

    Subtracting a mean leaves the rounding of a term as it was and makes the number smaller, so that the tolerance of a
    combination is relative to what it was before.
    """
    terms = texts.get("score.terms", "latent").split()
    if len(terms) == 1:
        return 0
    margin = texts.get("score.margin", "0")
    suffix = "" if margin == "0" else f".margin-{margin}"
    names = {
        "latent": f"latent.{texts['score.distance']}.{texts['score.second_encoder']}",
        "local": f"local.{texts.get('score.local.rule')}.{texts.get('score.local.side')}{suffix}",
        "features": f"features.{texts['score.features.block']}" if "score.features.block" in texts else "features",
        "local-features": f"local-features.{texts.get('score.local_features.block')}"
        f".{texts.get('score.local_features.side')}{suffix}",
    }
    shares = []
    for term in terms:
        # Mean and deviation of the term, then of its logarithm.
        moments = [float(word) for word in texts[f"score.statistics.{names.get(term, term)}"].split()]
        # A share of a term is as much of its logarithm, whatever its mean.
        shares.append(1 / moments[3] if texts["score.standardisation"] == "logarithm" else moments[0] / moments[1])
    if texts["score.combination"] == "maximum":
        return max(shares)
    return sum(share * float(weight) for share, weight in zip(shares, texts["score.weights"].split()))


def largest_difference(ours: numpy.ndarray, theirs: numpy.ndarray, offset: float) -> float:
    """Relative to our score and what standardising took away."""
    return float((numpy.abs(ours - theirs) / (numpy.abs(ours) + offset)).max())


def with_onnxruntime(path: Path) -> Callable[[numpy.ndarray], dict[str, numpy.ndarray]]:
    """All outputs by name, of images."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda images: dict(zip(names, session.run(names, {"image": images})))


def with_openvino(path: Path) -> Callable[[numpy.ndarray], dict[str, numpy.ndarray]]:
    """All outputs by name, of images; in 32 bits, because the default may be fewer on some processors."""
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(str(path)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def compute(images: numpy.ndarray) -> dict[str, numpy.ndarray]:
        result = compiled(images)
        return {name: result[output] for output in compiled.outputs for name in output.get_names()}

    return compute


def check_model(program: str, name: str, model: Path, pictures: list[str], images: numpy.ndarray) -> int:
    """Exports a model and compares; returns how many scores are too near the threshold to compare their verdicts."""
    exported = model.with_suffix(".onnx")
    run(program, "export", str(model), "--format", "onnx", "--output", str(exported))
    lines = [
        json.loads(line)
        for line in run(program, "score", str(model), *pictures, "--format", "json", statuses=(0, 1)).splitlines()
    ]
    ours = numpy.array([line["score"] for line in lines], dtype=numpy.float32)
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    texts = session.get_modelmeta().custom_metadata_map
    check(texts["model.sha256"] == hashlib.sha256(model.read_bytes()).hexdigest(), f"{name}: the texts name the model")
    check(texts["preparation.size"] == str(images.shape[2]), f"{name}: the texts name the size")
    threshold = numpy.float32(texts["calibration.threshold"])
    check(threshold == numpy.float32(lines[0]["threshold"]), f"{name}: the texts hold the threshold")
    offset = standardisation(texts)
    latent = (len(images), int(texts["hyperparameters.latent"]))
    shapes = {"reconstruction": images.shape, "latent": latent, "latent_reconstructed": latent, "score": (len(images),)}
    # The calibration knows none of these pictures, so that none is the threshold itself; one may lie beside it by chance.
    is_decided = numpy.abs(ours - threshold) > TOLERANCE * (numpy.abs(ours) + offset)
    undecided = len(ours) - int(is_decided.sum())
    is_ours = numpy.array([line["verdict"] == "anomaly" for line in lines])
    sentence = []
    for runtime, load in (("onnxruntime", with_onnxruntime), ("OpenVINO", with_openvino)):
        compute = load(exported)
        results = compute(images)
        for output, shape in shapes.items():
            check(results[output].shape == shape, f"{name}: {runtime}'s '{output}' has shape {results[output].shape}")
        difference = largest_difference(ours, results["score"], offset)
        others = (results["score"] > threshold) != is_ours
        check(difference <= TOLERANCE, f"{name}: {runtime}'s scores differ by {difference:.2e}")
        check(not (others & is_decided).any(), f"{name}: {runtime}'s verdicts are ours")
        alone = compute(images[:1])["score"]
        check(largest_difference(ours[:1], alone, offset) <= TOLERANCE, f"{name}: {runtime}'s score of one picture")
        sentence.append(f"{runtime} {difference:.1e}")
    anomalies = int(is_ours.sum())
    check(0 < anomalies < len(lines), f"{name}: {anomalies} of {len(lines)} verdicts are 'anomaly', which checks nothing")
    counts = f"{anomalies} of {len(lines)} anomalous, {undecided} too near the threshold"
    print(f"  {name}: {', '.join(sentence)}; {counts}", flush=True)
    return undecided


def check_log(program: str, pictures: Path, folder: Path) -> None:
    """A training that is cut off and goes on is one training to TensorBoard: what came after the checkpoint is gone."""
    log, model = folder / "log", folder / "logged.safetensors"
    options = ["--normal", str(pictures), "--log", str(log), "--keep-checkpoint"]
    small = ["--size", "16", "--features", "4", "--latent", "4", "--batch", "16", "--epochs", "2"]
    run(program, "train", *options, "--output", str(model), *small)
    checkpoint = Path(f"{model}.checkpoint")
    halfway = checkpoint.read_bytes()
    for _ in range(2):
        # The second time, the log holds steps that the checkpoint does not know.
        checkpoint.write_bytes(halfway)
        run(program, "train", *options, "--resume", str(model), "--epochs", "4")
    # It tells of the steps that it drops.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    events = EventAccumulator(str(log), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    with (log / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    check([row["epoch"] for row in rows] == ["1", "2", "3", "4"], f"log: a row an epoch, found {rows}")
    steps = [int(row["step"]) for row in rows]
    tags = events.Tags()
    for name in ("adversarial", "contextual", "encoder", "discriminator"):
        found = [event.step for event in events.Scalars(f"loss/{name}")]
        check(found == list(range(1, steps[-1] + 1)), f"log: TensorBoard has steps {found} of the loss '{name}'")
    validation = [(event.step, numpy.float32(event.value)) for event in events.Scalars("validation/contextual")]
    expected = [(int(row["step"]), numpy.float32(row["validation"])) for row in rows]
    check(validation == expected, f"log: TensorBoard has {validation}, the table {expected}")
    check(len(tags["images"]) > 0, "log: TensorBoard has pictures")
    for tag in tags["images"]:
        for event in events.Images(tag):
            size = Image.open(io.BytesIO(event.encoded_image_string)).size
            check(size == (event.width, event.height), f"log: picture '{tag}' of step {event.step} has size {size}")
    print(f"  log: {len(tags['scalars'])} curves and {len(tags['images'])} pictures in TensorBoard, steps 1 to {steps[-1]}")


def main() -> None:
    """Draws, trains and compares."""
    program, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    print(f"largest relative differences, onnxruntime {onnxruntime.__version__}, OpenVINO {openvino.__version__}:")
    start = time.monotonic()
    # A threshold is one of its pictures' scores, to the last bit: others calibrate than are scored.
    parts, held_out = folder / "parts", folder / "held-out"
    run(program, "synthesize", str(parts), "--count", str(PICTURES), "--seed", "5", "--size", "64x64")
    run(program, "synthesize", str(held_out), "--count", "40", "--seed", "6", "--size", "64x64")
    pictures = sorted(str(path) for path in (parts / "test").rglob("*.png"))
    if len(pictures) != PICTURES:
        sys.exit(f"{len(pictures)} pictures, expected {PICTURES}")
    compared = undecided = 0
    for index, (name, options, scores) in enumerate(MODELS):
        trained = folder / f"{index}.safetensors"
        run(program, "train", "--normal", str(parts / "train"), "--output", str(trained), *TRAIN, *options)
        images = inputs(program, trained, pictures, folder / f"{index}-prepared")
        for place, score in enumerate(scores):
            model = folder / f"{index}-{place}.safetensors"
            model.write_bytes(trained.read_bytes())
            if score:
                run(program, "set-score", str(model), *score.split())
            run(program, "calibrate", str(model), "--normal", str(held_out / "train"), "--false-positive-rate", "0.1")
            undecided += check_model(program, f"{name}, {score or 'own score'}", model, pictures, images)
            compared += len(pictures)
    sentence = f"{undecided} of {compared} scores are too near their threshold to compare verdicts"
    print(f"  {sentence}")
    check(undecided <= UNDECIDED_SHARE * compared, sentence)
    check_log(program, parts / "train", folder)
    print(f"{len(failures)} of the checks failed ({time.monotonic() - start:.0f} s)")
    sys.exit(1 if failures else 0)


main()
