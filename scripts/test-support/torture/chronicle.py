"""What the writers did, as far as they know it themselves: the auditor's side of the truth."""

import hashlib
import threading
import time
from dataclasses import dataclass, field


def digest_of(content: bytes) -> str:
    """SHA-256 as the ledger's users see it."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Thing:
    """One file by its inode, whatever its name is by now."""

    inode: int
    content: bytes
    digests: list = field(default_factory=list)  # all that it ever held, the newest last
    is_removed: bool = False  # by its writer, who saw it go
    is_outside: bool = False  # whether it also has a name elsewhere, through which it is written

    @property
    def digest(self) -> str:
        return self.digests[-1]


@dataclass
class Placement:
    """A content under a name of the watched folder, from its completion to the moment its writer touched it again."""

    name: bytes
    digest: str  # empty where it is no plain file
    kind: str  # 'file', 'special' (no plain file) or 'ignored' (a name that is not inspected)
    start: float
    end: float | None = None  # None: it stayed, as far as its writer is concerned
    is_optional: bool = False  # it was away from its name when its content changed: no row is promised


class Chronicle:
    """Everything the writers report, from several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.completed: set[str] = set()  # contents that may be judged
        self.things: list[Thing] = []
        self.placements: list[Placement] = []
        self.counts: dict[str, int] = {}
        self._open: dict[bytes, Placement] = {}
        self._by_inode: dict[int, Thing] = {}

    def complete(self, content: bytes) -> str:
        """Notes a whole content, before its last byte can be seen."""
        digest = digest_of(content)
        with self.lock:
            self.completed.add(digest)
        return digest

    def create(self, inode: int, content: bytes) -> Thing:
        """Notes a new file that holds a content."""
        thing = Thing(inode, content, [digest_of(content)])
        with self.lock:
            self.things.append(thing)
            self._by_inode[inode] = thing
        return thing

    def thing(self, inode: int) -> Thing | None:
        """The file that has an inode now: the last one that was made with it."""
        with self.lock:
            return self._by_inode.get(inode)

    def rewrite(self, thing: Thing, content: bytes) -> None:
        """Notes that a file holds another content."""
        with self.lock:
            thing.content = content
            thing.digests.append(digest_of(content))

    def place(self, name: bytes, digest: str, kind: str = "file", is_optional: bool = False) -> None:
        """Notes that a content lies under a name from now on; what lay there before ended at `leave`."""
        placement = Placement(name, digest, kind, time.monotonic(), is_optional=is_optional)
        with self.lock:
            self.placements.append(placement)
            self._open[name] = placement

    def leave(self, name: bytes) -> None:
        """Notes, before it happens, that whatever lies under a name is replaced, changed or removed."""
        with self.lock:
            placement = self._open.pop(name, None)
            if placement:
                placement.end = time.monotonic()

    def count(self, what: str) -> None:
        """Counts something that was done, for the report."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
