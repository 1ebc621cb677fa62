"""The texts of SCPI messages: headers as patterns, numbers with units, channel lists, blocks."""

import re
from collections.abc import Container, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["DataError", "block", "channel_list", "pattern", "plain_number", "words"]

_MNEMONIC = re.compile(r"[A-Za-z_]+")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z%]*)\s*")
_PREFIX = {"": 1.0, "M": 1e-3, "MA": 1e6, "K": 1e3, "U": 1e-6, "N": 1e-9, "P": 1e-12, "G": 1e9}
_BASE_UNITS = ("V", "A", "HZ", "S", "OHM", "W", "F", "H", "VPP", "VRMS", "PCT", "DEG", "%", "C")
_PARTS = re.compile(r"(?:\"[^\"]*\"|'[^']*'|\([^)]*\)|[^,\"'(])+")


class DataError(Exception):
    """A parameter that the instrument refuses: code and text of the error queue."""

    def __init__(self, code: int = -222, text: str = "Data out of range") -> None:
        self.code = code
        self.text = text
        super().__init__(text)


def words(text: str) -> list[str]:
    """Split parameters at their commas, those in quotes and parentheses apart."""
    return [part.strip() for part in _PARTS.findall(text) if part.strip()]


def plain_number(text: str) -> float:
    """Read a decimal with or without a unit and its prefix ("10 mV", "1.5kHz").

    Raises
    ------
    DataError
        -104 where it is no number, -131 where the unit is none.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise DataError(-104, "Data type error")
    return float(match[1]) * _factor(match[2].upper())


def _factor(suffix: str) -> float:
    # SCPI-1999 vol. 1, 7.1: M means milli, but mega before HZ and OHM.
    if suffix in ("MHZ", "MOHM"):
        return 1e6
    for unit in sorted((*_BASE_UNITS, ""), key=len, reverse=True):
        prefix = suffix.removesuffix(unit) if unit else suffix
        if suffix.endswith(unit) and prefix in _PREFIX and (unit or not prefix):
            return _PREFIX[prefix]
    raise DataError(-131, "Invalid suffix")


def channel_list(text: str, accepted: Container[int]) -> list[int]:
    """Read a channel list: ``(@1)``, ``(@1,3)``, ``(@101:104)``.

    Raises
    ------
    DataError
        -104 where it is no list, -222 where a channel is not `accepted`.
    """
    match = re.fullmatch(r"\(@([\d,: ]+)\)", text.strip())
    if not match:
        raise DataError(-104, "Data type error")
    found = [number for part in match[1].split(",") for number in _span(part)]
    if not all(number in accepted for number in found):
        raise DataError
    return found


def _span(part: str) -> Iterator[int]:
    first, _, last = part.partition(":")
    if not first.strip() or int(last or first) - int(first) > 1000:
        raise DataError
    yield from range(int(first), int(last or first) + 1)


def block(data: bytes | NDArray[np.generic]) -> bytes:
    """Wrap data into a definite-length block (IEEE 488.2, 8.7.9)."""
    raw = data if isinstance(data, bytes) else data.tobytes()
    length = str(len(raw))
    return f"#{len(length)}{length}".encode() + raw


def pattern(header: str) -> re.Pattern[str]:
    """Make a pattern of a header in the manual's notation."""
    if header.startswith("*"):
        return re.compile(re.escape(header), re.IGNORECASE)
    return re.compile(_escaped(header), re.IGNORECASE)


def _escaped(header: str) -> str:
    signs = {"[": "(?:", "]": ")?", "?": r"\?", "#": r"(\d*)"}
    out, place = [], 0
    while place < len(header):
        if match := _MNEMONIC.match(header, place):
            word = match[0]
            short = "".join(letter for letter in word if not letter.islower())
            out.append(f"(?:{word}|{short})" if short != word else word)
            place = match.end()
            continue
        out.append(signs.get(header[place], re.escape(header[place])))
        place += 1
    return "".join(out)
