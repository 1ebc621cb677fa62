"""A metal under indenters: Vickers diagonals and Rockwell depths that scatter like real ones.

References
----------
ISO 6507-1: HV = 0.1891 F/d2 with F in newtons and d in millimetres.
ISO 6508-1: HRC = 100 - h/0.002 with h in millimetres.
ISO 18265, table A.1: conversion between both for unalloyed and low-alloy steels.
"""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from instruments.simulators.accepted import above_zero, not_negative

__all__ = ["HardnessModel", "Indenter", "diagonal", "rockwell", "vickers"]

_CONSTANT = 0.1891  # 0.102 x 2 sin(136 deg / 2)
_RESOLUTION = 1e-4  # [mm]
_DEPTH = 0.002  # [mm] per Rockwell unit
_FULL_DWELL = 14.0  # [s], of ISO 6507-1
_CREEP, _CREEP_TAU = 0.01, 4.0  # share and [s]
_HV = (240, 260, 280, 300, 320, 340, 360, 380, 400, 450, 500, 550, 600, 650, 700, 800, 900, 940)
_HRC = (
    *(20.3, 24.0, 27.1, 29.8, 32.2, 34.4, 36.6, 38.8, 40.8),
    *(45.3, 49.1, 52.3, 55.2, 57.8, 60.1, 64.0, 67.0, 68.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardnessModel:
    """What makes one surface differ from another.

    Attributes
    ----------
    hardness, spread
        Mean [HV] and standard deviation between points [HV].
    gradient
        Change of the mean with the distance from the first point [HV/mm].
    reading
        Standard deviation of one reading of a diagonal [mm].
    asymmetry
        Share by which the first diagonal is longer than the second, as on a tilted surface [1].
    """

    hardness: float = 240.0
    spread: float = 2.0
    gradient: float = 0.0
    reading: float = 2e-4
    asymmetry: float = 0.0

    def __post_init__(self) -> None:
        above_zero(self, "hardness")
        not_negative(self, "spread", "reading")
        if not self.spread <= self.hardness / 10:
            raise ValueError(
                f"spread {self.spread!r} is refused; accepted: up to a tenth of hardness"
            )
        if not abs(self.asymmetry) < 0.5:
            raise ValueError(
                f"asymmetry {self.asymmetry!r} is refused; accepted: between -0.5 and 0.5"
            )


class Indenter:
    """Points on one surface, each with a hardness of its own; a seed repeats them."""

    def __init__(self, model: HardnessModel, seed: int) -> None:
        self.model = model
        self._random = np.random.default_rng(seed)

    def indent(
        self, force_newton: float, dwell_seconds: float, distance: float = 0.0
    ) -> tuple[float, float]:
        """Press a pyramid into the next point and read both diagonals [mm].

        Parameters
        ----------
        force_newton
            Test force [N].
        dwell_seconds
            How long it acts [s]; a short dwell leaves the smaller indentation.
        distance
            From the first point [mm], for a surface with a gradient.
        """
        if not force_newton > 0 or not dwell_seconds > 0:
            raise ValueError(
                f"{force_newton!r} N, {dwell_seconds!r} s are refused; accepted: above 0"
            )
        creep = exp(-dwell_seconds / _CREEP_TAU) - exp(-_FULL_DWELL / _CREEP_TAU)
        true = diagonal(force_newton, self._point(distance) * (1.0 + _CREEP * creep))
        half = self.model.asymmetry / 2
        read = true * np.array([1 + half, 1 - half])
        read = read + self._random.normal(0.0, self.model.reading, 2)
        first, second = np.maximum(np.round(read / _RESOLUTION), 1.0) * _RESOLUTION
        return float(first), float(second)

    def hrc(self, distance: float = 0.0) -> float:
        """Press a cone into the next point; Rockwell C from the depth read."""
        depth = (100.0 - rockwell(self._point(distance))) * _DEPTH
        depth += float(self._random.normal(0.0, self.model.reading))
        return 100.0 - round(depth / _RESOLUTION) * _RESOLUTION / _DEPTH

    def _point(self, distance: float) -> float:
        model = self.model
        mean = model.hardness + model.gradient * distance
        if not mean > model.hardness / 10:
            raise ValueError(f"distance {distance!r} mm is refused; accepted: where metal is left")
        return max(float(self._random.normal(mean, model.spread)), mean / 10)


def vickers(force: float, mean_diagonal: float) -> float:
    """Give the hardness [HV] for a force [N] and the mean of both diagonals [mm]."""
    return _CONSTANT * force / mean_diagonal**2


def diagonal(force: float, hardness: float) -> float:
    """Give the diagonal [mm] that a force [N] leaves in a hardness [HV]."""
    return sqrt(_CONSTANT * force / hardness)


def rockwell(hardness: float) -> float:
    """Convert a hardness of steel from HV to HRC; refused where the table has no value."""
    if not _HV[0] <= hardness <= _HV[-1]:
        raise ValueError(f"{hardness:g} HV is refused; accepted: {_HV[0]} to {_HV[-1]} HV")
    return float(np.interp(hardness, _HV, _HRC))
