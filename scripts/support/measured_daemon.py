"""A ganomalyd that is measured: the process as the kernel sees it, and the ledger beside it."""

import glob
import os
import sqlite3
import subprocess
import time


class Unmeasurable(Exception):
    """What was to be measured did not happen."""


class MeasuredDaemon:
    """A running daemon, as the kernel sees it."""

    def __init__(self, spool: str, model: str, log: str, options: list[str], program: str = "ganomalyd"):
        self.log = log
        command = [program, "--spool", spool, "--model", model, "--records", "stderr", "--minimum-free-bytes", "0"]
        command += options
        start = time.monotonic()
        with open(log, "wb") as lines:
            self.process = subprocess.Popen(command, stdout=lines, stderr=lines)
        while b"is ready" not in self.output():
            if self.process.poll() is not None:
                raise Unmeasurable(f"the daemon ended: {self.output().decode(errors='replace')}")
            time.sleep(0.002)
        self.seconds_to_ready = time.monotonic() - start

    def output(self) -> bytes:
        with open(self.log, "rb") as lines:
            return lines.read()

    def memory(self, field: str) -> int:
        """Bytes of a field of /proc/PID/status, such as VmHWM."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise KeyError(field)

    def effort(self) -> tuple[int, int]:
        """How often its threads went to sleep, and nanoseconds that they ran."""
        sleeps = nanoseconds = 0
        for task in glob.glob(f"/proc/{self.process.pid}/task/*"):
            with open(task + "/status") as status:
                sleeps += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))
            with open(task + "/schedstat") as times:
                nanoseconds += int(times.read().split()[0])
        return sleeps, nanoseconds

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=60)

    def abandon(self) -> None:
        """Leaves nothing running, however it came to that."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Ledger:
    """The ledger beside the running daemon."""

    def __init__(self, path: str):
        self.connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)

    def count(self, prefix: str) -> int:
        """Rows of files whose names begin so; without a beginning, all rows, which is quick."""
        if not prefix:
            return self.connection.execute("SELECT count(*) FROM inspection").fetchone()[0]
        return self.connection.execute(
            "SELECT count(*) FROM inspection WHERE CAST(name AS TEXT) GLOB ?", (prefix + "*",)).fetchone()[0]

    def count_verdict(self, verdict: str) -> int:
        return self.connection.execute("SELECT count(*) FROM inspection WHERE verdict = ?", (verdict,)).fetchone()[0]

    def wait(self, prefix: str, count: int, patience: float = 120) -> float:
        """Waits until there are so many rows; when the last one came."""
        last, since = -1, time.monotonic()
        while True:
            found = self.count(prefix)
            if found >= count:
                return time.monotonic()
            if found != last:
                last, since = found, time.monotonic()
            elif time.monotonic() - since > patience:
                raise Unmeasurable(f"only {found} of {count} files have a row, and no more come")
            time.sleep(0.02)

    def faults(self, prefix: str, count: int) -> list[str]:
        """What is not one row of a verdict a file."""
        rows = self.connection.execute(
            "SELECT CAST(name AS TEXT), count(*), min(verdict) FROM inspection WHERE CAST(name AS TEXT) GLOB ?"
            " GROUP BY name", (prefix + "*",)).fetchall()
        found = [f"{name}: {number} rows" for name, number, _ in rows if number != 1]
        found += [f"{name}: {verdict}" for name, _, verdict in rows if verdict not in ("normal", "anomaly")]
        if len(rows) != count:
            found.append(f"{len(rows)} files, expected {count}")
        return found

    def latencies(self, prefix: str) -> list[float]:
        """Seconds from the first notice of a file to its verdict, ascending."""
        rows = self.connection.execute(
            "SELECT (wait_usec + decode_usec + inference_usec) / 1e6 FROM inspection WHERE CAST(name AS TEXT) GLOB ?"
            " ORDER BY 1", (prefix + "*",))
        return [row[0] for row in rows]

    def mean(self, column: str, prefix: str) -> float:
        query = f"SELECT avg({column}) FROM inspection WHERE CAST(name AS TEXT) GLOB ?"  # a column's name of ours
        return self.connection.execute(query, (prefix + "*",)).fetchone()[0]
