"""Simulated Vickers tester; the protocol is in docs/reference/vickers-protocol.md."""

from dataclasses import dataclass

from instruments.simulators.hardness import vickers
from instruments.simulators.sealing import Refused, plain_number, seal, unseal
from instruments.simulators.site import Site
from instruments.simulators.station import Awaited

__all__ = ["make"]

_FORCES = (49.03, 98.07, 196.1, 294.2, 490.3)  # [N]
_DEFAULT_FORCE, _DEFAULT_DWELL = 98.07, 12.0  # [N], [s]
_FIELD = 1.0  # [mm]
_SPACING = 3.0  # diagonals between two places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """One indentation under way: its number, force [N], dwell [s] and first instant [s]."""

    number: int
    force: float
    dwell: float
    begun: float

    def state(self, now: float) -> str:
        """Name what goes on at an instant."""
        left = now - self.begun
        phases = (("APPROACHING", 2.0), ("LOADING", 6.0), ("HOLDING", self.dwell),
                  ("LIFTING", 1.0), ("MEASURING", 2.0))  # fmt: skip
        for name, seconds in phases:
            if left < seconds:
                return name
            left -= seconds
        return "READY"


class _Tester:
    end = "\n"
    over = "serial"
    checksum = True
    busy = seal("NO 7 busy")
    locked = seal("NO 8 panel in use")
    stranger = seal("ID TESTBED,XX-1,0,0")

    def __init__(self, site: Site) -> None:
        self._site = site
        self._world = site.world
        self._pressed = False
        self._forget()
        site.world.watch(site.role, self._presses)

    def _forget(self) -> None:
        self._force, self._dwell = _DEFAULT_FORCE, _DEFAULT_DWELL
        self._cycle: _Cycle | None = None
        self._made = 0
        self._place = 0.0
        self._results: dict[int, tuple[float, float, float, float]] = {}

    def power_on(self) -> None:
        """Come back with the indenter up and nothing known."""
        self._forget()

    def _presses(self) -> bool:
        return self._state() in ("LOADING", "HOLDING")

    def _state(self) -> str:
        cycle = self._cycle
        if cycle is None:
            return "READY"
        state = cycle.state(self._world.clock.now())
        if state == "READY":
            self._finish(cycle)
        return state

    def _finish(self, cycle: _Cycle) -> None:
        first, second = self._world.hardness.indent(cycle.force, cycle.dwell, self._place)
        self._place += _SPACING * max(first, second)
        self._results[cycle.number] = (cycle.force, cycle.dwell, first, second)
        self._cycle = None

    def handle(self, line: str) -> str | Awaited:
        """Answer one line; every line, both ways, carries its checksum."""
        try:
            reply = self._answer(unseal(line))
            self._pressed = self._site.switched(self._presses(), self._pressed)
        except Refused as refusal:
            return seal(f"NO {refusal}")
        return reply if isinstance(reply, Awaited) else seal(reply)

    def _answer(self, text: str) -> str | Awaited:
        word, _, value = text.partition(" ")
        match word:
            case "ID?":
                return f"ID TESTBED,HV-50,{self._site.serial},1.0"
            case "ST?":
                return f"ST {self._state()}"
            case "WT?":
                return self._wait(plain_number(value, 0.0, 0.2))
            case "FO":
                self._ready()
                self._force = self._listed(value)
                return f"FO {self._force:g}"
            case "FO?":
                return f"FO {self._force:g}"
            case "DW":
                self._ready()
                self._dwell = plain_number(value, 2.0, 99.0)
                return f"DW {self._dwell:g}"
            case "DW?":
                return f"DW {self._dwell:g}"
            case "IN":
                return self._indent(value)
            case "RD?":
                return self._result(int(plain_number(value, 1, 1e6)))
            case "AB":
                self._cycle = None
                return "OK"
        raise Refused(f"2 unknown command {word[:20]}")

    def _ready(self) -> None:
        if (state := self._state()) != "READY":
            raise Refused(f"3 not ready: {state}")

    def _listed(self, text: str) -> float:
        force = plain_number(text, _FORCES[0], _FORCES[-1])
        if force not in _FORCES:
            raise Refused("6 no such test force")
        return force

    def _wait(self, seconds: float) -> str | Awaited:
        until = self._world.clock.now() + seconds

        def look() -> str | None:
            state = self._state()
            late = self._world.clock.now() >= until
            return seal(f"WT {state}") if state == "READY" or late else None

        return f"WT {self._state()}" if self._state() == "READY" else Awaited(look)

    def _indent(self, text: str) -> str:
        self._ready()
        force, _, dwell = text.partition(" ")
        asked = self._listed(force), plain_number(dwell, 2.0, 99.0)
        if asked != (self._force, self._dwell):
            raise Refused(f"9 set are {self._force:g} N and {self._dwell:g} s")
        self._made += 1
        self._cycle = _Cycle(
            number=self._made,
            force=self._force,
            dwell=self._dwell,
            begun=self._world.clock.now(),
        )
        return f"IN {self._made}"

    def _result(self, number: int) -> str:
        self._ready()
        if number not in self._results:
            raise Refused(f"4 no indentation {number}")
        force, dwell, first, second = self._results[number]
        if max(first, second) > _FIELD:
            raise Refused("10 larger than the field of view")
        hardness = vickers(force, (first + second) / 2)
        return f"RD {number};{force:g};{dwell:g};{first:.4f};{second:.4f};{hardness:.1f}"


def make(site: Site) -> _Tester:
    """Put a tester on the bench."""
    return _Tester(site)
