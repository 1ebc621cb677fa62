"""Where the samples of an axis lie: evenly, told by three numbers, or each by itself."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["Points"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Places on an axis; an even million of them is not spread out before it is asked for.

    Attributes
    ----------
    count
        How many.
    start
        Place of the first; ignored where all are listed.
    step, rate
        Distance, or places per unit: one of the two where they lie evenly.
    listed
        All of them where they do not.
    scale
        What all are multiplied by.
    """

    count: int
    start: float = 0.0
    step: float | None = None
    rate: float | None = None
    listed: Numbers | None = None
    scale: float = 1.0

    @classmethod
    def of(cls, values: Numbers) -> Self:
        """Tell places by start and step, or rate, where that gives the same bits."""
        start, count = float(values[0]), len(values)
        step = float(values[1] - values[0]) if count > 1 else 1.0
        ways = [cls(count, start, step=step)]
        if step:
            ways.append(cls(count, start, rate=float(round(1 / step, 9)) or None))
        for way in ways:
            if np.array_equal(way.array(), values):
                return way
        return cls(count, listed=values)

    def __len__(self) -> int:
        return self.count

    @overload
    def __getitem__(self, index: int) -> float: ...

    @overload
    def __getitem__(self, index: NDArray[np.int64]) -> Numbers: ...

    def __getitem__(self, index: int | NDArray[np.int64]) -> float | Numbers:
        place: Any
        if self.listed is not None:
            place = self.listed[index]
        elif self.step is not None:
            place = self.start + index * self.step
        else:
            place = self.start + index / (self.rate or 1.0)
        found: float | Numbers = place * self.scale
        return found

    def array(self) -> Numbers:
        """Spread them out."""
        return np.asarray(self[np.arange(self.count)], np.float64)

    def scaled(self, scale: float) -> Self:
        """Multiply them all."""
        return type(self)(
            self.count, self.start, self.step, self.rate, self.listed, self.scale * scale
        )

    @property
    def rise(self) -> bool:
        """Whether none lies before the one before it."""
        if self.listed is not None:
            return bool((np.diff(self.listed) * self.scale >= 0).all())
        return (self.step if self.step is not None else self.rate or 1.0) * self.scale >= 0

    def as_json(self) -> dict[str, object]:
        """Turn them into what JSON can hold; they are not scaled then."""
        if self.listed is not None:
            return {"values": b64encode(self.listed.astype("<f8").tobytes()).decode()}
        way = {"step": self.step} if self.step is not None else {"rate": self.rate}
        return {"start": self.start, "count": self.count, **way}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Read them again."""
        if "values" in said:
            listed = np.frombuffer(b64decode(said["values"]), "<f8")
            return cls(len(listed), listed=listed)
        return cls(said["count"], said["start"], said.get("step"), said.get("rate"))
