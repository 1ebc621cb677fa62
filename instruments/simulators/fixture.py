"""The fixture between an LCR meter and its two-pole, and the corrections that take it out.

References
----------
Keysight Impedance Measurement Handbook, 5950-3000, chapter 4: residual impedance in series,
stray admittance across, and the open and short correction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

from instruments.simulators.accepted import not_negative

__all__ = ["Corrections", "FixtureModel", "Law"]

Law = Callable[[float], complex]
"""An impedance [ohm] by frequency [Hz]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureModel:
    """What leads and clamps add to the two-pole.

    Attributes
    ----------
    resistance, inductance
        In series [ohm], [H].
    conductance, capacitance
        Across [S], [F].
    """

    resistance: float = 0.0
    inductance: float = 0.0
    conductance: float = 0.0
    capacitance: float = 0.0

    def __post_init__(self) -> None:
        not_negative(self, "resistance", "inductance", "conductance", "capacitance")

    def around(self, law: Law) -> Law:
        """Give what the meter's terminals see of a two-pole."""

        def seen(frequency: float) -> complex:
            omega = 2j * pi * frequency
            across = self.conductance + omega * self.capacitance
            own = law(frequency)
            inner = own / (1.0 + own * across)
            return self.resistance + omega * self.inductance + inner

        return seen


class Corrections:
    """What was measured of the open and the shorted fixture."""

    def __init__(self) -> None:
        self.opened: Law | None = None
        self.shorted: Law | None = None

    def corrected(self, ohms: complex, frequency: float, *, opened: bool, shorted: bool) -> complex:
        """Take out of a raw impedance [ohm] what is switched on and was measured."""
        residual = self.shorted(frequency) if shorted and self.shorted else 0j
        inner = ohms - residual
        if not (opened and self.opened):
            return inner
        across = 1.0 / (self.opened(frequency) - residual)
        return inner / (1.0 - inner * across)
