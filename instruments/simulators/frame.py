"""The mechanics of the load frame: a crosshead, a load cell with steps, a buffer of samples."""

from collections import deque
from collections.abc import Callable

import numpy as np

from instruments.simulators.specimen import Metal, MetalModel, Specimen

__all__ = ["FORCE_STEP", "LENGTH_STEP", "Frame"]

FORCE_STEP = 0.5  # [N]
LENGTH_STEP = 0.0001  # [mm]
_ROOM = 200_000  # samples


class Frame:
    """One frame with one specimen; instants are seconds of the bench clock."""

    def __init__(self, model: MetalModel) -> None:
        self.rate = 50.0
        self.buffer: deque[tuple[float, float, float, float]] = deque(maxlen=_ROOM)
        self.delivered = 0
        self.lost = 0
        self._pieces = 0
        self.mount(lambda piece: Metal(model, seed=piece))

    def mount(self, piece: Callable[[int], Specimen]) -> None:
        """Put a specimen between the grips, made by `piece` from its number."""
        self._make = piece
        self.remount()

    def remount(self) -> None:
        """Mount the next piece of the same kind; the crosshead stands at zero."""
        self._pieces += 1
        self.specimen = self._make(self._pieces)
        self.moving = False
        self.broken = False
        self._started = 0.0
        self._speed = 0.0
        self._taken = 0
        self._last = (0.0, 0.0, 0.0, 0.0)
        self._stood_at = 0.0
        self.buffer.clear()

    def zero(self) -> None:
        """Zero the channels; a piece that was pulled before has been replaced by then."""
        if self._taken:
            self.remount()

    def start(self, now: float, speed: float) -> None:
        """Move upwards [mm/s]; a stopped pull goes on where it stood."""
        self._started = now - self._stood_at
        self._speed = speed
        self.moving = True

    def stop(self, now: float) -> None:
        """Stop the crosshead."""
        self.advance(now)
        if self.moving:
            self._stood_at = now - self._started
        self.moving = False

    def advance(self, now: float) -> None:
        """Take the samples that are due."""
        if not self.moving:
            return
        until = now - self._started
        for row in self.specimen.samples(self._taken, until, self._speed, self.rate):
            self._taken += 1
            self._last = (
                float(row[0]),
                _step(row[1], FORCE_STEP),
                _step(row[2], LENGTH_STEP),
                _step(row[3], LENGTH_STEP),
            )
            self.lost += len(self.buffer) == _ROOM
            self.buffer.append(self._last)
        if until >= self.specimen.breaks_at(self._speed, self.rate):
            self.moving = False
            self.broken = True

    @property
    def force(self) -> float:
        """Present force [N]; nothing pulls at a broken piece."""
        return 0.0 if self.broken else self._last[1]

    def hand_over(self, most: int) -> list[tuple[float, float, float, float]]:
        """Take the oldest samples out of the buffer."""
        rows = [self.buffer.popleft() for _ in range(min(most, len(self.buffer)))]
        self.delivered += len(rows)
        return rows


def _step(value: float, step: float) -> float:
    return float(np.round(value / step) * step)
