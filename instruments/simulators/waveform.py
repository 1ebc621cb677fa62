"""What stands on a line from a function generator, and what a digitiser makes of it."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Kind", "quantised", "sample"]

Array = NDArray[np.float64]
Kind = Literal["sine", "square", "ramp", "pulse", "dc", "noise"]

# From 10 % to 90 % a straight edge takes this share of its whole length.
_EDGE = 0.8
_SIGMAS = 6.0  # peak to peak of noise, in standard deviations


def sample(
    kind: str,
    frequency: float,
    amplitude: float,
    offset: float,
    phase: float,
    duty: float,
    times: ArrayLike,
    *,
    rise_time: float = 8e-9,
    seed: int = 1,
) -> Array:
    """Give the voltage [V] at instants.

    Parameters
    ----------
    kind
        "sine", "square", "ramp", "pulse", "dc" or "noise".
    frequency
        Of the repetition [Hz]; without meaning for dc and noise.
    amplitude, offset
        Peak to peak, and the middle between both peaks [V].
    phase
        Of the beginning [degree].
    duty
        Share of the period at the upper level [0..1]; of a ramp the share that rises.
    times
        Instants [s].
    rise_time
        Of square and pulse edges, from 10 % to 90 % [s].
    seed
        Of the noise; the same seed and number of instants give the same noise.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind {kind!r} is refused; accepted: {', '.join(get_args(Kind))}")
    if not 0 <= duty <= 1:
        raise ValueError(f"duty {duty!r} is refused; accepted: 0 to 1")
    instants = np.asarray(times, float)
    if kind == "dc":
        return np.full(instants.shape, float(offset))
    if kind == "noise":
        drawn: Array = np.random.default_rng(seed).normal(0.0, 1 / _SIGMAS, instants.shape)
        return np.asarray(offset + amplitude * np.clip(drawn, -0.5, 0.5), np.float64)
    if not frequency > 0:
        raise ValueError(f"frequency {frequency!r} is refused; accepted: above 0")
    turns = frequency * instants + phase / 360.0
    if kind == "sine":
        return np.asarray(offset + amplitude / 2 * np.sin(2 * np.pi * turns))
    if kind == "ramp":
        return offset + amplitude * (_trapezium(turns, duty, 1.0 - duty, 0.0) - 0.5)
    edge = min(rise_time / _EDGE * frequency, duty, 1.0 - duty)
    if edge <= 0:
        return offset + amplitude * np.where(turns % 1.0 < duty, 0.5, -0.5)
    return offset + amplitude * (_trapezium(turns, edge, edge, duty - edge) - 0.5)


def quantised(volts: ArrayLike, full_scale: float, bits: int) -> Array:
    """Give what a converter of `bits` over `full_scale` [V] peak to peak reads; it clips."""
    if not full_scale > 0 or not 1 <= bits <= 32:
        raise ValueError(
            f"{full_scale!r} V, {bits!r} bits are refused; accepted: above 0 V, 1 to 32 bits"
        )
    half = 2 ** (bits - 1)
    step = full_scale / (2 * half)
    return np.asarray(np.clip(np.round(np.asarray(volts, float) / step), -half, half - 1) * step)


def _trapezium(turns: Array, rise: float, fall: float, top: float) -> Array:
    """Give a level of 0 to 1 that rises from turn 0 on, stays and falls; shares of a turn."""
    place = turns % 1.0
    corners = np.cumsum([0.0, rise, top, fall])
    # Equal corners are jumps; interpolation needs them ascending.
    corners = np.maximum.accumulate(corners + np.arange(4) * 1e-15)
    return np.interp(place, corners, [0.0, 1.0, 1.0, 0.0])
