"""Simulated Mettler-Toledo XSR204 on the balance of its bench.

Source: MT-SICS Reference Manual for Excellence balances, 11780711, levels 0 to 2.
"""

from collections.abc import Callable, Mapping
from math import isinf

from instruments.simulators.balance import Balance
from instruments.simulators.site import Site
from instruments.simulators.station import Awaited

__all__ = ["make"]

_MODEL = "XSR204"
_OVER = 9e-3  # [g] beyond the capacity that are named with it
_TIMEOUT = 30.0  # [s] the balance waits for an indication that stands still
_GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
_LEVELS = {
    0: ("@", "I0", "I1", "I2", "I3", "I4", "I5", "S", "SI", "Z", "ZI"),
    1: ("D", "DW", "K", "T", "TA", "TAC", "TI"),
    2: ("C3", "I10", "I11"),
}


class _Balance:
    end = "\r\n"
    over = "serial"
    overload = "S +"
    busy = "S I"
    locked = "EL"

    def __init__(self, site: Site) -> None:
        self._world = site.world
        self._serial = site.serial
        self._name = ""
        self.stranger = 'I4 A "0000000000"'
        self._plain: Mapping[str, Callable[[], str | Awaited]] = {
            "@": self._cancel,
            "I0": self._commands,
            "I1": lambda: 'I1 A "012" "2.30" "2.22" "2.33" ""',
            "I2": lambda: (
                f'I2 A "{_MODEL} Excellence {self._balance.model.capacity + _OVER:.4f} g"'
            ),
            "I3": lambda: 'I3 A "1.10 20.1.0.1.1"',
            "I4": lambda: f'I4 A "{self._serial}"',
            "I5": lambda: 'I5 A "30080001A"',
            "I10": lambda: f'I10 A "{self._name}"',
            "I11": lambda: f'I11 A "{_MODEL}"',
            "S": lambda: self._at_rest("S", self._stable),
            "SI": self._immediate,
            "Z": lambda: self._at_rest("Z", self._zero),
            "ZI": lambda: self._now("ZI", self._balance.zero),
            "T": lambda: self._at_rest("T", self._tare),
            "TI": lambda: self._now("TI", self._balance.tare),
            "TA": lambda: f"TA A {self._weight(self._balance.tare_weight)}",
            "TAC": self._untare,
            "C3": lambda: "C3 B\r\nC3 A" if self._balance.adjust() else "C3 I",
            "DW": lambda: "DW A",
        }

    @property
    def _balance(self) -> Balance:
        return self._world.balance

    def power_on(self) -> None:
        """Start: tare lost, and whatever lies there, within its range, is the new zero."""
        self._balance.restart()

    def handle(self, line: str) -> str | Awaited:
        """Answer one command."""
        word, _, rest = line.partition(" ")
        if not rest:
            known = self._plain.get(word)
            return known() if known else "ES"
        match word:
            case "TA":
                return self._preset(rest)
            case "D" | "K" if rest:
                return f"{word} A"
            case "I10":
                self._name = rest.strip('"')
                return "I10 A"
        return "ES"

    def _cancel(self) -> str:
        return f'I4 A "{self._serial}"'

    def _commands(self) -> str:
        rows = [(level, name) for level, names in _LEVELS.items() for name in names]
        last = len(rows) - 1
        return "\r\n".join(
            f'I0 {"A" if place == last else "B"} {level} "{name}"'
            for place, (level, name) in enumerate(rows)
        )

    def _weight(self, grams: float) -> str:
        # Ten places and a space in front of them, as printed in 3.2.1.
        return f"{grams:10.4f} g"

    def _out_of_range(self) -> str:
        """Give the sign of an indication without a number, "" where there is one."""
        shown = self._balance.indication()
        if not self._balance.ready:
            return "I"
        return "" if not isinf(shown) else "+" if shown > 0 else "-"

    def _immediate(self) -> str:
        if sign := self._out_of_range():
            return f"S {sign}"
        letter = "S" if self._balance.stable else "D"
        return f"S {letter} {self._weight(self._balance.indication())}"

    def _at_rest(self, head: str, answer: Callable[[], str]) -> str | Awaited:
        """Answer once the indication stands still, or that it did not."""
        until = self._world.clock.now() + _TIMEOUT

        def look() -> str | None:
            if sign := self._out_of_range():
                return f"{head} {sign}"
            if self._balance.stable:
                return answer()
            return f"{head} I" if self._world.clock.now() >= until else None

        return look() or Awaited(look)

    def _stable(self) -> str:
        return f"S S {self._weight(self._balance.indication())}"

    def _zero(self) -> str:
        if self._balance.zero():
            return "Z A"
        return "Z +" if self._balance.gross > 0 else "Z -"

    def _tare(self) -> str:
        if self._balance.tare():
            return f"T S {self._weight(self._balance.tare_weight)}"
        return "T -"

    def _now(self, head: str, act: Callable[[], bool]) -> str:
        if not act():
            return f"{head} I"
        if head == "ZI":
            return "ZI S"
        return f"{head} S {self._weight(self._balance.tare_weight)}"

    def _untare(self) -> str:
        self._balance.untare()
        return "TAC A"

    def _preset(self, text: str) -> str:
        value, _, unit = text.strip().partition(" ")
        try:
            grams = float(value) * _GRAMS[unit.strip()]
        except (ValueError, KeyError):
            return "TA L"
        if not self._balance.preset(grams):
            return "TA L"
        return f"TA A {self._weight(self._balance.tare_weight)}"


def make(site: Site) -> _Balance:
    """Put a balance on the bench."""
    return _Balance(site)
