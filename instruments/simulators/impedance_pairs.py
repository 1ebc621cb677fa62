"""The pairs of parameters as which an LCR meter shows an impedance.

Source: Keysight E4980A/AL User's Guide, E4980-90230, ":FUNCtion:IMPedance[:TYPE]" and "Impedance
Parameters".
"""

from cmath import phase
from collections.abc import Callable, Mapping
from math import degrees, inf, pi

__all__ = ["PAIRS", "pair"]

Pair = tuple[float, float]


def _over(above: float, below: float) -> float:
    return above / below if below else inf


def _parallel_c(z: complex, omega: float) -> float:
    return (1 / z).imag / omega


def _series_c(z: complex, omega: float) -> float:
    return _over(-1.0, omega * z.imag)


def _parallel_l(z: complex, omega: float) -> float:
    return _over(-1.0, omega * (1 / z).imag)


def _series_l(z: complex, omega: float) -> float:
    return z.imag / omega


_FIRST: Mapping[str, Callable[[complex, float], float]] = {
    "CP": _parallel_c,
    "CS": _series_c,
    "LP": _parallel_l,
    "LS": _series_l,
}
_SECOND: Mapping[str, Callable[[complex], float]] = {
    "D": lambda z: _over(z.real, abs(z.imag)),
    "Q": lambda z: _over(abs(z.imag), z.real),
    "G": lambda z: (1 / z).real,
    "RP": lambda z: _over(1.0, (1 / z).real),
    "RS": lambda z: z.real,
}
_WHOLE: Mapping[str, Callable[[complex], Pair]] = {
    "RX": lambda z: (z.real, z.imag),
    "ZTD": lambda z: (abs(z), degrees(phase(z))),
    "ZTR": lambda z: (abs(z), phase(z)),
    "GB": lambda z: ((1 / z).real, (1 / z).imag),
    "YTD": lambda z: (abs(1 / z), degrees(phase(1 / z))),
    "YTR": lambda z: (abs(1 / z), phase(1 / z)),
}
PAIRS = (
    "CPD", "CPQ", "CPG", "CPRP", "CSD", "CSQ", "CSRS", "LPD", "LPQ", "LPG", "LPRP", "LSD", "LSQ",
    "LSRS", "RX", "ZTD", "ZTR", "GB", "YTD", "YTR",
)  # fmt: skip


def pair(name: str, ohms: complex, frequency: float) -> Pair:
    """Give an impedance [ohm] at a frequency [Hz] as a pair: F, H, ohm, S, degree or rad, or 1."""
    z = ohms if ohms else complex(1e-12)
    if name in _WHOLE:
        return _WHOLE[name](z)
    return _FIRST[name[:2]](z, 2 * pi * frequency), _SECOND[name[2:]](z)
