"""A measured figure with its limit, and how figures are taken so that noise hits all alike."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path

__all__ = ["Figure", "fresh", "interleaved", "percentile", "shares"]

Seconds = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    measured
        What was measured.
    result
        The figure itself, with its unit.
    value
        The number that is held against the limit: the ratio where there is one.
    against
        What the ratio is a share of; empty where the value stands alone.
    at_least, at_most
        The limit; neither where the figure is only told.
    unit
        Of the value, where it is no ratio.
    missing
        Why it could not be measured; such a figure never holds.
    """

    measured: str
    result: str = ""
    value: float = nan
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""
    missing: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        if self.at_least is None and self.at_most is None and not self.missing:
            return None
        return (
            not self.missing
            and (self.at_least is None or self.value >= self.at_least)
            and (self.at_most is None or self.value <= self.at_most)
        )

    @property
    def ratio(self) -> str:
        """The ratio with what it is a share of, or why there is none."""
        if self.missing:
            return f"NOT MEASURED: {self.missing}"
        return f"{_number(self.value)} x {self.against}" if self.against else ""

    @property
    def asked(self) -> str:
        """The limit in words."""
        unit = " x" if self.against else f" {self.unit}".rstrip()
        for sign, limit in (("≥", self.at_least), ("≤", self.at_most)):
            if limit is not None:
                return f"{sign} {_number(limit)}{unit}"
        return ""


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def fresh(directory: Path, take: Callable[[Path], float]) -> Seconds:
    """Let a measurement have a path where nothing is, and clear what it leaves."""

    def action() -> float:
        try:
            return take(directory / "run.h5")
        finally:
            for left in directory.glob("run.h5*"):
                left.unlink()

    return action


def interleaved(rounds: int, actions: Mapping[str, Seconds]) -> dict[str, list[float]]:
    """Measure every action once a round, each round in the opposite order to the one before.

    A first round, whose memory and files are new, is carried out and not counted.
    """
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        order = list(actions) if number % 2 else list(reversed(list(actions)))
        for name in order:
            seconds = actions[name]()
            if number:
                taken[name].append(seconds)
    return taken


def shares(baseline: list[float], ours: list[float]) -> float:
    """Median over the rounds of how fast ours was as a share of the baseline in the same round."""
    return statistics.median(b / o for b, o in zip(baseline, ours, strict=True))


def percentile(values: list[float], share: float) -> float:
    """Give the value that this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
