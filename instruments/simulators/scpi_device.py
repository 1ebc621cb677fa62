"""The part of a simulated instrument that every SCPI model has: headers, error queue, status.

Sources: IEEE 488.2-1992, chapters 7 (messages) and 10 (common commands); SCPI-1999 vol. 1,
chapter 6 (program headers), and vol. 2, 21.8 (error queue).
"""

import re
from collections import deque
from collections.abc import Callable
from math import isfinite

__all__ = ["DataError", "ScpiDevice", "channels", "number", "switch"]

Handler = Callable[[str], str | None]
_MNEMONIC = re.compile(r"[A-Za-z]+")


class DataError(Exception):
    """A parameter that the instrument refuses: code and text of the error queue."""

    def __init__(self, code: int = -222, text: str = "Data out of range") -> None:
        self.code = code
        self.text = text
        super().__init__(text)


class ScpiDevice:
    """Takes program messages, answers queries, keeps an error queue.

    Parameters
    ----------
    identity
        The four fields of ``*IDN?``.
    no_error
        How this maker answers ``SYST:ERR?`` where nothing happened.
    """

    def __init__(self, identity: str, *, no_error: str = '+0,"No error"') -> None:
        self.identity = identity
        self._no_error = no_error
        self.errors: deque[tuple[int, str]] = deque(maxlen=20)
        self._commands: list[tuple[re.Pattern[str], Handler]] = []
        self.on("*IDN?", lambda _: self.identity)
        self.on("*RST", self._reset)
        self.on("*CLS", self._clear)
        self.on("*OPC?", lambda _: "1")
        self.on("*ESR?", lambda _: "0")
        self.on("*STB?", lambda _: "4" if self.errors else "0")
        self.on("SYSTem:ERRor[:NEXT]?", self._next_error)

    def on(self, header: str, handler: Handler) -> None:
        """Add a command by its header in the manual's notation ("[SOURce]:CURRent?")."""
        self._commands.append((_pattern(header), handler))

    def reset(self) -> None:
        """Go to the power-on state; models with outputs switch them off."""

    def _reset(self, _: str) -> None:
        self.reset()

    def _clear(self, _: str) -> None:
        self.errors.clear()

    def _next_error(self, _: str) -> str:
        if not self.errors:
            return self._no_error
        code, text = self.errors.popleft()
        return f'{code:+d},"{text}"'

    def handle(self, line: str) -> str | None:
        """Carry out one program message; gives the response message, if any."""
        replies = []
        for unit in _units(line):
            try:
                reply = self._dispatch(unit)
            except DataError as error:
                self.errors.append((error.code, error.text))
                continue
            if reply is not None:
                replies.append(reply)
        return ";".join(replies) if replies else None

    def _dispatch(self, unit: str) -> str | None:
        header, _, parameters = unit.partition(" ")
        for pattern, handler in self._commands:
            if pattern.fullmatch(header):
                return handler(parameters.strip())
        raise DataError(-113, "Undefined header")


def number(text: str, low: float, high: float) -> float:
    """Read a decimal parameter inside a range.

    Raises
    ------
    DataError
        -104 where it is no number, -222 where it is outside.
    """
    try:
        value = float(text)
    except ValueError:
        raise DataError(-104, "Data type error") from None
    if not isfinite(value) or not low <= value <= high:
        raise DataError
    return value


def switch(text: str) -> bool:
    """Read ON, OFF, 1 or 0."""
    word = text.upper()
    if word in ("ON", "1"):
        return True
    if word in ("OFF", "0"):
        return False
    raise DataError(-104, "Data type error")


def channels(text: str, count: int) -> list[int]:
    """Read a channel list: ``(@1)``, ``(@1,3)``, ``(@1:3)``, or ``CH1``; empty means the first."""
    if not text:
        return [1]
    match = re.fullmatch(r"\(@([\d,: ]+)\)|CH(\d)", text.strip(), re.IGNORECASE)
    if not match:
        raise DataError(-104, "Data type error")
    found: list[int] = []
    for part in (match[1] or match[2]).split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    if not all(1 <= channel <= count for channel in found):
        raise DataError
    return found


def _units(line: str) -> list[str]:
    """Split a program message at its semicolons, those in quotes apart."""
    parts = re.findall(r"(?:\"[^\"]*\"|[^;\"])+", line)
    return [part.strip() for part in parts if part.strip()]


def _pattern(header: str) -> re.Pattern[str]:
    if header.startswith("*"):
        return re.compile(re.escape(header), re.IGNORECASE)
    return re.compile(":?" + _escaped(header), re.IGNORECASE)


def _escaped(header: str) -> str:
    out, place = [], 0
    while place < len(header):
        if match := _MNEMONIC.match(header, place):
            word = match[0]
            short = "".join(letter for letter in word if letter.isupper())
            out.append(f"(?:{word}|{short})" if short != word else word)
            place = match.end()
            continue
        out.append({"[": "(?:", "]": ")?", "?": r"\?"}.get(header[place], header[place]))
        place += 1
    return "".join(out)
