"""The script that one would write instead: a folder of PNG files through an exported model, by Pillow and onnxruntime.

    score_folder.py MODEL.onnx FOLDER THREADS (one-by-one|pool)

Decodes, resizes, scores in batches of 16 and prints a line a picture: name, score, verdict. With 'pool' as many threads
decode, a few batches ahead. The seconds from the first file to the last verdict, imports and loading left out, go to
standard error.
"""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import onnxruntime
from PIL import Image

BATCH = 16


def load(path: Path, size: int) -> numpy.ndarray:
    """A picture as the network's input: [1, size, size], in [-1, 1]."""
    with Image.open(path) as picture:
        grey = picture.convert("L")
    filter_of_size = Image.Resampling.BOX if min(grey.size) >= size else Image.Resampling.BILINEAR
    samples = numpy.asarray(grey.resize((size, size), filter_of_size), dtype=numpy.float32)
    return (samples / numpy.float32(127.5) - 1)[None]


def batches(paths: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(paths), BATCH):
        yield paths[start : start + BATCH]


def main() -> None:
    model, folder, threads, mode = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    size = session.get_inputs()[0].shape[2]
    threshold = float(session.get_modelmeta().custom_metadata_map["calibration.threshold"])
    start = time.perf_counter()
    paths = sorted(folder.glob("*.png"))
    with ThreadPoolExecutor(threads) as pool:
        load_all = pool.map if mode == "pool" else map
        pictures = load_all(lambda path: load(path, size), paths)
        for batch in batches(paths):
            images = numpy.stack([next(pictures) for _ in batch])
            for path, score in zip(batch, session.run(["score"], {"image": images})[0]):
                print(path.name, score, "anomaly" if score > threshold else "normal", sep="\t")
    sys.stdout.flush()
    print(time.perf_counter() - start, file=sys.stderr)


if __name__ == "__main__":
    main()
