"""Writers that do to the watched folder whatever a camera, a copy, a person or an attacker may do."""

import contextlib
import errno
import mmap
import os
import random
import socket
import threading
import time

from .chronicle import Chronicle, Thing
from .machine import Pictures, exchange, rename_new

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


class Writer(threading.Thread):
    """One writer: a loop of random operations on names of its own."""

    def __init__(
        self, number: int, seed: int, incoming: int, staging: int, samples: list, chronicle: Chronicle, pause: float
    ):
        super().__init__(name=f"writer {number}", daemon=True)
        self.number = number
        self.random = random.Random(f"{seed} writer {number}")
        self.pictures = Pictures(samples, number, self.random)
        self.incoming = incoming  # by descriptor: it stays the same folder when that is moved away
        self.staging = staging
        self.chronicle = chronicle
        self.pause = pause
        self.stopping = threading.Event()
        self.names: dict[bytes, Thing] = {}  # files of one link each, as this writer left them
        self.linked: dict[bytes, tuple] = {}  # names in the folder with a second one outside
        self.serial = 0
        self.failure: BaseException | None = None

    operations = [
        ("copy", 10), ("copy_broken", 4), ("rename_in", 8), ("part_rename", 5), ("link_in", 3), ("link_inside", 1),
        ("write_through_link", 3), ("overwrite", 6), ("overwrite_same_size", 3), ("write_slowly", 3),
        ("write_in_two_goes", 2), ("truncate", 3), ("reuse", 3), ("exchange", 3), ("exchange_with_outside", 2),
        ("temporary_and_link", 4), ("map_and_write", 3), ("special", 2), ("ignored", 1), ("remove", 3),
        ("out_and_in", 4), ("change_mode", 3), ("touch", 2), ("burst", 1),
    ]  # fmt: skip

    def run(self) -> None:
        names, weights = zip(*self.operations)
        try:
            while not self.stopping.is_set():
                operation = self.random.choices(names, weights)[0]
                try:
                    getattr(self, operation)()
                    self.chronicle.count(operation)
                except OSError as error:
                    # The daemon moved the file before, or put it back: that is its right. Anything else is a fault of
                    # this program.
                    if error.errno not in (errno.ENOENT, errno.EEXIST):
                        raise
                self.stopping.wait(self.random.expovariate(1 / self.pause))
        except BaseException as error:  # noqa: BLE001  reported by the main thread
            self.failure = error

    # Names and files.

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

    # Arrivals.

    def copy(self) -> None:
        self.create(self.new_name(), self.pictures.whole(), self.random.randrange(1, 5))

    def copy_broken(self) -> None:
        content = b"" if self.random.random() < 0.1 else self.pictures.broken()
        self.create(self.new_name(), content, self.random.randrange(1, 3))

    def rename_in(self) -> None:
        """By rename, over a name that is there or not."""
        name = self.any_name() if self.names and self.random.random() < 0.4 else self.new_name()
        content = self.pictures.whole()
        staged, inode = self.stage(content)
        self.rename_over(staged, name)
        self.put(name, self.chronicle.create(inode, content))

    def part_rename(self) -> None:
        name = self.new_name()
        part = name[:240] + b".part"
        content = self.pictures.whole()
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.incoming)
        thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        self.write(descriptor, content, 3, 0.05)
        os.close(descriptor)
        os.rename(part, name, src_dir_fd=self.incoming, dst_dir_fd=self.incoming)
        self.put(name, thing)

    def link_in(self) -> None:
        """By a hard link; the other name goes at once, or stays for writing through it."""
        name = self.new_name()
        content = self.pictures.whole()
        staged, inode = self.stage(content)
        os.link(staged, name, src_dir_fd=self.staging, dst_dir_fd=self.incoming)
        thing = self.chronicle.create(inode, content)
        if self.random.random() < 0.5:
            os.unlink(staged, dir_fd=self.staging)
            self.put(name, thing)
        else:
            thing.is_outside = True
            self.linked[name] = (staged, thing)
            self.chronicle.place(name, thing.digest)

    def link_inside(self) -> None:
        """One file under two names of the watched folder."""
        first, second = self.new_name(), self.new_name()
        content = self.pictures.whole()
        staged, inode = self.stage(content)
        thing = self.chronicle.create(inode, content)
        os.link(staged, first, src_dir_fd=self.staging, dst_dir_fd=self.incoming)
        os.rename(staged, second, src_dir_fd=self.staging, dst_dir_fd=self.incoming)
        self.chronicle.place(first, thing.digest)
        self.chronicle.place(second, thing.digest)

    def write_through_link(self) -> None:
        """Through a name outside: the watch reports nothing."""
        if not self.linked:
            return self.link_in()
        name = self.random.choice(list(self.linked))
        staged, thing = self.linked[name]
        content = self.pictures.whole()
        descriptor = os.open(staged, os.O_WRONLY, dir_fd=self.staging)
        self.chronicle.leave(name)
        self.chronicle.rewrite(thing, content)
        os.ftruncate(descriptor, 0)
        self.write(descriptor, content, 2, 0.3)
        os.close(descriptor)
        self.chronicle.place(name, thing.digest, is_optional=self.inode_at(name) != thing.inode)

    def write_slowly(self) -> None:
        self.create(self.new_name(), self.pictures.whole(), self.random.randrange(3, 12), 0.6)

    def write_in_two_goes(self) -> None:
        """Half a file, closed; the rest a moment later."""
        name = self.new_name()
        content = self.pictures.whole()
        half = len(content) // 2
        self.create(name, content[:half])
        time.sleep(self.random.random())

        def finish(descriptor: int) -> None:
            os.lseek(descriptor, 0, os.SEEK_END)
            self.write(descriptor, content[half:])

        self.chronicle.complete(content)
        self.change(name, self.names[name], content, finish)

    def temporary_and_link(self) -> None:
        """O_TMPFILE, then its first name; sometimes written on after that."""
        name = self.new_name()
        content = self.pictures.whole()
        descriptor = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o644, dir_fd=self.incoming)
        thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        rest = content[-100:] if self.random.random() < 0.3 else b""
        self.chronicle.complete(content)
        os.write(descriptor, content[: len(content) - len(rest)])
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=self.incoming, follow_symlinks=True)
        if rest:
            time.sleep(self.random.random() * 0.5)
            os.write(descriptor, rest)
        os.close(descriptor)
        self.put(name, thing)

    def map_and_write(self) -> None:
        """A new file, or one that is there, through a shared mapping whose descriptor is closed."""
        name = self.new_name()
        content = self.pictures.whole()
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.incoming)
        thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        os.ftruncate(descriptor, len(content))
        mapping = mmap.mmap(descriptor, len(content))
        os.close(descriptor)
        half = len(content) // 2
        mapping[:half] = content[:half]
        time.sleep(self.random.random())
        self.chronicle.complete(content)
        mapping[half:] = content[half:]
        mapping.close()
        self.put(name, thing)

    def burst(self) -> None:
        for _ in range(self.random.randrange(50, 150)):
            self.create(self.new_name(), self.pictures.whole())

    # What happens to files that are there.

    def overwrite(self) -> None:
        """As `cp` over a name: the same file truncated and written, or a new one where it was moved away."""
        name = self.any_name()
        thing = self.names[name]
        content = self.pictures.whole() if self.random.random() < 0.8 else self.pictures.broken()
        pause = 0.3 if self.random.random() < 0.3 else 0
        with self.taking(name):
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=self.incoming)
        if os.fstat(descriptor).st_ino == thing.inode and not thing.is_removed:
            self.chronicle.rewrite(thing, content)
            os.ftruncate(descriptor, 0)
        else:
            thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        self.write(descriptor, content, self.random.randrange(1, 4), pause)
        os.close(descriptor)
        self.names[name] = thing
        self.chronicle.place(name, thing.digest, is_optional=self.inode_at(name) != thing.inode)

    def overwrite_same_size(self) -> None:
        """In place without truncation: until the last byte it looks complete."""
        name = self.any_name()
        thing = self.names[name]
        content = self.pictures.whole()
        pieces, pause = self.random.randrange(2, 6), self.random.choice([0, 0.2])

        def work(descriptor: int) -> None:
            self.write(descriptor, content, pieces, pause)
            os.ftruncate(descriptor, len(content))

        self.change(name, thing, content, work)

    def truncate(self) -> None:
        name = self.any_name()
        thing = self.names[name]
        if len(thing.content) < 120:
            return
        content = thing.content[: self.random.randrange(100, len(thing.content))]
        held = Held(name, self.incoming)
        try:
            if held.inode != thing.inode:
                return
            self.chronicle.leave(name)
            with contextlib.suppress(FileNotFoundError):
                os.truncate(b"/proc/self/fd/%d/" % self.incoming + name, len(content))
            if os.fstat(held.descriptor).st_size == len(content):
                self.chronicle.rewrite(thing, content)
            self.chronicle.place(name, thing.digest, is_optional=self.inode_at(name) != thing.inode)
        finally:
            held.close()

    def reuse(self) -> None:
        """One name for one file after another, within less than a millisecond each."""
        name = self.new_name()
        self.create(name, self.pictures.whole())
        for _ in range(self.random.randrange(5, 30)):
            content = self.pictures.whole()
            way = self.random.randrange(3)
            if way == 0:
                staged, inode = self.stage(content)
                with contextlib.suppress(FileExistsError):
                    self.rename_over(staged, name)
                    self.put(name, self.chronicle.create(inode, content))
            elif way == 1:
                with contextlib.suppress(FileNotFoundError), self.taking(name) as is_there:
                    if is_there:
                        os.unlink(name, dir_fd=self.incoming)
                # A file that the daemon puts back in between has the name: then this one waits for another turn.
                with contextlib.suppress(FileExistsError):
                    self.create(name, content)
            else:
                with contextlib.suppress(FileNotFoundError):
                    self.change(name, self.names[name], content, lambda d, c=content: self._fill(d, c))

    def _fill(self, descriptor: int, content: bytes) -> None:
        os.ftruncate(descriptor, 0)
        self.write(descriptor, content)

    def exchange(self) -> None:
        first, second = self.any_name(), self.any_name()
        if first == second:
            return
        for name in (first, second):
            if self.inode_at(name) != self.names[name].inode:
                return
        self.chronicle.leave(first)
        self.chronicle.leave(second)
        is_done = False
        with contextlib.suppress(FileNotFoundError):
            exchange(first, self.incoming, second, self.incoming)
            is_done = True
        if is_done:
            self.names[first], self.names[second] = self.names[second], self.names[first]
        for name in (first, second):
            thing = self.names[name]
            self.chronicle.place(name, thing.digest, is_optional=self.inode_at(name) != thing.inode)

    def exchange_with_outside(self) -> None:
        name = self.any_name()
        content = self.pictures.whole()
        staged, inode = self.stage(content)
        self.chronicle.leave(name)
        try:
            exchange(staged, self.staging, name, self.incoming)
        except FileNotFoundError:
            os.unlink(staged, dir_fd=self.staging)
            return
        self.put(name, self.chronicle.create(inode, content))
        # Whatever came out goes: it lies where only this writer is.
        self.note_removal(os.stat(staged, dir_fd=self.staging).st_ino)
        os.unlink(staged, dir_fd=self.staging)

    def remove(self) -> None:
        name = self.any_name()
        with self.taking(name) as is_there:
            if not is_there:
                return
            os.unlink(name, dir_fd=self.incoming)
        del self.names[name]

    def out_and_in(self) -> None:
        """Renamed out of the folder, and back under the same name or another."""
        name = self.any_name()
        thing = self.names[name]
        self.serial += 1
        outside = b"o%d-%d" % (self.number, self.serial)
        self.chronicle.leave(name)
        os.rename(name, outside, src_dir_fd=self.incoming, dst_dir_fd=self.staging)
        del self.names[name]
        # What came out, which may be an earlier file that the daemon had put back.
        thing = self.chronicle.thing(os.stat(outside, dir_fd=self.staging).st_ino) or thing
        time.sleep(self.random.random() * 0.3)
        target = name if self.random.random() < 0.5 else self.new_name()
        self.rename_over(outside, target)
        self.put(target, thing)

    def change_mode(self) -> None:
        """Nothing of the content; for a moment a daemon of another user cannot read it."""
        name = self.any_name()
        os.chmod(name, self.random.choice([0o600, 0o644, 0o666]), dir_fd=self.incoming)
        time.sleep(self.random.random() * 0.5)
        os.chmod(name, 0o644, dir_fd=self.incoming)

    def touch(self) -> None:
        """Another time of the same bytes: another arrival."""
        name = self.any_name()
        thing = self.names[name]
        if self.inode_at(name) != thing.inode:
            return
        self.chronicle.leave(name)
        os.utime(name, dir_fd=self.incoming)
        self.chronicle.place(name, thing.digest, is_optional=self.inode_at(name) != thing.inode)

    # What is no picture.

    def special(self) -> None:
        name = self.new_name()
        kind = self.random.choice(["link", "dangling", "folder", "fifo", "socket", "device"])
        if kind == "link":
            staged, inode = self.stage(self.pictures.whole())
            os.symlink(b"/proc/self/fd/%d/" % self.staging + staged, name, dir_fd=self.incoming)
        elif kind == "dangling":
            os.symlink(b"/nowhere/at-all.png", name, dir_fd=self.incoming)
        elif kind == "folder":
            os.mkdir(name, dir_fd=self.incoming)
        elif kind == "fifo":
            os.mkfifo(name, dir_fd=self.incoming)
        elif kind == "socket":
            name = b"w%d-%d.png" % (self.number, self.serial)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(b"/proc/self/fd/%d/" % self.incoming + name)
            listener.close()
        else:
            try:
                os.mknod(name, 0o600 | 0o020000, os.makedev(1, 3), dir_fd=self.incoming)
            except PermissionError:
                return
        self.chronicle.place(name, "", "special")

    def ignored(self) -> None:
        """Names that are nobody's business."""
        self.serial += 1
        name = b"w%d-%d" % (self.number, self.serial) + self.random.choice(
            [b".txt", b".png~", b".png.tmp", b".filepart"]
        )
        if self.random.random() < 0.3:
            name = b"." + name + b".png"
        content = self.pictures.whole()
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.incoming)
        os.write(descriptor, content)
        thing = self.chronicle.create(os.fstat(descriptor).st_ino, content)
        os.close(descriptor)
        self.chronicle.place(name, thing.digest, "ignored")
