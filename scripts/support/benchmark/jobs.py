"""What is to be measured, one thing after the other: what was measured is not lost when another one fails."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from .programs import BenchmarkError, note


@dataclass(frozen=True)
class Job:
    """One measurement; its entries join a section of the results."""

    title: str
    section: str
    measure: Callable[[], list[dict]]


NOT_REACHED = "not reached"
INTERRUPTED = "interrupted"


def run_jobs(jobs: list[Job], results: dict, save: Callable[[dict], None]) -> None:
    """Measures one after the other and saves after each; what is missing stands in the results, with the reason.

    Ends early where the process is told to end.
    """
    missing = {job.title: NOT_REACHED for job in jobs}
    results["missing"] = missing
    for job in jobs:
        note(job.title)
        try:
            results.setdefault(job.section, []).extend(job.measure())
            del missing[job.title]
        except KeyboardInterrupt:
            missing[job.title] = INTERRUPTED
            note(f"{INTERRUPTED} at: {job.title}")
            break
        except BenchmarkError as error:
            missing[job.title] = str(error)
            note(f"FAILED: {job.title}: {error}")
        except Exception as error:  # a fault of the instrument must not cost what it has measured either
            missing[job.title] = f"{type(error).__name__}: {error}"
            note(f"FAILED: {job.title}: {missing[job.title]}")
        save(results)
    save(results)


def end_on_signals() -> None:
    """A request to end becomes what Ctrl-C is."""
    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def complain(missing: dict[str, str]) -> str | None:
    """The last word about what is missing; nothing where all is there."""
    if not missing:
        return None
    lines = [f"NOT WHOLE: missing are {len(missing)}:", *(f"  {title}: {why}" for title, why in missing.items())]
    return "\n".join(lines)
