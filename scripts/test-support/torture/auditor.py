"""Compares what the writers did with what is there in the end, and names every promise that was broken."""

import json
import re
import struct
from collections import Counter, defaultdict

from .outcome import File, Outcome, Row

STAY = 30.0  # seconds under its name beside a running daemon after which a content has a row
_RETURNED = re.compile(rb"\.returned-[0-9a-f]{8}(?=\.[^.]*$|$)")
_BESIDE = (b".json", b".view.png", b".map.png")  # what lies beside a picture in quarantine
_MOVES = {"quarantined": "quarantine", "passed": "passed", "rejected": "rejected"}


def audit(outcome: Outcome) -> list[str]:
    """All complaints, the gravest kinds first."""
    auditor = _Auditor(outcome)
    return (
        auditor.lost_files()
        + auditor.foreign_files()
        + auditor.unknown_verdicts()
        + auditor.unfinished_rows()
        + auditor.rows_of_placements()
        + auditor.rows_of_files()
        + auditor.moved_files()
        + auditor.sidecars()
        + auditor.names_left_alone()
        + auditor.leftovers()
        + auditor.journal()
    )


def is_temporary(file: File) -> bool:
    """Whether a file was begun beside its place and a kill left it there."""
    return file.folder != "incoming" and file.name.startswith(b".") and file.name.endswith(b".tmp")


def _is_lock(file: File) -> bool:
    """Whether a file is there only to be locked; it is empty."""
    is_named = file.name.startswith(b".ganomaly-") and file.name.endswith(b".lock")
    return file.folder == "quarantine" and is_named and file.size == 0


def _missed(row: Row) -> bool:
    """Whether the row says that the file was away when it was to be moved."""
    return row.reason in ("gone", "replaced") and row.action == "left"


class _Auditor:
    def __init__(self, outcome: Outcome):
        self.outcome = outcome
        self.pictures = [
            file
            for file in outcome.files
            if file.is_plain
            and not is_temporary(file)
            and not _is_lock(file)
            and not (file.folder == "quarantine" and file.name.endswith(_BESIDE))
        ]
        # What may be nowhere, because the daemon removed it as it was set to. After a kill between that and its note a
        # start that finds another file under the name says so, and no more: a writer may as well have replaced it.
        is_removing = any(row.action == "deleted" for row in outcome.rows)
        self.deleted = {
            row.digest
            for row in outcome.rows
            if row.verdict == "normal"
            and row.state == "done"
            and row.digest
            and (row.action == "deleted" or (is_removing and _missed(row) and row.reason == "replaced"))
        }
        self.ignored = {placement.name for placement in outcome.placements if placement.kind == "ignored"}
        self.special = {placement.name for placement in outcome.placements if placement.kind == "special"}
        self.rows_by_name = defaultdict(list)
        for row in outcome.rows:
            self.rows_by_name[row.name].append(row)
        # Contents of one file that a writer changed in place: the daemon may have moved it in between.
        self.rewritten = defaultdict(set)
        for thing in outcome.things:
            if len(thing.digests) > 1:
                for digest in thing.digests:
                    self.rewritten[digest].update(thing.digests)

    def lost_files(self) -> list[str]:
        """Every file that no writer removed is in the spool with its bytes, or was removed as a normal picture."""
        present = {file.digest for file in self.pictures} | self.deleted
        return [
            f"lost: inode {thing.inode} with the content {thing.digest} is in no folder"
            for thing in self.outcome.things
            if not thing.is_removed and thing.digest not in present and not self._is_left_outside(thing)
        ]

    def _is_left_outside(self, thing) -> bool:
        """Whether it was copied, or its name removed, while its writer still has it, and goes on writing, elsewhere."""
        is_taken = self.outcome.are_moves_copies or not self.deleted.isdisjoint(thing.digests)
        return is_taken and thing.is_outside

    def foreign_files(self) -> list[str]:
        """No file holds bytes that no writer left in it, and none is there twice."""
        expected = Counter()
        # Each name under which a content lay is an arrival, and where moves are copies a file of its own.
        places = Counter(placement.digest for placement in self.outcome.placements)
        for thing in self.outcome.things:
            if not self.outcome.are_moves_copies:
                expected[thing.digest] += 1
                continue
            # A content that was copied and then overwritten or exchanged away stays copied.
            for digest in set(thing.digests):
                expected[digest] += max(1, places[digest])
        inodes = defaultdict(set)
        for file in self.pictures:
            inodes[file.digest].add((file.device, file.inode))
        complaints = []
        for digest, found in inodes.items():
            names = [f"{file.folder}/{file.name!r}" for file in self.pictures if file.digest == digest]
            if expected[digest] == 0:
                complaints.append(f"damaged: no writer left the content {digest} of {names}")
            elif len(found) > expected[digest]:
                complaints.append(f"doubled: the content {digest} is in {len(found)} files: {names}")
        return complaints

    def unknown_verdicts(self) -> list[str]:
        """Nothing was judged that no writer completed; no error is left."""
        complaints = []
        for row in self.outcome.rows:
            if row.verdict in ("normal", "anomaly") and row.digest not in self.outcome.completed:
                complaints.append(
                    f"half-written: row {row.id} judges {row.name!r} by {row.digest}, which was never whole"
                )
            if row.action == "deleted" and row.verdict != "normal":
                complaints.append(f"removed though not normal: row {row.id} of {row.name!r} is {row.verdict}")
            if row.verdict == "error":
                complaints.append(f"error: row {row.id} of {row.name!r} says {row.reason}")
        return complaints

    def unfinished_rows(self) -> list[str]:
        """No row waits for a move in the end."""
        return [
            f"unfinished: row {row.id} of {row.name!r} is still {row.state}, action {row.action}"
            for row in self.outcome.rows
            if row.state != "done"
        ]

    def _stayed(self, placement) -> bool:
        """Whether a placement lasted to the end, or long enough beside a daemon."""
        if placement.end is None:
            return True
        return any(min(placement.end, end) - max(placement.start, start) >= STAY for start, end in self.outcome.calm)

    def rows_of_placements(self) -> list[str]:
        """Every content that stayed has its row, and none has more than it had arrivals."""
        arrivals = Counter()
        wanted = set()
        for placement in self.outcome.placements:
            if placement.kind != "file":
                continue
            arrivals[placement.name, placement.digest] += 1
            if not placement.is_optional and self._stayed(placement):
                wanted.add((placement.name, placement.digest))
        counts = Counter((row.name, row.digest) for row in self.outcome.rows if not _missed(row))
        # Put back beside a name that was taken meanwhile.
        returned = {row.digest for row in self.outcome.rows if _RETURNED.search(row.name)}
        complaints = []
        for key in wanted:
            if counts[key] == 0 and key[1] not in returned:
                complaints.append(f"no row: {key[0]!r} stayed with the content {key[1]}")
        for key, count in counts.items():
            if arrivals[key] and count > arrivals[key]:
                complaints.append(f"doubled row: {key[0]!r} with {key[1]} has {count} rows, {arrivals[key]} arrivals")
        return complaints

    def rows_of_files(self) -> list[str]:
        """Every file that still lies in the watched folder has exactly one row, with its bytes."""
        rows = defaultdict(list)
        for row in self.outcome.rows:
            if not _missed(row) and row.action == "left":
                rows[row.name, row.device, row.inode, row.size, row.modified].append(row)
        complaints = []
        for file in self.pictures:
            if file.folder != "incoming" or file.name in self.ignored:
                continue
            # What was renamed within the folder or left over by a writer under a name that is not inspected.
            if not file.name.lower().endswith(b".png") or file.name.startswith(b"."):
                continue
            found = rows[file.name, file.device, file.inode, file.size, file.modified]
            if len(found) != 1:
                complaints.append(f"{len(found)} rows: incoming/{file.name!r}, inode {file.inode}, expected one")
            elif found[0].digest != file.digest:
                complaints.append(f"other bytes: incoming/{file.name!r} holds {file.digest}, its row {found[0].digest}")
        return complaints

    def moved_files(self) -> list[str]:
        """Every moved file is where its row says, and has exactly one row."""
        files = {(file.folder, file.name): file for file in self.pictures if file.folder != "incoming"}
        rows = defaultdict(list)
        complaints = []
        for row in self.outcome.rows:
            if row.state != "done" or row.action not in _MOVES:
                continue
            place = (_MOVES[row.action], row.destination)
            rows[place].append(row)
            file = files.get(place)
            if file is None:
                complaints.append(f"not there: row {row.id} says {row.action} as {row.destination!r}")
            elif file.digest != row.digest and file.digest not in self.rewritten[row.digest]:
                complaints.append(
                    f"not what was judged: {place[0]}/{file.name!r} holds {file.digest}, its row {row.digest}"
                )
        for place, file in files.items():
            if len(rows[place]) != 1:
                complaints.append(f"{len(rows[place])} rows: {place[0]}/{file.name!r}, expected one")
            elif place[0] == "quarantine" and rows[place][0].verdict != "anomaly":
                complaints.append(f"quarantined unjudged: {file.name!r} is {rows[place][0].verdict}")
        return complaints

    def sidecars(self) -> list[str]:
        """Every picture in quarantine has its description beside it, and none is left over."""
        found = {
            file.name: file
            for file in self.outcome.files
            if file.folder == "quarantine" and file.name.endswith(b".json")
        }
        rows = {
            row.destination: row for row in self.outcome.rows if row.action == "quarantined" and row.state == "done"
        }
        complaints = []
        for file in self.pictures:
            if file.folder != "quarantine":
                continue
            sidecar = found.pop(file.name + b".json", None)
            if sidecar is None:
                complaints.append(f"no sidecar: quarantine/{file.name!r}")
                continue
            row = rows.get(file.name)
            try:
                content = json.loads(sidecar.content)
            except ValueError as error:
                complaints.append(f"no JSON: quarantine/{sidecar.name!r}: {error}")
                continue
            if row and (content.get("id"), content.get("sha256")) != (row.id, row.digest):
                complaints.append(f"another's sidecar: quarantine/{sidecar.name!r} is not of row {row.id}")
        return complaints + [f"sidecar without a picture: quarantine/{name!r}" for name in found]

    def names_left_alone(self) -> list[str]:
        """What is no plain file has one row and stays; what is not inspected has none and stays."""
        present = {file.name for file in self.outcome.files if file.folder == "incoming"}
        complaints = []
        for name in self.special | self.ignored:
            rows = self.rows_by_name[name]
            if name not in present:
                complaints.append(f"taken away: incoming/{name!r} was not to be touched")
            if name in self.ignored and rows:
                complaints.append(f"not ours: {name!r} has {len(rows)} rows")
            if name in self.special and [row.verdict for row in rows] != ["refused"]:
                complaints.append(f"not refused once: {name!r} has rows {[row.verdict for row in rows]}")
        return complaints

    def leftovers(self) -> list[str]:
        """The last start removed what kills had left half written."""
        return [
            f"left over: {file.folder}/{file.name!r} was begun and never finished nor removed"
            for file in self.outcome.files
            if is_temporary(file) or (file.folder == "incoming" and file.name.startswith(b".ganomaly-"))
        ]

    def journal(self) -> list[str]:
        """Every row has an entry that says the same, and no entry is without its row."""
        if self.outcome.entries is None:
            return []
        entries = defaultdict(list)
        for entry in self.outcome.entries:
            entries[entry.id].append(entry)
        complaints = []
        ids = {row.id for row in self.outcome.rows}
        for row in self.outcome.rows:
            if row.state != "done":
                continue
            if not entries[row.id]:
                complaints.append(f"no entry: row {row.id} of {row.name!r} is not in the journal")
            elif not any(self._agree(row, entry) for entry in entries[row.id]):
                complaints.append(f"journal and ledger differ: {row} and {entries[row.id]}")
        return complaints + [
            f"no row: the journal's entry {id} is not in the ledger" for id in entries if id not in ids
        ]

    @staticmethod
    def _agree(row: Row, entry) -> bool:
        if (row.verdict, row.digest) != (entry.verdict, entry.digest) or (row.score is None) != (entry.score is None):
            return False
        if row.action == "quarantined" and (
            entry.action != "quarantined"
            or entry.destination is None
            or not entry.destination.endswith(b"/" + row.destination)
        ):
            return False
        # The text must give back the same 32 bits.
        return row.score is None or struct.pack("f", float(entry.score)) == struct.pack("f", row.score)
