#!/usr/bin/env python3
"""Writes small valid PNG files of every colour type, bit depth, interlacing and filter: what the fuzzer begins with.

usage: make_seeds.py FOLDER
"""

import os
import random
import struct
import sys
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Adam7: first column, first row, step of columns, step of rows.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(width: int, height: int, bits: int, filters, numbers: random.Random, sparse: bool = False) -> bytes:
    """Rows of random bytes, each behind the number of its filter; an empty pass has none. Sparse rows compress well."""
    if width == 0:
        return b""
    count = (width * bits + 7) // 8
    line = [numbers.randbytes(count) if not sparse else bytes(count - 1) + numbers.randbytes(1) for _ in range(height)]
    return b"".join(bytes([filters(row)]) + line[row] for row in range(height))


def picture(width: int, height: int, colour: int, depth: int, interlaced: bool, extras: dict, seed: int) -> bytes:
    """A whole file; `extras` are chunks by the place they belong to, and how the pixels are cut into chunks."""
    numbers = random.Random(seed)
    bits = CHANNELS[colour] * depth

    def filters(row: int) -> int:
        # In turn, or each for a few rows, which the decoder takes together.
        return (3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 2, 0)[row % 17] if extras.get("runs") else row % 5

    if interlaced:
        pixels = b"".join(
            rows((width - x + dx - 1) // dx, (height - y + dy - 1) // dy, bits, filters, numbers)
            for x, y, dx, dy in PASSES
        )
    else:
        pixels = rows(width, height, bits, filters, numbers, extras.get("sparse", False))
    packer = zlib.compressobj(wbits=extras.get("window", 15))
    packed = packer.compress(pixels) + packer.flush()
    pieces = extras.get("pieces", 1)
    size = -(-len(packed) // pieces)
    parts = [chunk(b"IDAT", packed[start : start + size]) for start in range(0, len(packed), size)]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", numbers.randbytes(3 * 2 ** min(depth, 8))) if colour == 3 else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extras.get("before palette", b"")
        + palette
        + extras.get("before pixels", b"")
        + b"".join(parts)
        + extras.get("after pixels", b"")
        + chunk(b"IEND", b"")
    )


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    transparent = {0: b"\0\1", 2: b"\0\1\0\2\0\3", 3: b"\0\x80\xff"}
    count = 0
    for colour, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                variants = [("plain", {}), ("pieces", {"pieces": 3})]
                if colour in transparent:
                    data = transparent[colour][: 2**depth] if colour == 3 else transparent[colour]
                    variants.append(("tRNS", {"before pixels": chunk(b"tRNS", data)}))
                for name, extras in variants:
                    content = picture(9, 7, colour, depth, interlaced, extras, count)
                    name = f"colour{colour}-depth{depth}-{'adam7' if interlaced else 'rows'}-{name}.png"
                    with open(f"{folder}/{name}", "wb") as file:
                        file.write(content)
                    count += 1
    text = chunk(b"tEXt", b"Comment\0a text") + chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"sBIT", b"\x08")
    text += chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"no profile")) + chunk(b"pHYs", struct.pack(">IIB", 1, 1, 1))
    for name, extras in {
        "ancillary": {"before palette": text, "after pixels": chunk(b"zTXt", b"k\0\0" + zlib.compress(b"v" * 99))},
        "unknown": {"before pixels": chunk(b"abCd", b"x" * 40), "after pixels": chunk(b"tIME", bytes(7))},
        "background": {"before pixels": chunk(b"bKGD", b"\0\1") + chunk(b"hIST", b"\0\1")},
    }.items():
        with open(f"{folder}/{name}.png", "wb") as file:
            file.write(picture(5, 5, 0, 8, False, extras, 1))
    for name, width, height in (("wide", 2048, 1), ("high", 1, 2048), ("one", 1, 1), ("too-wide", 2049, 1)):
        with open(f"{folder}/{name}.png", "wb") as file:
            file.write(picture(width, height, 0, 1, name == "one", {}, 2))
    # What the decoder's own road knows: filters in runs, several bands, a window smaller and larger than the picture.
    for colour in (0, 2, 4, 6):
        for name, width, height, extras in (
            ("runs", 9, 40, {"runs": True}),
            ("narrow", 2, 40, {"runs": True, "pieces": 5}),
            ("bands", 600, 300, {"runs": True, "sparse": True}),
            ("window", 60, 40, {"runs": True, "sparse": True, "window": 9}),
            ("small-window", 4, 4, {"window": 9}),
        ):
            with open(f"{folder}/colour{colour}-{name}.png", "wb") as file:
                file.write(picture(width, height, colour, 8, False, extras, colour))


if __name__ == "__main__":
    main()
