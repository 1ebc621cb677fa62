"""Windows of curves as small binary frames for a screen.

A frame is ``TBW1``, the number of traces (uint16) and two bytes of nothing, then a head of 56
bytes for each trace, then their samples in the same order, each block filled up to 8 bytes. All is
little-endian. The head (`HEAD`): kind, place of the run among those asked for, 1 where every sample
is there, a byte of nothing, number of points (uint32); origin and step of x, origin and step of
y (float64); samples inside the window (-1: not counted) and of the whole stream (int64).

==== ======================== ============== ===================================================
kind x                        y              when
==== ======================== ============== ===================================================
0    float64                  float64        few points: what was recorded, to the last bit
1    float32                  float32        more points
2    columns from the origin  float32 pairs  lowest and highest in each column (differences)
==== ======================== ============== ===================================================

A value is origin + step * number. Origins lie within the window, so that the 24 bits of a float32
resolve it to a 16-millionth of its size, however far from zero it lies. A trace of
`testbed.services.looking.MOST_POINTS` points has 56 kB.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runs.many.difference import Difference
from testbed.services.looking import Seen, View

__all__ = ["HEAD", "START", "Packed", "frame", "of_difference", "of_window"]

Array = NDArray[np.float64]
START = struct.Struct("<4sHxx")
HEAD = struct.Struct("<BBBxIddddqq")
_FEW = 2000


@dataclass(frozen=True, slots=True)
class Packed:
    """One trace: its head and its samples."""

    head: bytes
    samples: bytes


def frame(traces: Sequence[Packed]) -> bytes:
    """Put traces into one frame."""
    heads = b"".join(trace.head for trace in traces)
    return START.pack(b"TBW1", len(traces)) + heads + b"".join(t.samples for t in traces)


def of_window(seen: Seen, view: View) -> Packed:
    """Pack a window."""
    x, y = seen.window.x, np.asarray(seen.window.y, np.float64)
    count = len(x)
    inside = -1 if seen.inside is None else seen.inside
    about = (inside, seen.samples)
    if count <= _FEW:
        ends = (0.0, 1.0, 0.0, 1.0)
        head = HEAD.pack(0, seen.place, seen.window.exact, count, *ends, *about)
        return Packed(head, x.astype("<f8").tobytes() + y.astype("<f8").tobytes())
    low, high = _extent(x)
    start = _middle(low if view.low is None else view.low, high if view.high is None else view.high)
    step, xs = _scaled(x, start)
    level = _middle(*_extent(y))
    unit, ys = _scaled(y, level)
    head = HEAD.pack(1, seen.place, seen.window.exact, count, start, step, level, unit, *about)
    return Packed(head, _filled(xs.tobytes()) + _filled(ys.tobytes()))


def of_difference(place: int, difference: Difference) -> Packed:
    """Pack a difference: points where it is exact, else columns."""
    low, high = difference.low, difference.high
    count = len(low)
    level = _middle(_extent(low)[0], _extent(high)[1])
    if difference.exact:
        start = _middle(*_extent(difference.x))
        step, xs = _scaled(difference.x, start)
        unit, ys = _scaled(low, level)
        head = HEAD.pack(1, place, True, count, start, step, level, unit, count, count)
        return Packed(head, _filled(xs.tobytes()) + _filled(ys.tobytes()))
    start, step = difference.x[0], difference.x[1] - difference.x[0]
    unit, pairs = _scaled(np.column_stack((low, high)).ravel(), level)
    head = HEAD.pack(2, place, False, count, start, step, level, unit, -1, -1)
    return Packed(head, pairs.tobytes())


def _scaled(values: Array, origin: float) -> tuple[float, NDArray[np.float32]]:
    """Give the distance from an origin in steps of a power of two, which float32 always holds."""
    offsets = values - origin
    low, high = _extent(offsets)
    largest = max(-low, high)
    step = float(np.ldexp(1.0, int(np.frexp(largest)[1]))) if largest else 1.0
    return step, (offsets / step).astype("<f4")


def _extent(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def _middle(low: float, high: float) -> float:
    # Halved before they are added: two huge values have a middle, too.
    return low / 2 + high / 2


def _filled(block: bytes) -> bytes:
    return block + bytes(-len(block) % 8)
