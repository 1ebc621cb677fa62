"""The clock of a simulated bench: real, scaled, or virtual and moved only by who waits on it."""

import threading
import time
from typing import Protocol

__all__ = ["RealClock", "ScaledClock", "SimulatedClock", "VirtualClock", "clock_of"]


class SimulatedClock(Protocol):
    """A source of epoch seconds [s]."""

    kind: str

    def now(self) -> float:
        """Tell the present instant [s since 1970, UTC]."""
        ...

    def sleep(self, seconds: float) -> float:
        """Return once `seconds` [s] have passed; gives the instant."""
        ...


class RealClock:
    """The clock of the computer."""

    kind = "real"

    def now(self) -> float:
        """Tell the present instant."""
        return time.time()

    def sleep(self, seconds: float) -> float:
        """Wait."""
        time.sleep(max(seconds, 0.0))
        return self.now()


class ScaledClock:
    """A clock that runs `factor` times as fast as the computer's, from now on."""

    def __init__(self, factor: float, start: float) -> None:
        if not factor > 0:
            raise ValueError(f"clock factor {factor!r} is refused; accepted: above 0")
        self.kind = f"{factor:g}"
        self._factor = factor
        self._start = start
        self._begun = time.monotonic()

    def now(self) -> float:
        """Tell the present instant."""
        return self._start + (time.monotonic() - self._begun) * self._factor

    def sleep(self, seconds: float) -> float:
        """Wait the scaled time."""
        time.sleep(max(seconds, 0.0) / self._factor)
        return self.now()


class VirtualClock:
    """A clock that stands still until somebody sleeps on it."""

    kind = "virtual"

    def __init__(self, start: float) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Tell the present instant."""
        return self._now

    def sleep(self, seconds: float) -> float:
        """Move the clock forward."""
        with self._lock:
            self._now += max(seconds, 0.0)
            return self._now


def clock_of(kind: str, start: float | None = None) -> SimulatedClock:
    """Make the clock that a bench file names: "real", "virtual", or a factor."""
    begin = time.time() if start is None else start
    if kind == "real":
        return RealClock()
    if kind == "virtual":
        return VirtualClock(begin)
    try:
        factor = float(kind)
    except ValueError:
        raise ValueError(
            f"clock {kind!r} is refused; accepted: real, virtual or a number"
        ) from None
    return ScaledClock(factor, begin)
