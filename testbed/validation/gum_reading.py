"""Published examples of uncertainty: numbers with the digits they have, inputs in words."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbed.evaluation.uncertainty import (
    Input,
    arcsine,
    certificate,
    pooled,
    rectangular,
    standard,
    triangular,
)

__all__ = ["Printed", "read_input", "read_inputs", "read_values", "suffixed"]

_NUMBER = r"([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)"
_BOUNDED = {
    "rect": rectangular,
    "rectangular": rectangular,
    "triangular": triangular,
    "arcsine": arcsine,
}
_CERTIFIED = re.compile(rf"U\s*=\s*{_NUMBER}\s*,\s*k\s*=\s*{_NUMBER}")
_POOLED = re.compile(rf"s_p\s*=\s*{_NUMBER}\s*,\s*n\s*=\s*(\d+)")
_SHAPED = re.compile(rf"([a-z]+)\s+{_NUMBER}")


class Printed(float):
    """A number that knows how it was printed: 0.930 has three decimals.

    Attributes
    ----------
    text
        As printed.
    """

    text: str

    def __new__(cls, text: str) -> "Printed":
        """Read a number."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def read_values(path: Path) -> dict[str, Any]:
    """Read a file of values, every number as `Printed`."""
    values: dict[str, Any] = json.loads(
        path.read_text(encoding="utf-8"), parse_float=Printed, parse_int=Printed
    )
    return values


def read_inputs(written: Mapping[str, Any], unit: str = "1", dof: float = math.inf) -> list[Input]:
    """Read the inputs of an example, by symbol."""
    return [read_input(symbol, each, unit, dof) for symbol, each in written.items()]


def read_input(
    symbol: str,
    written: Mapping[str, float] | Sequence[Any] | str | float,
    unit: str = "1",
    dof: float = math.inf,
) -> Input:
    """Read one input.

    Parameters
    ----------
    written
        ``{"x": …, "u" | "rect_half" | "arcsine_half" | "triangular_half": …, "dof": …}``,
        ``[x, u]``, ``[x, "U=45,k=2"]``, ``[x, "s_p=25, n=3"]``, ``[x, "rect 0.01"]``,
        ``"rect 15"`` with an estimate of 0, or an exact number.
    dof
        Degrees of freedom where nothing else is written.

    Raises
    ------
    ValueError
        It is written in another way.
    """
    match written:
        case float() | int():
            return standard(symbol, float(written), 0.0, unit=unit)
        case str():
            return _in_words(symbol, 0.0, written, unit)
        case Mapping():
            return _by_names(symbol, written, unit, dof)
        case [x, str(words)]:
            return _in_words(symbol, float(x), words, unit)
        case [x, u]:
            return standard(symbol, float(x), float(u), unit=unit, degrees_of_freedom=dof)
    raise ValueError(f"{symbol}: an input written as {written!r}")


def suffixed(entry: Mapping[str, Any], name: str) -> tuple[float, Any]:
    """Find what is kept for a probability: "k99" gives 0.99 and its value.

    Raises
    ------
    KeyError
        There is no such entry.
    """
    for key, value in entry.items():
        found = re.fullmatch(rf"{name}(\d\d)(\d*)", key)
        if found:
            return float(f"0.{found[1]}{found[2]}"), value
    raise KeyError(name)


def _by_names(symbol: str, written: Mapping[str, float], unit: str, dof: float) -> Input:
    free = float(written.get("dof", dof))
    x = float(written["x"])
    if "u" in written:
        return standard(symbol, x, float(written["u"]), unit=unit, degrees_of_freedom=free)
    for shape, taken in _BOUNDED.items():
        if f"{shape}_half" in written:
            half = float(written[f"{shape}_half"])
            return taken(symbol, x, half, unit=unit, degrees_of_freedom=free)
    raise ValueError(f"{symbol}: an input with {', '.join(written)}")


def _in_words(symbol: str, x: float, words: str, unit: str) -> Input:
    if found := _CERTIFIED.match(words):
        return certificate(symbol, x, float(found[1]), float(found[2]), unit=unit)
    if found := _POOLED.match(words):
        return pooled(symbol, [x] * int(found[2]), float(found[1]), math.inf, unit=unit)
    found = _SHAPED.match(words)
    if found and found[1] in _BOUNDED:
        return _BOUNDED[found[1]](symbol, x, float(found[2]), unit=unit)
    raise ValueError(f"{symbol}: an input written as {words!r}")
