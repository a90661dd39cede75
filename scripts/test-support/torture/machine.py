"""System calls that Python's library does not have, and pictures that no other has the bytes of."""

import ctypes
import os
import random
import struct
import zlib

_library = ctypes.CDLL(None, use_errno=True)
_NOREPLACE, _EXCHANGE = 1, 2  # of renameat2


def _rename(source: bytes, source_folder: int, target: bytes, target_folder: int, flags: int) -> None:
    if _library.renameat2(source_folder, source, target_folder, target, flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source)


def exchange(first: bytes, first_folder: int, second: bytes, second_folder: int) -> None:
    """Exchanges two names."""
    _rename(first, first_folder, second, second_folder, _EXCHANGE)


def rename_new(source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
    """Renames to a name that nothing has."""
    _rename(source, source_folder, target, target_folder, _NOREPLACE)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Pictures:
    """Makes files that are unlike each other: a sample with a text of its own behind its header."""

    def __init__(self, samples: list[bytes], writer: int, random_numbers: random.Random):
        self.samples = samples
        self.writer = writer
        self.random = random_numbers
        self.count = 0

    def text(self) -> bytes:
        """A text that no other content has."""
        self.count += 1
        return b"Comment\0writer %d, content %d" % (self.writer, self.count)

    def whole(self) -> bytes:
        """A picture that decodes."""
        sample = self.random.choice(self.samples)
        # The header's chunk ends at byte 33.
        return sample[:33] + chunk(b"tEXt", self.text()) + sample[33:]

    def broken(self) -> bytes:
        """A file that does not: no PNG, a cut one, one with a wrong checksum or damaged pixels."""
        kind = self.random.randrange(5)
        content = self.whole()
        if kind == 0:
            return self.text() + self.random.randbytes(self.random.randrange(2000))
        if kind == 1:
            return content[: self.random.randrange(90, len(content))]
        if kind == 2:
            return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]
        if kind == 3:
            middle = (len(content) + 100) // 2
            return content[:middle] + self.random.randbytes(8) + content[middle + 8 :]
        return content[:8] + self.text()
