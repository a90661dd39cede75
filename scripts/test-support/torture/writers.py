"""Writers that do to the watched folder whatever a camera, a copy, a person or an attacker may do."""

import errno
import threading

from .arrivals import Arrivals
from .changes import Changes
from .chronicle import Chronicle
from .strangers import Strangers


class Hand(Arrivals, Changes, Strangers):
    """All that a writer can do, each with how often it does it in comparison with the others."""

    operations = Arrivals.arrivals + Changes.changes + Strangers.strangers


class Writer(threading.Thread):
    """One writer: a loop of random operations on names of its own."""

    def __init__(
        self, number: int, seed: int, incoming: int, staging: int, samples: list, chronicle: Chronicle, pause: float
    ):
        super().__init__(name=f"writer {number}", daemon=True)
        self.hand = Hand(number, seed, incoming, staging, samples, chronicle)
        self.pause = pause
        self.stopping = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        names, weights = zip(*self.hand.operations)
        try:
            while not self.stopping.is_set():
                operation = self.hand.random.choices(names, weights)[0]
                try:
                    getattr(self.hand, operation)()
                    self.hand.chronicle.count(operation)
                except OSError as error:
                    # The daemon moved the file before, or put it back: that is its right. Anything else is a fault of
                    # this program.
                    if error.errno not in (errno.ENOENT, errno.EEXIST):
                        raise
                self.stopping.wait(self.hand.random.expovariate(1 / self.pause))
        except BaseException as error:  # noqa: BLE001  reported by the main thread
            self.failure = error
