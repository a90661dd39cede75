"""What is there in the end: the files, the ledger's rows and the journal's entries, as plain values."""

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
from dataclasses import dataclass, field


@dataclass
class File:
    """A name in one of the spool's folders."""

    folder: str
    name: bytes
    is_plain: bool
    device: int
    inode: int
    size: int
    modified: int  # nanoseconds since 1970
    digest: str  # empty for what is no plain file
    content: bytes = b""  # of sidecars


@dataclass
class Row:
    """One inspection in the ledger."""

    id: str
    name: bytes
    device: int
    inode: int
    size: int
    modified: int
    digest: str
    score: float | None
    verdict: str
    reason: str | None
    action: str
    destination: bytes | None
    state: str


@dataclass
class Entry:
    """One entry of the journal about an inspection."""

    id: str
    verdict: str
    action: str
    score: str | None
    digest: str
    destination: bytes | None


@dataclass
class Outcome:
    """All that the auditor compares."""

    completed: set = field(default_factory=set)
    things: list = field(default_factory=list)
    placements: list = field(default_factory=list)
    calm: list = field(default_factory=list)  # spans, in the placements' time, in which a daemon ran undisturbed
    files: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    entries: list | None = None  # None where there was no journal
    are_moves_copies: bool = False  # quarantine is another file system than the watched folder
    end: float = 0  # when the daemon was stopped for good


FOLDERS = ("incoming", "quarantine", "passed", "rejected")


def read_files(spool: str) -> list[File]:
    """Everything in the spool's four folders."""
    files = []
    for folder in FOLDERS:
        path = os.fsencode(f"{spool}/{folder}")
        for name in os.listdir(path):
            full = path + b"/" + name
            status = os.lstat(full)
            is_plain = stat.S_ISREG(status.st_mode)
            content = b""
            if is_plain:
                with open(full, "rb") as file:
                    content = file.read()
            files.append(
                File(
                    folder, name, is_plain, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
                    hashlib.sha256(content).hexdigest() if is_plain else "",
                    content if name.endswith(b".json") else b"",
                )
            )  # fmt: skip
    return files


def _connect(state: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{state}/ledger.sqlite?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    return connection


def read_rows(state: str) -> list[Row]:
    """All rows of the ledger."""
    with _connect(state) as connection:
        return [
            Row(
                row["id"], bytes(row["name"]), row["device"] % 2**64, row["inode"] % 2**64, row["size"], row["mtime"],
                bytes(row["sha256"]).hex(), row["score"], row["verdict"], row["reason"], row["action"],
                None if row["destination"] is None else bytes(row["destination"]), row["state"],
            )
            for row in connection.execute("SELECT * FROM inspection ORDER BY number")
        ]  # fmt: skip


def count_unsettled(state: str, has_journal: bool) -> tuple[int, int]:
    """Rows in all, and those that something is still to be done about."""
    condition = "state = 'intended'" + (" OR journalled = 0" if has_journal else "")
    with _connect(state) as connection:
        total = connection.execute("SELECT count(*) FROM inspection").fetchone()[0]
        return total, connection.execute(f"SELECT count(*) FROM inspection WHERE {condition}").fetchone()[0]


def _field(entry: dict, name: str) -> str | bytes | None:
    value = entry.get(name)
    if isinstance(value, list) and value and isinstance(value[0], int):
        return bytes(value)
    return value


def read_entries() -> list[Entry]:
    """The journal's entries about inspections."""
    subprocess.run(["journalctl", "--sync"], check=True, timeout=60)
    output = subprocess.run(
        ["journalctl", "--quiet", "--all", "--output=json", "SYSLOG_IDENTIFIER=ganomalyd"],
        check=True, stdout=subprocess.PIPE, timeout=300,
    ).stdout  # fmt: skip
    entries = []
    for line in output.splitlines():
        entry = json.loads(line)
        if entry.get("GANOMALY_VERDICT") is None:
            continue
        destination = _field(entry, "GANOMALY_DESTINATION")
        entries.append(
            Entry(
                entry["GANOMALY_EVENT_ID"], entry["GANOMALY_VERDICT"], entry["GANOMALY_ACTION"],
                entry.get("GANOMALY_SCORE"), entry.get("GANOMALY_SHA256") or "",
                destination.encode() if isinstance(destination, str) else destination,
            )
        )  # fmt: skip
    return entries
