"""Watches over what was reached: ratios to `sgemm` in the same run, beside those that are committed."""

import json
import platform
from datetime import date
from pathlib import Path

from .programs import ROOT, BenchmarkError, Programs, note

EXPECTED = ROOT / "Benchmarks" / "expected.json"
ALLOWED_LOSS = 0.15
SUBJECTS = ("scoring", "training")
SIZES = (32, 64)
BATCHES = (1, 64)
RUNS = 9
# One thread and the processor's time: what else the machine does slows both sides alike, and waiting counts for none.
HOW = ("--sets", "best", "--threads", "1", "--processor-time", "--runs", str(RUNS))


def measure(programs: Programs, sizes: tuple[int, ...] = SIZES, subjects: tuple[str, ...] = SUBJECTS) -> dict:
    """Ratios by case, and what they are ratios of."""
    def words(numbers: tuple[int, ...]) -> str:
        return ",".join(str(number) for number in numbers)

    lines = programs.measure(*subjects, *HOW, "--sizes", words(sizes), "--batches", words(BATCHES))
    compared = [line for line in lines if line.get("ratio") is not None]
    if not compared:
        raise BenchmarkError("'Benchmarks' told no ratio")
    return {
        "instructions": compared[0]["contestant"],
        "yardstick": compared[0]["comparedWith"],
        "ratios": {f"{line['subject']}, {line['task']}": line["ratio"] for line in compared},
    }


def judge(expected: dict[str, float], found: dict[str, float]) -> list[str]:
    """The cases that lost more than is allowed, by name; a case that is not measured any more has lost everything."""
    return [name for name, ratio in expected.items() if not found.get(name, 0) >= ratio * (1 - ALLOWED_LOSS)]


def read() -> dict[str, dict]:
    """What is committed, by instructions."""
    if not EXPECTED.exists():
        return {}
    return json.loads(EXPECTED.read_text())


def update(programs: Programs) -> str:
    """Writes what is found on this machine; other instructions' ratios stay."""
    note("measuring, one thread")
    found = measure(programs)
    entries = read()
    entries[found["instructions"]] = {
        "yardstick": found["yardstick"], "date": date.today().isoformat(), "processor": processor(),
        "ratios": {name: round(ratio, 3) for name, ratio in found["ratios"].items()}}
    EXPECTED.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")
    return f"wrote {len(found['ratios'])} ratios for '{found['instructions']}' to '{EXPECTED}'"


def check(programs: Programs) -> tuple[list[str], list[str]]:
    """Lines of a table, and a sentence for each case that lost too much, twice."""
    entries = read()
    note("measuring, one thread")
    first = measure(programs)
    entry = entries.get(first["instructions"])
    if entry is None:
        known = ", ".join(f"'{name}'" for name in sorted(entries)) or "nothing"
        raise BenchmarkError(
            f"'{EXPECTED}' has {known}, but not '{first['instructions']}', which runs here: "
            "measure the last good version here with --update, then check")
    if entry["yardstick"] != first["yardstick"]:
        raise BenchmarkError(
            f"the ratios in '{EXPECTED}' are to '{entry['yardstick']}', this machine has "
            f"'{first['yardstick']}': measure the last good version here with --update, then check")
    expected, found = entry["ratios"], first["ratios"]
    lost = judge(expected, found)
    if lost:
        # Once more, what lost and no more than that: something else on the machine may have been the reason.
        note(f"measuring again: {'; '.join(lost)}")
        again = measure(
            programs, tuple(size for size in SIZES if any(f"size {size}," in name for name in lost)) or SIZES,
            tuple(subject for subject in SUBJECTS if any(name.startswith(subject) for name in lost)) or SUBJECTS)
        found = {**found, **{name: max(found.get(name, 0), again["ratios"].get(name, 0)) for name in lost}}
        lost = judge(expected, found)
    lines = ["| case | expected | found | |", "| --- | ---: | ---: | --- |"]
    for name, ratio in expected.items():
        change = f"{found.get(name, 0) / ratio - 1:+.0%}{' LOST' if name in lost else ''}"
        lines.append(f"| {name} | {ratio:.3f} | {found.get(name, 0):.3f} | {change} |")
    sentences = [
        f"{name}: expected {expected[name]:.3f} x {entry['yardstick']}, found {found.get(name, 0):.3f}, "
        f"which is {1 - found.get(name, 0) / expected[name]:.0%} less" for name in lost]
    return lines, sentences + allocations(programs)


def allocations(programs: Programs) -> list[str]:
    """A sentence for each batch whose scores ask something of the heap once the lane is warm; none does."""
    return [
        f"{line['task']}: expected no allocation, found {line['rate']:g} {line['unit']}"
        for line in programs.measure("allocations", "--runs", "5", "--batches", ",".join(map(str, BATCHES)))
        if line["subject"] == "allocations" and line["task"].startswith("scoring") and line["rate"] != 0]


def processor() -> str:
    """What the kernel calls the processor."""
    for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
