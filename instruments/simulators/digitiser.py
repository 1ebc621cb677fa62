"""What simulated oscilloscopes have in common: the edge that triggers, and what an input saw then.

An acquisition is one instant of the bench's clock and the time of its trigger after it. Samples
are worked out when they are asked for, so that a deep memory costs nothing until it is read. The
record counts as taken at once, whatever its length: only what a generator or the circuit is set
to at the instant of the trigger is in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.simulators.site import Site

__all__ = ["Acquisition", "Digitiser", "Edge"]

Array = NDArray[np.float64]
_COARSE = 20_000  # points among which an edge is sought
_FINE = 100  # points between two of them, and again
_WIDER = (2.0, 20.0, 200.0)  # spans after which a slow signal is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge that triggers.

    Attributes
    ----------
    source
        Number of the input.
    level
        Voltage that is crossed, at the tip of the probe [V].
    slope
        "rise", "fall" or "either".
    """

    source: int
    level: float
    slope: str = "rise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One record of all inputs.

    Attributes
    ----------
    number
        Counts the acquisitions, from 1.
    at
        Instant of the bench's clock [s].
    trigger
        Time of the trigger after `at` [s].
    triggered
        Whether an edge was there; else it was taken without one.
    """

    number: int
    at: float
    trigger: float = 0.0
    triggered: bool = True


class Digitiser:
    """The inputs of one oscilloscope.

    Parameters
    ----------
    noise
        Standard deviation of the noise [share of one code].
    """

    def __init__(self, site: Site, *, noise: float = 0.3) -> None:
        self._site = site
        self._noise = noise
        self._taken = 0

    def take(self, edge: Edge | None, span: float) -> Acquisition | None:
        """Take a record on the next edge, or at once where there is no `edge` to wait for.

        Parameters
        ----------
        span
            Length of the record [s]; an edge is awaited for up to 200 times as long.

        Returns
        -------
        Acquisition or None
            None where no edge came.
        """
        at, trigger = self._site.world.clock.now(), 0.0
        if edge is not None:
            found = next(
                (t for each in _WIDER if (t := self._crossing(edge, at, each * span)) is not None),
                None,
            )
            if found is None:
                return None
            trigger = found
        self._taken += 1
        self._site.say("delivered", samples=self._taken)
        return Acquisition(number=self._taken, at=at, trigger=trigger, triggered=edge is not None)

    def _crossing(self, edge: Edge, at: float, span: float) -> float | None:
        low, high = 0.0, span
        for points in (_COARSE, _FINE, _FINE):
            times = np.linspace(low, high, points + 1)
            place = _first(self._seen(edge.source, times, at) - edge.level, edge.slope)
            if place is None:
                return None
            low, high = float(times[place]), float(times[place + 1])
        return high

    def _seen(self, number: int, times: Array, at: float) -> Array:
        return self._site.world.signals.volts(self._site.role, number, times, at=at)

    def volts(self, taken: Acquisition, number: int, times: Array, coupling: str = "DC") -> Array:
        """Give what an input saw [V], at the tip of its probe.

        Parameters
        ----------
        times
            After the trigger [s].
        coupling
            "DC", "AC" or "GND".
        """
        if coupling == "GND":
            return np.zeros(times.shape)
        seen = self._seen(number, taken.trigger + times, taken.at)
        if coupling == "AC" and len(seen):
            return seen - float(seen.mean())
        return seen

    def codes(
        self,
        taken: Acquisition,
        number: int,
        times: Array,
        *,
        step: float,
        zero: float,
        lowest: int,
        highest: int,
        coupling: str = "DC",
    ) -> NDArray[np.int64]:
        """Give the codes of the converter; a signal beyond its ends is cut off there.

        Parameters
        ----------
        step
            Voltage of one code [V].
        zero
            Code of 0 V.
        """
        seed = (self._site.seed, taken.number, number, len(times), int(times[0] * 1e12) % 2**32)
        noise = np.random.default_rng(seed).normal(0.0, self._noise, times.shape)
        exact = self.volts(taken, number, times, coupling) / step + zero + noise
        return np.clip(np.rint(exact), lowest, highest).astype(np.int64)


def _first(above: Array, slope: str) -> int | None:
    """Find the first pair of neighbours between which the level is crossed."""
    if slope == "either":
        crossed = _rises(above) | _rises(-above)
    else:
        crossed = _rises(above if slope == "rise" else -above)
    return int(crossed.argmax()) if crossed.any() else None


def _rises(above: Array) -> NDArray[np.bool_]:
    return (above[:-1] < 0) & (above[1:] >= 0)
