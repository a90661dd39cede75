"""The ways in which a file comes into the watched folder."""

import mmap
import os
import time

from .named_files import NamedFiles


class Arrivals(NamedFiles):
    """New files, and what is written through names that the folder does not know."""

    arrivals = [
        ("copy", 10), ("copy_broken", 4), ("rename_in", 8), ("part_rename", 5), ("link_in", 3), ("link_inside", 1),
        ("write_through_link", 3), ("write_slowly", 3), ("write_in_two_goes", 2), ("temporary_and_link", 4),
        ("map_and_write", 3), ("burst", 1),
    ]  # fmt: skip

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
