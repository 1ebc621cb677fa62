"""The part of a simulated instrument that every SCPI model has: headers, settings, error queue.

Sources: IEEE 488.2-1992, chapters 7 (messages), 10 (common commands) and 11 (status); SCPI-1999
vol. 1, chapter 6 (program headers and their paths), and vol. 2, 21.8 (error queue).

A header is written as manuals do: ``[SOURce#:]VOLTage[:LEVel]``, capitals for the short form,
brackets for what may be left out, ``#`` for a numeric suffix that is 1 where it is left out.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite

from instruments.simulators.scpi_text import DataError, pattern, plain_number, words

__all__ = ["Call", "DataError", "ScpiDevice", "Value"]

Reply = str | bytes | None
Value = float | str | bool
_UNIT = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^;\"'])+")
# Bits of the standard event status register.
_OPERATION_COMPLETE, _POWER_ON = 1, 128


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it came in.

    Attributes
    ----------
    text
        Parameters, unparsed.
    suffixes
        Numeric suffixes of its header, in their order.
    """

    text: str
    suffixes: tuple[int, ...] = ()

    @property
    def words(self) -> list[str]:
        """The parameters between commas, those in quotes and parentheses kept whole."""
        return words(self.text)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class _Setting:
    default: Value
    read: Callable[[str], Value]
    write: Callable[[Value], str]
    bounds: tuple[float, float] | None = None


class ScpiDevice:
    """Takes program messages, answers queries, keeps settings and an error queue.

    Parameters
    ----------
    identity
        The four fields of ``*IDN?``.
    no_error
        How this maker answers ``SYST:ERR?`` where nothing happened.
    form
        How this maker writes numbers, as a format specification.
    """

    end = "\n"
    overload = "+9.90000000E+37"
    busy = (-284, "Program currently running")
    locked = (-203, "Command protected")
    options = "0"
    # Answered whatever else is refused.
    error_headers: tuple[str, ...] = ("SYST:ERR", "SYSTEM:ERR")

    def __init__(
        self, identity: str, *, no_error: str = '+0,"No error"', form: str = "+.8E"
    ) -> None:
        self.identity = identity
        self._no_error = no_error
        self._form = form
        self.errors: deque[tuple[int, str]] = deque(maxlen=20)
        self.event_status = _POWER_ON
        self._commands: list[tuple[re.Pattern[str], Handler]] = []
        self._known: dict[str, tuple[Handler, tuple[int, ...]]] = {}
        self._settings: dict[str, _Setting] = {}
        self.values: dict[tuple[str, int], Value] = {}
        self._refusal: tuple[int, str] | None = None
        self._common()

    def _common(self) -> None:
        self.on("*IDN?", lambda _: self.identity)
        self.on("*RST", lambda _: self.reset())
        self.on("*CLS", lambda _: self._clear())
        self.on("*OPC?", lambda _: "1")
        self.on("*OPC", lambda _: self._raise_bit(_OPERATION_COMPLETE))
        self.on("*WAI", lambda _: None)
        self.on("*TST?", lambda _: "0")
        self.on("*OPT?", lambda _: self.options)
        self.on("*ESR?", lambda _: self._event_status())
        self.on("*STB?", lambda _: str(4 * bool(self.errors)))
        for header in ("*ESE", "*SRE", "*SAV", "*RCL", "*PSC"):
            self.number(header, header, 0.0, 0.0, 255.0, form="d")
        self.on("SYSTem:ERRor[:NEXT]?", lambda _: self._next_error())
        self.on("SYSTem:ERRor:COUNt?", lambda _: str(len(self.errors)))
        self.on("SYSTem:VERSion?", lambda _: "1999.0")
        for header in ("SYSTem:BEEPer[:IMMediate]", "SYSTem:REMote", "SYSTem:LOCal",
                       "SYSTem:RWLock", "ABORt"):  # fmt: skip
            self.on(header, lambda _: None)

    # What a model declares.

    def on(self, header: str, handler: Handler) -> None:
        """Add a command by its header in the manual's notation."""
        self._commands.append((pattern(header), handler))

    def number(
        self,
        name: str,
        header: str,
        default: float,
        low: float,
        high: float,
        *,
        form: str | None = None,
    ) -> None:
        """Add a number that can be set and asked for, MINimum, MAXimum and DEFault included."""
        spec = form or self._form

        def read(text: str) -> float:
            named = {"MIN": low, "MAX": high, "DEF": default, "INF": high}
            word = text.strip().upper()
            value = named[word[:3]] if word[:3] in named else plain_number(text)
            if not isfinite(value) or not low <= value <= high:
                raise DataError
            return value

        def write(value: Value) -> str:
            return format(int(value) if spec.endswith("d") else float(value), spec)

        self._declare(name, header, _Setting(default, read, write, (low, high)))

    def flag(self, name: str, header: str, default: bool = False) -> None:
        """Add a switch: ON, OFF, 1 or 0."""

        def read(text: str) -> bool:
            known = {"ON": True, "1": True, "OFF": False, "0": False}
            if text.strip().upper() not in known:
                raise DataError(-104, "Data type error")
            return known[text.strip().upper()]

        self._declare(name, header, _Setting(default, read, lambda on: str(int(bool(on)))))

    def choice(
        self, name: str, header: str, options: str, default: str, *, quoted: bool = False
    ) -> None:
        """Add a word out of `options`, in the manual's notation: "IMMediate|BUS|EXTernal"."""
        known = [(pattern(option), _short(option)) for option in options.split("|")]

        def read(text: str) -> str:
            word = text.strip().strip("\"'")
            for form, short in known:
                if form.fullmatch(word):
                    return short
            raise DataError(-224, "Illegal parameter value")

        def write(value: Value) -> str:
            return f'"{value}"' if quoted else str(value)

        self._declare(name, header, _Setting(default, read, write))

    def text(self, name: str, header: str, default: str = "") -> None:
        """Add a string in quotes."""
        self._declare(
            name,
            header,
            _Setting(default, lambda text: text.strip().strip("\"'"), lambda v: f'"{v}"'),
        )

    def _declare(self, name: str, header: str, setting: _Setting) -> None:
        self._settings[name] = setting
        self.on(header, lambda call: self._set(name, setting, call))
        self.on(f"{header}?", lambda call: self._get(name, setting, call))

    # What a model may do differently.

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Tell parameters and channels of a call apart; by default a suffix is the channel."""
        return call.words, (call.suffixes[-1] if call.suffixes else 1,)

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse, by `DataError`, what one channel does not accept."""

    def changed(self, name: str, place: int) -> None:
        """Carry a changed setting into the world."""

    def reset(self) -> None:
        """Go to the state of ``*RST``; models with outputs switch them off."""
        kept = {key: value for key, value in self.values.items() if key[0].startswith("*")}
        self.values = kept
        for name in self._settings:
            self.changed(name, 0)

    def power_on(self) -> None:
        """Go to the state after the power came back: all settings lost."""
        self.values.clear()
        self.errors.clear()
        self.event_status = _POWER_ON
        self.reset()

    # Settings.

    def value(self, name: str, place: int = 1) -> Value:
        """Give a setting."""
        return self.values.get((name, place), self._settings[name].default)

    def amount(self, name: str, place: int = 1) -> float:
        """Give a setting that is a number."""
        return float(self.value(name, place))

    def put(self, name: str, value: Value, place: int = 1) -> None:
        """Change a setting from inside."""
        self.values[name, place] = value
        self.changed(name, place)

    def _set(self, name: str, setting: _Setting, call: Call) -> None:
        given, places = self.places(call)
        if not given:
            raise DataError(-109, "Missing parameter")
        value, wanted = setting.read(given[0]), list(places)
        for place in wanted:
            self.check(name, value, place)
        for place in wanted:
            self.put(name, value, place)

    def _get(self, name: str, setting: _Setting, call: Call) -> str:
        given, places = self.places(call)
        if given and setting.bounds and given[0][:3].upper() in ("MIN", "MAX"):
            return setting.write(setting.bounds[given[0][:3].upper() == "MAX"])
        return ",".join(setting.write(self.value(name, place)) for place in places)

    # Status.

    def _raise_bit(self, bit: int) -> None:
        self.event_status |= bit

    def _event_status(self) -> str:
        found, self.event_status = self.event_status, 0
        return str(found)

    def _clear(self) -> None:
        self.errors.clear()
        self.event_status = 0

    def _next_error(self) -> str:
        if not self.errors:
            return self._no_error
        code, text = self.errors.popleft()
        return f'{code:+d},"{text}"'

    def complain(self, code: int, text: str) -> None:
        """Queue an error."""
        self.errors.append((code, text))
        self._raise_bit({1: 32, 2: 16, 3: 8, 4: 4}.get(abs(code) // 100, 8))

    # Messages.

    def handle(self, line: str, refusal: tuple[int, str] | None = None) -> Reply:
        """Carry out one program message; gives the response message, if any.

        Parameters
        ----------
        refusal
            The error by which everything is refused at present, but questions for errors.
        """
        self._refusal = refusal
        replies: list[str] = []
        path = ""
        for unit in filter(None, map(str.strip, _UNIT.findall(line))):
            try:
                reply, path = self._dispatch(unit, path)
            except DataError as error:
                self.complain(error.code, error.text)
                continue
            if isinstance(reply, bytes):
                return reply
            if reply is not None:
                replies.append(reply)
        return ";".join(replies) if replies else None

    def _dispatch(self, unit: str, path: str) -> tuple[Reply, str]:
        header, _, text = unit.partition(" ")
        if "\t" in header:
            header, _, text = unit.partition("\t")
        header, path = self._absolute(header, path)
        if self._refusal is not None and not header.upper().startswith(self.error_headers):
            raise DataError(*self._refusal)
        handler, suffixes = self._known[header]
        return handler(Call(text.strip(), suffixes)), path

    def _absolute(self, header: str, path: str) -> tuple[str, str]:
        """Find the command that a header means behind the path of the header before it."""
        if header.startswith("*"):
            candidates, after = [header], path
        elif header.startswith(":"):
            candidates, after = [header[1:]], ""
        else:
            # Common firmware falls back on the root where the path leads nowhere.
            candidates, after = [path + header, header], ""
        for candidate in candidates:
            if candidate in self._known or self._found(candidate):
                if not candidate.startswith("*"):
                    after = candidate.rpartition(":")[0]
                    after = f"{after}:" if after else ""
                return candidate, after
        raise DataError(-113, "Undefined header")

    def _found(self, header: str) -> bool:
        # What a model declares later replaces what it shares with others.
        for form, handler in reversed(self._commands):
            if match := form.fullmatch(header):
                suffixes = tuple(int(group or 1) for group in match.groups())
                self._known[header] = (handler, suffixes)
                return True
        return False


def _short(option: str) -> str:
    return "".join(letter for letter in option if not letter.islower())
