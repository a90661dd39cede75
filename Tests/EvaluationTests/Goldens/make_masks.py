"""Writes masks.txt: small score maps and masks, and what the definitions give for them, taken word by word.

Run with numpy and scipy installed: python3 make_masks.py
Numbers are printed so that they read back exactly; scores are float32.

masks.txt, one set of pictures a line: name; AUROC of all pixels, counted pair by pair; area under the per-region overlap up
to a false-positive rate of 0.3, up to 0.05 and up to 1, each divided by its limit; and for each picture four fields: width
and height; scores; mask (0 and 1); centres of its defects, column and row, ordered by the defects' first pixels.

Components are joined by sides and corners. The curve has a point for each distinct score t, with the part above or at t of
the pixels outside defects, and the mean over the defects of the part of their pixels above or at t; it begins at (0, 0).
"""

import pathlib
from fractions import Fraction

import numpy as np
from scipy import ndimage

generator = np.random.default_rng(20261124)


def words(values):
    return " ".join(repr(float(value)) for value in values)


def components(mask):
    labels, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=int))
    # Each as a list of (row, column), in row-major order.
    found = [[tuple(int(x) for x in place) for place in np.argwhere(labels == index + 1)] for index in range(count)]
    return sorted(found)


def centre(places):
    rows, columns = zip(*places)
    row, column = Fraction(sum(rows), len(places)), Fraction(sum(columns), len(places))
    best = min(places, key=lambda place: (place[0] - row) ** 2 + (place[1] - column) ** 2)
    return f"{best[1]} {best[0]}"


def area_under_roc(maps, masks):
    scores = np.concatenate([scores.ravel() for scores in maps])
    defective = np.concatenate([mask.ravel() for mask in masks]) > 0
    above, below = scores[defective][:, None], scores[~defective][None, :]
    return float(np.mean((above > below) + 0.5 * (above == below)))


def area_under_overlap(maps, masks, limit):
    normal = np.concatenate([scores[mask == 0] for scores, mask in zip(maps, masks)])
    defects = [
        np.array([scores[place] for place in places])
        for scores, mask in zip(maps, masks)
        for places in components(mask)
    ]
    rates, overlaps = [0.0], [0.0]
    for threshold in sorted({float(x) for scores in maps for x in scores.ravel()}, reverse=True):
        rates.append(float(np.mean(normal >= threshold)))
        overlaps.append(float(np.mean([np.mean(defect >= threshold) for defect in defects])))
    area = 0.0
    for left, right, low, high in zip(rates, rates[1:], overlaps, overlaps[1:]):
        if left >= limit:
            break
        if right > limit:
            high = low + (high - low) * (limit - left) / (right - left)
            right = limit
        area += (right - left) * (low + high) / 2
    return area / limit


def line(name, maps, masks):
    maps = [np.asarray(scores, dtype=np.float32) for scores in maps]
    fields = [name, repr(area_under_roc(maps, masks))]
    fields += [repr(area_under_overlap(maps, masks, limit)) for limit in (0.3, 0.05, 1.0)]
    for scores, mask in zip(maps, masks):
        fields.append(f"{scores.shape[1]} {scores.shape[0]}")
        fields.append(words(scores.ravel()))
        fields.append(" ".join(str(int(x)) for x in mask.ravel()))
        fields.append(" ".join(centre(places) for places in components(mask)) or "none")
    return "; ".join(fields)


def random_mask(height, width, share):
    mask = ndimage.uniform_filter(generator.random((height, width)), 3, mode="nearest")
    return (mask >= np.quantile(mask, 1 - share)).astype(int)


def sets():
    for index in range(6):
        shapes = [(6 + index, 9), (7, 8 + index), (5, 5)]
        masks = [random_mask(*shape, share) for shape, share in zip(shapes, (0.15, 0.3, 0))]
        masks[2][:] = 0
        maps = [generator.normal(0, 1, shape) + 1.2 * mask for shape, mask in zip(shapes, masks)]
        yield line(f"random {index}", maps, masks)
        yield line(f"tied {index}", [np.round(scores * (1 + index)) / 4 for scores in maps], masks)
        yield line(f"clamped {index}", [np.maximum(scores, 0.5) for scores in maps], masks)
        # So near one another that some are in one bin.
        yield line(f"near {index}", [1 + scores / 4096 for scores in maps], masks)
    mask = random_mask(8, 8, 0.3)
    yield line("constant", [np.full((8, 8), 0.25)], [mask])
    yield line("perfect", [mask * 3.0 - 1], [mask])
    yield line("reversed", [1.0 - mask], [mask])
    yield line("noise mask", [generator.random((16, 16))], [(generator.random((16, 16)) < 0.35).astype(int)])


here = pathlib.Path(__file__).resolve().parent
(here / "masks.txt").write_text("\n".join(sets()) + "\n")
