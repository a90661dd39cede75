#!/usr/bin/env python3
"""What goes out to other frameworks is what they read: models in onnxruntime and OpenVINO, logs in TensorBoard.

    check.py GANOMALY FOLDER

Draws 100 pictures with the program GANOMALY, trains a small model of each kind, gives it every kind of score, exports it
and runs it on the pictures that `ganomaly prepare` writes. What is done to a picture here is sample / 127.5 - 1 and
nothing else. Scores are compared with those of `ganomaly score`, verdicts too. FOLDER is new or empty. Exit status: 0 all
agree, 1 something differs.

Needs what requirements.txt names: scripts/setup --tests makes an environment with it.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy
import onnxruntime
import openvino
from PIL import Image

# The order of additions differs between runtimes, so that no bits can be compared.
TOLERANCE = 1e-4
PICTURES = 100
SIZE = 32

TRAIN = ["--size", str(SIZE), "--features", "8", "--epochs", "60", "--batch", "16", "--calibration", "0"]
# A name, and what `train` is told.
MODELS = {
    "paper": ["--latent", "12"],
    "paper, extra layers, colour, normalised": [
        *("--latent", "7", "--extra-layers", "1", "--channels", "3", "--normalisation", "picture")
    ],
}
# Scores that every model is given, by what `set-score` is told; the first is the variant's own. Each term is there with
# each of its rules.
SCORES = [
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
    "--score latent,reconstruction,local,features,local-features --combination maximum",
    "--score latent,local,features --combination sum --weights 1,0.5,2",
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
    """What standardising takes away from a score: mean / deviation of each term, times its weight; 0 for one term.

    Subtracting a mean leaves the rounding of a term as it was and makes the number smaller, so that a combination is
    compared relative to what it was before.
    """
    terms = texts.get("score.terms", "latent").split()
    if len(terms) == 1:
        return 0
    names = {
        "latent": f"latent.{texts['score.distance']}.{texts['score.second_encoder']}",
        "local": f"local.{texts.get('score.local.rule')}.{texts.get('score.local.side')}",
        "local-features": f"local-features.{texts.get('score.local_features.block')}"
        f".{texts.get('score.local_features.side')}",
    }
    moments = [texts[f"score.statistics.{names.get(term, term)}"].split() for term in terms]
    shares = [float(mean) / float(deviation) for mean, deviation in moments]
    if texts["score.combination"] == "maximum":
        return max(shares)
    return sum(share * float(weight) for share, weight in zip(shares, texts["score.weights"].split()))


def largest_difference(ours: numpy.ndarray, theirs: numpy.ndarray, offset: float) -> float:
    """Relative to our score and what standardising took away."""
    return float((numpy.abs(ours - theirs) / (numpy.abs(ours) + offset)).max())


def with_onnxruntime(path: Path, images: numpy.ndarray) -> dict[str, numpy.ndarray]:
    """All outputs by name."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": images})))


def with_openvino(path: Path, images: numpy.ndarray) -> dict[str, numpy.ndarray]:
    """All outputs by name; in 32 bits, because the default may be fewer on some processors."""
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(str(path)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled(images)
    return {name: result[output] for output in compiled.outputs for name in output.get_names()}


def check_model(program: str, name: str, model: Path, pictures: list[str], images: numpy.ndarray) -> None:
    """Exports a model and compares."""
    exported = model.with_suffix(".onnx")
    run(program, "export", str(model), "--format", "onnx", "--output", str(exported))
    lines = [
        json.loads(line)
        for line in run(program, "score", str(model), *pictures, "--format", "json", statuses=(0, 1)).splitlines()
    ]
    ours = numpy.array([line["score"] for line in lines], dtype=numpy.float32)
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    texts = session.get_modelmeta().custom_metadata_map
    described = json.loads(run(program, "describe", str(model), "--format", "json"))
    check(texts["model.sha256"] == described["sha256"], f"{name}: the texts name the model")
    check(texts["preparation.size"] == str(images.shape[2]), f"{name}: the texts name the size")
    threshold = numpy.float32(texts["calibration.threshold"])
    check(threshold == numpy.float32(described["calibration"]["threshold"]), f"{name}: the texts hold the threshold")
    offset = standardisation(texts)
    sentence = []
    for runtime, compute in (("onnxruntime", with_onnxruntime), ("OpenVINO", with_openvino)):
        results = compute(exported, images)
        latent = (len(images), described["hyperparameters"]["latent"])
        shapes = {"reconstruction": images.shape, "latent": latent, "latent_reconstructed": latent}
        for output, shape in {**shapes, "score": (len(images),)}.items():
            check(results[output].shape == shape, f"{name}: {runtime}'s '{output}' has shape {results[output].shape}")
        difference = largest_difference(ours, results["score"], offset)
        verdicts = ["anomaly" if score > threshold else "normal" for score in results["score"]]
        check(difference <= TOLERANCE, f"{name}: {runtime}'s scores differ by {difference:.2e}")
        check(verdicts == [line["verdict"] for line in lines], f"{name}: {runtime}'s verdicts are ours")
        alone = compute(exported, images[:1])["score"]
        check(largest_difference(ours[:1], alone, offset) <= TOLERANCE, f"{name}: {runtime}'s score of one picture")
        sentence.append(f"{runtime} {difference:.1e}")
    anomalies = sum(line["verdict"] == "anomaly" for line in lines)
    check(0 < anomalies < len(lines), f"{name}: {anomalies} of {len(lines)} verdicts are 'anomaly', which checks nothing")
    print(f"  {name}: {', '.join(sentence)}; {anomalies} of {len(lines)} anomalous", flush=True)


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
    for index, (name, options) in enumerate(MODELS.items()):
        trained = folder / f"{index}.safetensors"
        run(program, "train", "--normal", str(parts / "train"), "--output", str(trained), *TRAIN, *options)
        images = inputs(program, trained, pictures, folder / f"{index}-prepared")
        for place, score in enumerate(SCORES):
            model = folder / f"{index}-{place}.safetensors"
            model.write_bytes(trained.read_bytes())
            if score:
                run(program, "set-score", str(model), *score.split())
            run(program, "calibrate", str(model), "--normal", str(held_out / "train"), "--false-positive-rate", "0.1")
            check_model(program, f"{name}, {score or 'own score'}", model, pictures, images)
    print(f"{len(failures)} of the checks failed ({time.monotonic() - start:.0f} s)")
    sys.exit(1 if failures else 0)


main()
