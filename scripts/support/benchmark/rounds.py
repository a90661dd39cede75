"""Medians and spreads of rounds in which contestants took turns."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Rounds:
    """What a contestant reached in each round: pictures a second."""

    rates: list[float]

    @property
    def median(self) -> float:
        return median(self.rates)

    def ratio_to(self, other: "Rounds") -> float:
        """The median of the rounds' ratios: what slowed a whole round down does not count."""
        return self.ratios_to(other).median

    def ratios_to(self, other: "Rounds") -> "Rounds":
        """Each round's ratio."""
        return Rounds([ours / theirs for ours, theirs in zip(self.rates, other.rates, strict=True)])

    def as_json(self) -> dict:
        return {"median": self.median, "min": min(self.rates), "max": max(self.rates), "rounds": self.rates}
