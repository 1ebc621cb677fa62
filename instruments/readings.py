"""What an instrument gives back: readings, waveforms, and who it says it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FrameSample", "Identity", "Impedance", "Indentation", "Reading", "Waveform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One indication of a measuring instrument (VIM 4.1).

    Attributes
    ----------
    value
        The indication, in `unit`. Never a sentinel: over-range is an error, not a value.
    unit
        Unit in UDUNITS spelling ("V", "A", "degC", "N", "mm").
    standard_uncertainty
        Standard uncertainty [same unit] from the maker's specification, None where unknown.
    """

    value: float
    unit: str
    standard_uncertainty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impedance:
    """An impedance at one frequency, in series form.

    Attributes
    ----------
    resistance, reactance
        Real and imaginary part; inductive reactance is positive.
    frequency
        Frequency of the test signal [Hz], as the instrument confirmed it.
    """

    resistance: Reading
    reactance: Reading
    frequency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Indentation:
    """One Vickers indentation.

    Attributes
    ----------
    hardness
        Vickers hardness [HV].
    diagonals
        Both diagonals [mm].
    force
        Test force [N].
    """

    hardness: Reading
    diagonals: tuple[Reading, Reading]
    force: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """A waveform of one channel.

    Attributes
    ----------
    values
        Samples [`unit`], shape (n,).
    start
        Time of the first sample [s] after the trigger; negative before it.
    step
        Time between samples [s].
    standard_uncertainty
        Of each sample [`unit`], from the maker's specification.
    """

    values: NDArray[np.float64]
    start: float
    step: float
    unit: str
    standard_uncertainty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an instrument says it is (IEEE 488.2, 10.14: the four fields of ``*IDN?``)."""

    maker: str
    model: str
    serial: str
    firmware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSample:
    """One sample of a load frame, taken by the frame's own clock.

    Attributes
    ----------
    time
        Seconds [s] since the crosshead was started; ascending.
    force
        Tensile force [N], positive in tension.
    extension
        Change of the extensometer gauge length [mm].
    travel
        Crosshead displacement [mm], positive in tension.
    """

    time: float
    force: float
    extension: float
    travel: float
