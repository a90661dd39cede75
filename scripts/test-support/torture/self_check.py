"""Feeds the auditor outcomes that were tampered with: it must find each fault, and nothing in a clean outcome."""

import copy
import json

from .auditor import audit
from .chronicle import Placement, Thing, digest_of
from .outcome import Entry, File, Outcome, Row


def _clean() -> Outcome:
    """A normal picture, a quarantined, a rejected and a removed one, a FIFO, an ignored name, one overwritten soon."""
    outcome = Outcome(end=100, calm=[(0, 100)], entries=[])
    names = ("normal", "anomaly", "broken", "other", "soon", "deleted")
    contents = {name: name.encode() + b" content" for name in names}
    digests = {name: digest_of(content) for name, content in contents.items()}
    outcome.completed = set(digests.values())
    for inode, (name, content) in enumerate(contents.items(), 1):
        outcome.things.append(Thing(inode, content, [digests[name]], is_removed=name == "soon"))
    for name in ("normal", "anomaly", "broken"):
        outcome.placements.append(Placement(name.encode() + b".png", digests[name], "file", 10))
    outcome.placements += [
        Placement(b"soon.png", digests["soon"], "file", 10, 11),
        Placement(b"other.txt", digests["other"], "ignored", 10),
        Placement(b"fifo.png", "", "special", 10),
        Placement(b"deleted.png", digests["deleted"], "file", 10),
    ]

    def row(id: str, name: bytes, inode: int, digest: str, verdict: str, action: str, destination: bytes | None = None):
        score = 0.1 if verdict == "normal" else 0.5 if verdict == "anomaly" else None
        size = 7 if digest else 0
        outcome.rows.append(
            Row(id, name, 1, inode, size, size, digest, score, verdict, None, action, destination, "done")
        )
        place = None if destination is None else b"/spool/folder/" + destination
        outcome.entries.append(Entry(id, verdict, action, None if score is None else f"{score:.9g}", digest, place))

    row("1", b"normal.png", 1, digests["normal"], "normal", "left")
    row("2", b"anomaly.png", 2, digests["anomaly"], "anomaly", "quarantined", b"t-2-anomaly.png")
    row("3", b"broken.png", 3, digests["broken"], "unreadable", "rejected", b"t-3-broken.png")
    row("4", b"fifo.png", 9, "", "refused", "left")
    row("5", b"deleted.png", 6, digests["deleted"], "normal", "deleted")
    sidecar = json.dumps({"id": "2", "sha256": digests["anomaly"]}).encode()
    outcome.files = [
        File("incoming", b"normal.png", True, 1, 1, 7, 7, digests["normal"]),
        File("incoming", b"other.txt", True, 1, 4, 7, 7, digests["other"]),
        File("incoming", b"fifo.png", False, 1, 9, 0, 0, ""),
        File("quarantine", b"t-2-anomaly.png", True, 1, 2, 7, 7, digests["anomaly"]),
        File("quarantine", b"t-2-anomaly.png.json", True, 1, 8, 7, 7, "", sidecar),
        File("rejected", b"t-3-broken.png", True, 1, 3, 7, 7, digests["broken"]),
    ]
    return outcome


def _row(outcome: Outcome, id: str) -> Row:
    return next(row for row in outcome.rows if row.id == id)


def _double_row(outcome: Outcome) -> None:
    twin = copy.deepcopy(_row(outcome, "1"))
    twin.id = "7"
    outcome.rows.append(twin)
    outcome.entries.append(Entry("7", "normal", "left", "0.1", twin.digest, None))


def _lose_behind_gone_row(outcome: Outcome) -> None:
    row = _row(outcome, "1")
    row.reason = "gone"
    outcome.files[:] = [file for file in outcome.files if file.name != b"normal.png"]


def _copy_twice(outcome: Outcome) -> None:
    outcome.are_moves_copies = True
    outcome.files.append(File("quarantine", b"t-9-anomaly.png", True, 1, 80, 7, 7, outcome.files[3].digest))


def _remove(items: list, keep) -> None:
    items[:] = [item for item in items if keep(item)]


# What was tampered with, the beginning of the complaint, how.
_TAMPERINGS = [
    ("a file is lost", "lost:", lambda o: _remove(o.files, lambda f: f.name != b"t-3-broken.png")),
    ("a file in incoming is lost", "lost:", lambda o: _remove(o.files, lambda f: f.name != b"normal.png")),
    (
        "a file with other bytes than its row was removed",
        "lost:",
        lambda o: setattr(_row(o, "5"), "digest", digest_of(b"other content")),
    ),
    ("an anomaly was removed", "removed though", lambda o: setattr(_row(o, "5"), "verdict", "anomaly")),
    ("a file's bytes are damaged", "damaged:", lambda o: setattr(o.files[0], "digest", digest_of(b"damaged"))),
    (
        "a file is there twice",
        "doubled:",
        lambda o: o.files.append(File("passed", b"x.png", True, 1, 77, 7, 7, o.files[0].digest)),
    ),
    ("a row is doubled", "doubled row:", _double_row),
    ("a row is doubled in one folder", "2 rows:", _double_row),
    ("a verdict on unknown bytes", "half-written:", lambda o: o.completed.discard(_row(o, "1").digest)),
    (
        "a verdict on a half-written file",
        "half-written:",
        lambda o: setattr(_row(o, "2"), "digest", digest_of(b"half")),
    ),
    ("an error is left", "error:", lambda o: setattr(_row(o, "3"), "verdict", "error")),
    ("a row is left intended", "unfinished:", lambda o: setattr(_row(o, "2"), "state", "intended")),
    ("a row is missing", "no row:", lambda o: _remove(o.rows, lambda r: r.id != "1")),
    ("a row of what stayed 30 s is missing", "no row:", lambda o: setattr(o.placements[3], "end", 41)),
    ("a row has another file's identity", "0 rows:", lambda o: setattr(_row(o, "1"), "inode", 6)),
    (
        "a row has another file's bytes",
        "other bytes:",
        lambda o: setattr(_row(o, "1"), "digest", digest_of(b"soon content")),
    ),
    ("a moved file is elsewhere", "not there:", lambda o: setattr(_row(o, "3"), "destination", b"elsewhere.png")),
    (
        "another file is in quarantine",
        "not what was judged:",
        lambda o: setattr(o.files[3], "digest", digest_of(b"other content")),
    ),
    ("a file in quarantine has no row", "0 rows:", lambda o: _remove(o.rows, lambda r: r.id != "2")),
    (
        "a normal picture is in quarantine",
        "quarantined unjudged:",
        lambda o: setattr(_row(o, "2"), "verdict", "normal"),
    ),
    ("a sidecar is missing", "no sidecar:", lambda o: _remove(o.files, lambda f: not f.name.endswith(b".json"))),
    ("a sidecar is cut off", "no JSON:", lambda o: setattr(o.files[4], "content", b'{"id": ')),
    ("a sidecar is another's", "another's sidecar:", lambda o: setattr(o.files[4], "content", b'{"id": "3"}')),
    ("a sidecar is left over", "sidecar without", lambda o: setattr(o.files[4], "name", b"x.json")),
    ("a FIFO was removed", "taken away:", lambda o: _remove(o.files, lambda f: f.name != b"fifo.png")),
    ("a FIFO has no row", "not refused once:", lambda o: _remove(o.rows, lambda r: r.id != "4")),
    ("an ignored file has a row", "not ours:", lambda o: setattr(_row(o, "1"), "name", b"other.txt")),
    (
        "a gone picture's row hides that its file is lost",
        "lost:",
        _lose_behind_gone_row,
    ),
    (
        "a file is copied twice, after its folder was away",
        "doubled:",
        _copy_twice,
    ),
    (
        "a half-written copy is left",
        "left over:",
        lambda o: o.files.append(File("quarantine", b".ganomaly-x.tmp", True, 1, 78, 3, 7, "")),
    ),
    (
        "a source is left aside",
        "left over:",
        lambda o: o.files.append(File("incoming", b".ganomaly-removing", False, 1, 79, 3, 7, "")),
    ),
    ("an entry is missing", "no entry:", lambda o: _remove(o.entries, lambda e: e.id != "3")),
    ("an entry has another score", "journal and", lambda o: setattr(o.entries[0], "score", "0.100000009")),
    ("an entry has another verdict", "journal and", lambda o: setattr(o.entries[0], "verdict", "anomaly")),
    ("an entry has another digest", "journal and", lambda o: setattr(o.entries[1], "digest", "")),
    ("an entry has no destination", "journal and", lambda o: setattr(o.entries[1], "destination", None)),
    ("an entry has no row", "no row: the", lambda o: o.entries.append(Entry("8", "normal", "left", None, "", None))),
]


def check_auditor() -> list[str]:
    """What is wrong with the auditor; nothing is as it should be."""
    faults = [f"it complains of a clean outcome: {complaint}" for complaint in audit(_clean())]
    for what, beginning, tamper in _TAMPERINGS:
        outcome = _clean()
        tamper(outcome)
        complaints = audit(outcome)
        if not any(complaint.startswith(beginning) for complaint in complaints):
            faults.append(f"{what}, and there is no complaint that begins with '{beginning}': {complaints}")
    return faults


def count_tamperings() -> int:
    """How many faults the check makes."""
    return len(_TAMPERINGS)
