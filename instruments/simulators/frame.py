"""The mechanics of the load frame: a crosshead, a load cell with steps, a buffer of samples."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from instruments.simulators.accepted import above_zero, not_negative
from instruments.simulators.crosshead import Crosshead
from instruments.simulators.specimen import Metal, MetalModel, Specimen

__all__ = ["FORCE_STEP", "LENGTH_STEP", "Frame", "FrameModel"]

FORCE_STEP = 0.5  # [N]
LENGTH_STEP = 0.0001  # [mm]
_ROOM = 200_000  # samples


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameModel:
    """What makes one frame differ from another.

    Attributes
    ----------
    acceleration
        Of the crosshead [mm/s2].
    compliance
        Of frame and grips, on top of the stiffness that the specimen's model names [mm/N].
    noise
        Standard deviation of the load cell, on top of the specimen's model [N].
    seed
        Of that noise.
    """

    acceleration: float = 20.0
    compliance: float = 0.0
    noise: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        above_zero(self, "acceleration")
        not_negative(self, "compliance", "noise", "seed")


class Frame:
    """One frame with one specimen; instants are seconds of the bench clock."""

    def __init__(self, model: MetalModel, frame: FrameModel | None = None) -> None:
        self.frame = frame or FrameModel()
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
        self._crosshead = Crosshead(self.frame.acceleration, self.frame.compliance)
        self._random = np.random.default_rng([self.frame.seed, self._pieces])
        self._taken = 0
        self._last = (0.0, 0.0, 0.0, 0.0)
        self._stood_at = 0.0
        self.buffer.clear()

    def zero(self) -> None:
        """Zero the channels; a piece that was pulled before has been replaced by then."""
        if self._taken:
            self.remount()

    def start(self, now: float, speed: float) -> None:
        """Move upwards [mm/s]; a stopped pull goes on where it stood, a running one changes."""
        self.advance(now)
        if not self.moving:
            self._started = now - self._stood_at
        self._crosshead.go(now - self._started, speed)
        self.moving = True

    def stop(self, now: float) -> None:
        """Stop the crosshead."""
        self.advance(now)
        if self.moving:
            self._stood_at = now - self._started
            self._crosshead.stand(self._stood_at)
        self.moving = False

    def advance(self, now: float) -> None:
        """Take the samples that are due."""
        if not self.moving:
            return
        until = now - self._started
        for row in self.specimen.samples(self._taken, until, self._crosshead, self.rate):
            self._taken += 1
            noise = self._random.normal(0.0, self.frame.noise)
            self._last = (
                float(row[0]),
                _step(row[1] + noise, FORCE_STEP),
                _step(row[2], LENGTH_STEP),
                _step(row[3], LENGTH_STEP),
            )
            self.lost += len(self.buffer) == _ROOM
            self.buffer.append(self._last)
        if until >= self.specimen.breaks_at(self._crosshead, self.rate):
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
