"""A ganomalyd under observation: started, told to stop, killed, and watched as a service manager would."""

import os
import pwd
import select
import signal
import socket
import subprocess
import time

READY_SECONDS = 60  # TimeoutStartSec of the unit
STOP_SECONDS = 15  # TimeoutStopSec of the unit
WATCHDOG_SECONDS = 30  # WatchdogSec of the unit


class BrokenPromise(Exception):
    """The daemon did what it must not do; nothing can be compared after that."""


class Daemon:
    """The daemon's process; another one after each restart, all on the same spool."""

    def __init__(self, command: list[str], folder: str, user: str | None = None):
        self.command = command
        self.user = user  # whose it is, where that is not ours
        self.error_path = f"{folder}/daemon.stderr"
        self.process: subprocess.Popen | None = None
        self.complaints: list[str] = []
        self.calm: list[tuple[float, float]] = []
        self.counts = {"starts": 0}
        self.peak_memory = 0
        self._manager: socket.socket | None = None
        self._calm_since: float | None = None
        self._last_watchdog = 0.0
        self._is_stopped = False

    # Spans in which the daemon runs and can be expected to do its work.

    def begin_calm(self) -> None:
        if self._calm_since is None:
            self._calm_since = time.monotonic()

    def end_calm(self) -> None:
        if self._calm_since is not None:
            self.calm.append((self._calm_since, time.monotonic()))
            self._calm_since = None

    # Life.

    def start(self, is_waited_for: bool = True) -> None:
        """Starts it; waits until it says that it is ready."""
        self.counts["starts"] += 1
        name = f"\0ganomaly-torture-{os.getpid()}-{self.counts['starts']}"
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(name)
        environment = {
            "PATH": "/usr/bin:/bin",
            "NOTIFY_SOCKET": "@" + name[1:],
            "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1_000_000),
        }
        with open(self.error_path, "ab") as errors:
            self.process = subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
            )
        self._is_stopped = False
        if is_waited_for:
            self._wait_for("READY=1", READY_SECONDS)
            self.begin_calm()
        self._last_watchdog = time.monotonic()

    def _wait_for(self, line: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check_alive()
            if line in self._messages(0.1):
                return
        raise BrokenPromise(f"the daemon did not say {line} within {seconds} s")

    def _messages(self, seconds: float) -> list[str]:
        """Lines that it told its service manager."""
        lines = []
        while select.select([self._manager], [], [], seconds)[0]:
            lines += self._manager.recv(65536).decode().split("\n")
            seconds = 0
        return lines

    def check_alive(self) -> None:
        """It ends when it is told to, never by itself."""
        status = self.process.poll()
        if status is not None:
            raise BrokenPromise(f"the daemon ended by itself with status {status}")

    def watch(self) -> None:
        """What a service manager looks at all the time: it lives, and feeds its watchdog."""
        self.check_alive()
        now = time.monotonic()
        if self._is_stopped or "WATCHDOG=1" in self._messages(0):
            self._last_watchdog = now
        elif now - self._last_watchdog > WATCHDOG_SECONDS:
            raise BrokenPromise(f"no WATCHDOG=1 for {WATCHDOG_SECONDS} s: the service manager would have killed it")
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        self.peak_memory = max(self.peak_memory, int(line.split()[1]) * 1024)
        except OSError:
            pass

    def wait(self, seconds: float) -> None:
        """Lets time pass under observation."""
        deadline = time.monotonic() + seconds
        while True:
            self.watch()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def kill(self) -> None:
        """As a loss of power would, for the process."""
        self.end_calm()
        self.check_alive()
        self.process.kill()
        self.process.wait()
        self._manager.close()

    def stop(self) -> None:
        """As a service manager would."""
        self.end_calm()
        self.check_alive()
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BrokenPromise(f"the daemon did not end within {STOP_SECONDS} s of SIGTERM") from error
        if status != 0:
            self.complaints.append(f"stopped by SIGTERM it ended with status {status}, expected 0")
        self._manager.close()

    def suspend(self) -> None:
        self.end_calm()
        self._is_stopped = True
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self._is_stopped = False
        self._last_watchdog = time.monotonic()
        self.begin_calm()

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def abandon(self) -> None:
        """Leaves nothing running, however it came to that."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def last_lines(self, count: int = 20) -> str:
        """The end of what it wrote to standard error."""
        try:
            with open(self.error_path, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-count:])
        except OSError:
            return ""
