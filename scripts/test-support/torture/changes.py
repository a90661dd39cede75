"""What happens to files that are in the watched folder."""

import contextlib
import os
import time

from .machine import exchange
from .named_files import Held, NamedFiles


class Changes(NamedFiles):
    """Files that are changed, replaced, exchanged, taken away and brought back."""

    changes = [
        ("overwrite", 6), ("overwrite_same_size", 3), ("truncate", 3), ("reuse", 3), ("exchange", 3),
        ("exchange_with_outside", 2), ("remove", 3), ("out_and_in", 4), ("change_mode", 3), ("touch", 2),
    ]  # fmt: skip

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
