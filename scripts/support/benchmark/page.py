"""The results as a page: machine, date, versions, tables."""

import json
import os
import platform
from datetime import datetime, timezone

from . import guard
from .programs import ROOT, run

MIB = 1 << 20


def describe_machine(threads: int, rounds: int, versions: dict[str, str]) -> dict:
    """What the figures depend on."""
    release = {}
    with open("/etc/os-release", encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.strip().partition("=")
            release[name] = value.strip('"')
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": run("git", "-C", ROOT, "describe", "--always", "--dirty", statuses=(0, 128)).strip(),
        "processor": guard.processor(), "processors": os.cpu_count(), "threads": threads, "rounds": rounds,
        "load_before": os.getloadavg()[0],
        "system": release.get("PRETTY_NAME", platform.system()), "kernel": platform.release(),
        "swift": run("swift", "--version").splitlines()[0].split(" (")[0], "versions": versions,
    }


def number(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def mebibytes(value: int) -> str:
    return f"{value / MIB:,.0f} MiB"


def spread(rate: dict) -> str:
    return f"{number(rate['median'])} ({number(rate['min'])} to {number(rate['max'])})"


def table(head: list[str], rows: list[list[str]], number_mark: str = "---:") -> list[str]:
    """Markdown; all columns but the first hold numbers and stand right, unless they are given another mark."""
    marks = ["---" if index == 0 else number_mark for index in range(len(head))]
    return [f"| {' | '.join(row)} |" for row in [head, marks, *rows]] + [""]


def markdown(results: dict) -> str:
    """The whole page."""
    machine = results["machine"]
    lines = [
        "# The engine", "",
        "Written by `scripts/benchmark`; every figure is from one run on one machine. Rates are medians of "
        f"{machine['rounds']} rounds, with the slowest and the fastest in parentheses; a ratio is the median of the "
        "rounds' ratios, and above 1 where ours is the faster. Contestants took turns, began with another one in every "
        f"round, and had as many processors as threads: {machine['threads']} where nothing else is said. The network "
        "has 64 features and a latent vector of 100, one channel.", "",
        *missing_section(results.get("missing", {})),
        *table(["machine", ""], [
            ["processor", f"{machine['processors']} x {machine['processor']}"],
            ["load before", f"{machine['load_before']:.1f}"],
            ["system", f"{machine['system']}, Linux {machine['kernel']}"],
            ["date", machine["date"]],
            *([["took", f"{machine['minutes']:.0f} minutes"]] if machine.get("minutes") else []),
            ["version", f"{machine['commit']}, {machine['swift']}"],
            *[[name, version] for name, version in machine["versions"].items()],
        ], "---"),
    ]
    for name, section in (
        ("peers", peers_section), ("disk", disk_section), ("start", start_section), ("ours", ours_section),
        ("instructions", instructions_section),
    ):
        if results.get(name):
            lines += section(results[name])
    return "\n".join(lines).rstrip() + "\n"


def missing_section(missing: dict[str, str]) -> list[str]:
    """What was to be measured and is not on the page."""
    if not missing:
        return []
    return [
        "**This page is not whole.** Missing:", "",
        *[f"- {title}: {' '.join(reason.split())}" for title, reason in missing.items()], ""]


def peers_section(cases: list[dict]) -> list[str]:
    """Scoring and training, ours and every peer in its better way."""
    lines: list[str] = []
    for work, title in (("scoring", "Scoring"), ("training", "Training")):
        chosen = [case for case in cases if case["work"] == work]
        if not chosen:
            continue
        names = list(dict.fromkeys(item["name"] for case in chosen for item in case["contestants"]))
        lines += [f"## {title}, images a second", "", *explanation(work)]
        rows, memory = [], []
        for case in chosen:
            better = {item["name"]: item for item in case["contestants"] if item["is_better_mode"]}
            what = case_title(case)
            to_pytorch = case["ratio_to_pytorch"]
            ratios = ["" if to_pytorch is None else f"{to_pytorch:.2f}"]
            if work == "scoring":
                ratios.insert(0, f"**{spread(case['ratio_to_best_peer'])}**, {case['best_peer']}")
            elif to_pytorch is not None:
                ratios = [f"**{spread(case['ratio_to_best_peer'])}**"]
            rows.append([
                what, str(case["threads"]), *[rate_and_mode(better[name]) if name in better else "" for name in names],
                *ratios])
            memory.append([what, str(case["threads"]), *[
                mebibytes(better[name]["peak_memory"]) if name in better else "" for name in names]])
        lines += table(
            [work, "threads", *names, *(["ours / best peer"] if work == "scoring" else []), "ours / PyTorch"], rows)
        largest = max(case["largest_difference"] for case in chosen)
        lines += [agreement_sentence(work, largest), ""]
        lines += [f"Peak memory of the process, {work}:", "", *table([work, "threads", *names], memory)]
    return lines


def rate_and_mode(item: dict) -> str:
    return spread(item["images_per_second"]) + (f", {item['mode']}" if item["mode"] else "")


def agreement_sentence(work: str, largest: float) -> str:
    """That it is the same work."""
    if work == "scoring":
        return f"The contestants' scores agree: the largest relative difference is {largest:.1e}."
    return (
        f"The losses of the first step agree: the largest relative difference is {largest:.1e}; those of the second "
        "and third do as far as rounding lets them (scripts/support/benchmark/agreement.py).")


def case_title(case: dict) -> str:
    if case["work"] == "training":
        return f"size {case['size']}, batch {case['batch']}"
    if case["at_once"] == 1 and case["batch"] == 1:
        return f"size {case['size']}, one picture alone"
    return f"size {case['size']}, batch {case['batch']}, {case['at_once']} at once"


def explanation(work: str) -> list[str]:
    if work == "training":
        return [
            "One step after the other over the same batch, from the same weights: forward, losses, gradients and both "
            "optimisers, in the authors' order. PyTorch runs it in eager mode, in the better of two layouts.", ""]
    return [
        "From prepared pictures in memory to scores, each contestant for about as long. `at once` is the number of "
        "batches that wait at any time: ours gives each to a lane of one thread; the peers take them as suits them "
        "better, one batch after the other by all threads (ONNX Runtime `parallel`, OpenVINO `latency`, PyTorch) or "
        "side by side (`streams`, `throughput`). The better way stands in the table; one that needs half as long again "
        "in a trial is not raced. One picture alone: 1000 / rate is the milliseconds until its score, by all threads. "
        "Ours begins with 8-bit samples, the peers with "
        "32-bit input.", ""]


def disk_section(cases: list[dict]) -> list[str]:
    """From disk to verdict."""
    lines = [
        "## From disk to verdict, files a second", "",
        "Grey PNG files as `ganomaly synthesize` draws them, in the page cache. The daemon: files that appear at once "
        "in its folder, from the first to the last row of the ledger, moves of anomalies included. `ganomaly score`: "
        "the whole command, its start included. The scripts (Benchmarks/Peers/score_folder.py): without their start, "
        "imports and loading.", "",
    ]
    for case in cases:
        best = case.get("best_peer")
        rows = [
            [name + (f", {road['anomalies']} anomalies" if road["anomalies"] is not None else ""),
             spread(road["files_per_second"]), mebibytes(road["peak_memory"]),
             f"{road['ratio_to_best_peer']:.2f}" if best else ""]
            for name, road in case["roads"].items()]
        lines += [f"{case['files']} files of {case['pictures']}, network of size {case['size']}:", ""]
        lines += table(["road", "files/s", "peak memory", f"over {best}" if best else ""], rows)
        if "share_of_engine" in case:
            lines += [
                f"The daemon reaches {case['share_of_engine']:.0%} of the engine's own rate "
                f"(aim: {case['required_share_of_engine']:.0%}).", ""]
    return lines


def start_section(entries: list[dict]) -> list[str]:
    """Start-up and memory."""
    names = list(entries[0]["programs"])
    rows = [
        [f"size {entry['size']}",
         *[f"{item['seconds']:.2f} s ({item['seconds_min']:.2f} to {item['seconds_max']:.2f}), "
           f"{mebibytes(item['peak_memory'])}" for item in (entry["programs"][name] for name in names)]]
        for entry in entries]
    return ["## Start-up and peak memory", "", *table(["network", *names], rows)]


def ours_section(lines: list[dict]) -> list[str]:
    """Ours beside `sgemm`."""
    rows, counts = [], []
    for line in lines:
        what = f"{line['subject']}, {line['task']}"
        if line["subject"] == "allocations":
            counts.append([line["task"], f"{line['rate']:g} per {line['unit'].removeprefix('allocations/')}"])
        elif line.get("ratio") is not None:
            rows.append([what, str(line["threads"]), line["contestant"], f"{number(line['rate'])} {line['unit']}",
                         f"{line['ratio']:.2f} x {line['comparedWith']}"])
        else:
            rate = {"median": line["rate"], "min": line["lowestRate"], "max": line["highestRate"]}
            rows.append([what, str(line["threads"]), line["contestant"], f"{spread(rate)} {line['unit']}", ""])
    result = [
        "## Ours beside sgemm", "",
        "The arithmetic that the network needs a second, as a share of what a product of two 1024 x 1024 matrices "
        "reaches in the same run with as many threads. More than 1 is possible: by other instructions than sgemm's, "
        "and by forms of a convolution that need fewer multiplications than are counted. One picture is scored by one thread "
        "here, whatever stands beside it, and with several sgemm's threads still look for work then: its figures with helping "
        "threads stand above.", "",
        *table(["work", "threads", "by", "rate", "ratio"], rows)]
    if counts:
        result += ["What a warm lane and a warm training step ask of the heap:", ""]
        result += table(["work", "allocations"], counts)
    return result


def instructions_section(entries: list[dict]) -> list[str]:
    """A figure nearly without noise."""
    rows = [
        [f"size {entry['size']}, batch {entry['batch']}", f"{entry['instructions_per_image'] / 1e6:,.2f} million"]
        for entry in entries]
    return [
        "## Instructions a picture", "",
        "From a prepared picture to its score, by one warm lane, counted by valgrind's callgrind; valgrind's processor "
        "has AVX2, not AVX-512.", "",
        *table(["scoring", "instructions"], rows)]


def write(results: dict, json_path: str | None, markdown_path: str | None) -> None:
    """Files that were asked for, whole or as they were before."""
    texts = {json_path: json.dumps(results, indent=2, sort_keys=True) + "\n", markdown_path: markdown(results)}
    for path, text in texts.items():
        if path is None:
            continue
        beside = f"{path}.new"
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
