"""What happens to the daemon and its surroundings while the writers write: one thing after another, at random."""

import os
import random
import signal
import time

from .daemon import Daemon


class Disturber:
    """Kills, stops, restarts, reloads, moves the folder away and holds the journal up."""

    # 'rest' is long enough for the promise about what lies there for thirty seconds.
    actions = [
        ("calm", 8), ("kill", 5), ("kill_at_start", 2), ("restart", 3), ("suspend", 4), ("reload", 5),
        ("move_folder", 3), ("move_folder_and_restart", 1), ("stop_journal", 3), ("rest", 1),
    ]  # fmt: skip

    def __init__(self, daemon: Daemon, spool: str, settings_path: str, seed: int, journald: int | None):
        self.daemon = daemon
        self.spool = spool
        self.settings_path = settings_path
        self.random = random.Random(f"{seed} disturber")
        self.journald = journald
        self.counts: dict[str, int] = {}
        self._normal = "leave"

    def run(self, seconds: float) -> None:
        """Disturbs for so long."""
        deadline = time.monotonic() + seconds
        names, weights = zip(*self.actions)
        while time.monotonic() < deadline:
            action = self.random.choices(names, weights)[0]
            if action == "rest" and deadline - time.monotonic() < 60:
                action = "calm"
            if action == "stop_journal" and self.journald is None:
                action = "calm"
            self.counts[action] = self.counts.get(action, 0) + 1
            getattr(self, action)()
            self.daemon.wait(self.random.random() * 2)

    def calm(self) -> None:
        self.daemon.wait(1 + self.random.random() * 3)

    def rest(self) -> None:
        self.daemon.wait(45)

    def kill(self) -> None:
        self.daemon.kill()
        time.sleep(self.random.choice([0, 0, 0.5, 2]))
        self.daemon.start()

    def kill_at_start(self) -> None:
        """While it opens the ledger, recovers moves, reads the folder for the first time."""
        self.daemon.kill()
        for _ in range(self.random.randrange(1, 4)):
            self.daemon.start(is_waited_for=False)
            time.sleep(self.random.random() * 0.4)
            self.daemon.kill()
        self.daemon.start()

    def restart(self) -> None:
        self.daemon.stop()
        time.sleep(self.random.choice([0, 1]))
        self.daemon.start()

    def suspend(self) -> None:
        self.daemon.suspend()
        time.sleep(0.2 + self.random.random() * 4)
        if self.random.random() < 0.3:
            self.daemon.kill()
            self.daemon.start()
        else:
            self.daemon.resume()

    def reload(self) -> None:
        """With another setting, so that pictures also go to `passed` or are removed; sometimes one that is refused."""
        self._normal = self.random.choice([way for way in ("leave", "move", "delete") if way != self._normal])
        bad = self.random.random() < 0.3
        self.write_settings("nonsense" if bad else self._normal)
        self.daemon.reload()
        self.daemon.wait(self.random.random())
        if bad:
            # A restart must not meet it.
            self.write_settings(self._normal)

    def write_settings(self, normal: str) -> None:
        """Replaces the configuration file as a whole."""
        with open(self.settings_path + ".new", "w", encoding="utf-8") as file:
            file.write(f"on_normal: {normal}\n")
        os.rename(self.settings_path + ".new", self.settings_path)

    def move_folder(self) -> None:
        """Away, and back; writers go on in it meanwhile."""
        self.daemon.end_calm()
        self._move_away()
        self.daemon.wait(self.random.choice([0, 0.05, 0.5, 3]))
        self._bring_back()
        self.daemon.begin_calm()

    def move_folder_and_restart(self) -> None:
        """Started without its folder it makes a new one, which the old one then replaces."""
        self._move_away()
        self.kill()
        self.daemon.wait(self.random.random() * 2)
        self.daemon.end_calm()
        self._bring_back()
        self.daemon.begin_calm()

    def _move_away(self) -> None:
        os.rename(f"{self.spool}/incoming", f"{self.spool}/incoming.away")

    def _bring_back(self) -> None:
        os.rename(f"{self.spool}/incoming.away", f"{self.spool}/incoming")

    def stop_journal(self) -> None:
        """Stopped, it takes nothing and answers nothing; scoring must not notice."""
        os.kill(self.journald, signal.SIGSTOP)
        try:
            self.daemon.wait(self.random.choice([0.5, 2, 6]))
            if self.random.random() < 0.4:
                self.kill()
            elif self.random.random() < 0.3:
                self.restart()
        finally:
            os.kill(self.journald, signal.SIGCONT)
