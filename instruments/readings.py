"""What an instrument gives back: readings, and who it says it is."""

from dataclasses import dataclass

__all__ = ["FrameSample", "Identity", "Reading"]


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
