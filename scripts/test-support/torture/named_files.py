"""Names of the watched folder that are a writer's own, what lies under them, and how that is noted."""

import contextlib
import errno
import os
import random
import time

from .chronicle import Chronicle, Thing
from .machine import Pictures, rename_new

# Names are a writer's own, so that only the daemon interferes with it.
_HOSTILE = [
    b"new\nline",
    b"\xff\xfe not UTF-8",
    b"- dash",
    b"'quote\"",
    b"\x1b[31mred",
    b"tab\t",
    b"$(reboot)",
    b"%s%n",
    "Prüfbild-検査".encode(),
    b"..dots..",
]


class Held:
    """Whatever lies under a name now, held by its inode, which therefore cannot become another file's."""

    def __init__(self, name: bytes, folder: int):
        self.descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        self.inode = os.fstat(self.descriptor).st_ino

    def is_gone(self) -> bool:
        """Whether no name leads to it any more."""
        return os.fstat(self.descriptor).st_nlink == 0

    def close(self) -> None:
        os.close(self.descriptor)


class NamedFiles:
    """A writer's names in the watched folder and its files outside."""

    def __init__(self, number: int, seed: int, incoming: int, staging: int, samples: list, chronicle: Chronicle):
        self.number = number
        self.random = random.Random(f"{seed} writer {number}")
        self.pictures = Pictures(samples, number, self.random)
        self.incoming = incoming  # by descriptor: it stays the same folder when that is moved away
        self.staging = staging
        self.chronicle = chronicle
        self.names: dict[bytes, Thing] = {}  # files of one link each, as this writer left them
        self.linked: dict[bytes, tuple] = {}  # names in the folder with a second one outside
        self.serial = 0

    def new_name(self) -> bytes:
        self.serial += 1
        head = b"w%d-%d" % (self.number, self.serial)
        if self.random.random() < 0.15:
            head += b" " + self.random.choice(_HOSTILE)
        elif self.random.random() < 0.03:
            head += b"x" * (251 - len(head))
        return head + (b".PNG" if self.random.random() < 0.05 else b".png")

    def any_name(self) -> bytes:
        if not self.names:
            raise FileNotFoundError(errno.ENOENT, "no name yet")
        return self.random.choice(list(self.names))

    def stage(self, content: bytes) -> tuple[bytes, int]:
        """Writes a whole file outside the watched folder."""
        self.serial += 1
        name = b"s%d-%d" % (self.number, self.serial)
        self.chronicle.complete(content)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.staging)
        os.write(descriptor, content)
        inode = os.fstat(descriptor).st_ino
        os.close(descriptor)
        return name, inode

    def inode_at(self, name: bytes) -> int | None:
        try:
            return os.stat(name, dir_fd=self.incoming, follow_symlinks=False).st_ino
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def taking(self, name: bytes):
        """Around what ends the file under a name; yields whether there is one, and notes whether it ended.

        Without one nothing may be removed or replaced: the daemon may be about to put a file back under the name, and
        it would go unseen.
        """
        held = None
        try:
            with contextlib.suppress(FileNotFoundError):
                held = Held(name, self.incoming)
            self.chronicle.leave(name)
            yield held is not None
            # Perhaps not the file that this writer left there last: the daemon may have put an earlier one back.
            if held and held.is_gone():
                self.note_removal(held.inode)
        finally:
            if held:
                held.close()

    def note_removal(self, inode: int) -> None:
        thing = self.chronicle.thing(inode)
        if thing:
            thing.is_removed = True

    def rename_over(self, staged: bytes, name: bytes) -> None:
        """From outside to a name, in place of what is there."""
        with self.taking(name) as is_there:
            if is_there:
                os.rename(staged, name, src_dir_fd=self.staging, dst_dir_fd=self.incoming)
            else:
                rename_new(staged, self.staging, name, self.incoming)

    def put(self, name: bytes, thing: Thing) -> None:
        """Notes a file under a name."""
        self.names[name] = thing
        self.chronicle.place(name, thing.digest)

    def write(self, descriptor: int, content: bytes, pieces: int = 1, pause: float = 0) -> None:
        """Writes in pieces; the content counts as completed just before its last piece."""
        ends = sorted({self.random.randrange(1, max(2, len(content))) for _ in range(pieces - 1)} | {len(content)})
        start = 0
        for end in ends:
            if end == len(content):
                self.chronicle.complete(content)
            if start < end:
                os.write(descriptor, content[start:end])
            start = end
            if pause and end != len(content):
                time.sleep(self.random.random() * pause)

    def create(self, name: bytes, content: bytes, pieces: int = 1, pause: float = 0) -> None:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.incoming)
        thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        self.write(descriptor, content, pieces, pause)
        os.close(descriptor)
        self.put(name, thing)

    def change(self, name: bytes, thing: Thing, content: bytes, work) -> None:
        """Changes a file in place by `work(descriptor)`."""
        descriptor = os.open(name, os.O_RDWR, dir_fd=self.incoming)
        try:
            if os.fstat(descriptor).st_ino != thing.inode:
                return
            self.chronicle.leave(name)
            # Noted first: from here on the bytes may be either.
            self.chronicle.rewrite(thing, content)
            work(descriptor)
        finally:
            os.close(descriptor)
        is_there = self.inode_at(name) == thing.inode
        self.chronicle.place(name, thing.digest, is_optional=not is_there)
