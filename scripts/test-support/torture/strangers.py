"""What lies in the watched folder and is no picture."""

import os
import socket

from .named_files import NamedFiles


class Strangers(NamedFiles):
    """Links, folders, pipes, sockets, devices, and names that are not inspected."""

    strangers = [("special", 2), ("ignored", 1)]

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
