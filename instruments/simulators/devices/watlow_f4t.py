"""Simulated Watlow F4T: temperature and humidity loop of the chamber on its bench.

The registers and their numbers are those that the driver's module names. Set-points and control
modes outlive a power cut; a profile does not.
"""

import math
from collections.abc import Callable, Sequence

from instruments.simulators.chamber import Chamber
from instruments.simulators.modbus_server import RegisterRefused
from instruments.simulators.modbus_words import float_in, floats, whole
from instruments.simulators.register_map import RegisterMap, Take
from instruments.simulators.site import Site

__all__ = ["make"]

_PART = "F4T1D2E6A0A2AA1"  # profiles (7th character) and two loops (12th)
_ILLEGAL_VALUE = 3
_OFF, _ON, _AUTO, _MANUAL = 62, 63, 10, 54
_NONE, _OPEN, _CELSIUS, _OK = 61, 65, 15, 138
_START, _RESUME, _PAUSE, _TERMINATE = 1782, 147, 146, 148
_NOT_STARTED, _RUNNING, _TERMINATED = 251, 149, 253
_EVENTS = (16594, 16596, 16598, 16600, 16822, 16824, 16826, 16828)
_INPUTS = (27586, 28906)  # modules 1 and 4
_LOOP = 160


class _Loop:
    """One control loop."""

    def __init__(self, low: float, high: float, set_point: float) -> None:
        self.low, self.high, self.set_point = low, high, set_point
        self.mode = _OFF
        self.power = 0.0


class _Controller:
    over = "modbus-tcp"
    identity = (12, 19)

    @property
    def _chamber(self) -> Chamber:
        # A specimen that is mounted comes with a chamber of its own.
        return self._site.world.chamber

    def __init__(self, site: Site) -> None:
        if not site.serial.isdecimal():
            raise ValueError(f"serial {site.serial!r} of an F4T is refused; accepted: a number")
        self._site = site
        order = str(site.options.get("word_order", "low high"))
        self._low_first = order != "high low"
        self._delivered = 0
        self._profile = _NOT_STARTED
        options = site.options
        lowest, highest = float(options.get("lowest", -70.0)), float(options.get("highest", 180.0))
        self._loops = (
            _Loop(lowest, highest, self._chamber.set_point),
            _Loop(0.0, 100.0, self._chamber.humidity_set_point),
        )
        self._map = RegisterMap()
        self._add_device()
        self._add_loops()
        self._add_profiles()
        site.world.watch(site.role, self._on)

    def _on(self) -> bool:
        return any(loop.mode != _OFF for loop in self._loops)

    def _add_word(self, register: int, show: Callable[[], int], take: Take | None = None) -> None:
        self._map.add(register, 2, lambda: (show(), 0), take, least=1)

    def _add_whole(self, register: int, value: int) -> None:
        self._map.add(register, 2, lambda: whole(value, low_first=self._low_first))

    def _add_float(
        self, register: int, show: Callable[[], float], take: Take | None = None
    ) -> None:
        self._map.add(register, 2, lambda: floats(show(), low_first=self._low_first), take)

    def _add_device(self) -> None:
        details = {0: 124, 4: 4, 6: 0, 8: 12, 12: int(self._site.serial), 14: 18_340}
        for register, number in details.items():
            self._add_whole(register, number)
        for place, letter in enumerate(_PART, 16):
            self._map.add(place, 1, lambda letter=letter: (ord(letter),))  # type: ignore[misc]
        self._add_word(90, lambda: _OK)
        for register in (1328, 6730, 14080):
            self._add_word(register, lambda: _CELSIUS)
        values = (lambda: self._chamber.air, lambda: self._chamber.humidity)
        for register, value, sensor in zip(_INPUTS, values, (113, 104), strict=True):
            self._add_float(register, self._counted(value))
            self._add_word(register + 2, lambda: _NONE)
            self._add_word(register + 8, lambda sensor=sensor: sensor)  # type: ignore[misc]

    def _counted(self, value: Callable[[], float]) -> Callable[[], float]:
        def counted() -> float:
            self._delivered += 1
            self._site.say("delivered", samples=self._delivered)
            return value()

        return counted

    def _add_loops(self) -> None:
        values = (lambda: self._chamber.air, lambda: self._chamber.humidity)
        for number, (loop, value) in enumerate(zip(self._loops, values, strict=True)):
            first = _LOOP * number
            self._add_word(first + 2730, lambda loop=loop: loop.mode, self._mode_of(loop))  # type: ignore[misc]
            self._add_float(first + 2774, lambda loop=loop: loop.low)  # type: ignore[misc]
            self._add_float(first + 2776, lambda loop=loop: loop.high)  # type: ignore[misc]
            self._add_float(
                first + 2782,
                lambda loop=loop: loop.set_point,  # type: ignore[misc]
                self._set_point_of(loop),
            )
            self._add_float(
                first + 2784,
                lambda loop=loop: loop.power,  # type: ignore[misc]
                self._power_of(loop),
            )
            self._add_word(first + 2794, lambda: _OFF)
            self._add_float(first + 2810, lambda loop=loop: loop.set_point)  # type: ignore[misc]
            self._add_word(first + 2814, lambda loop=loop: loop.mode)  # type: ignore[misc]
            self._add_float(first + 2820, value)

    def _mode_of(self, loop: _Loop) -> Take:
        def take(values: Sequence[int]) -> None:
            if values[0] not in (_OFF, _AUTO, _MANUAL):
                raise RegisterRefused(_ILLEGAL_VALUE)
            was = self._on()
            loop.mode = values[0]
            self._site.switched(self._on(), was)
            self._act()

        return take

    def _set_point_of(self, loop: _Loop) -> Take:
        def take(values: Sequence[int]) -> None:
            loop.set_point = self._within(values, loop.low, loop.high)
            self._act()

        return take

    def _power_of(self, loop: _Loop) -> Take:
        def take(values: Sequence[int]) -> None:
            loop.power = self._within(values, -100.0, 100.0)

        return take

    def _within(self, values: Sequence[int], low: float, high: float) -> float:
        value = float_in(values, low_first=self._low_first)
        if not math.isfinite(value) or not low <= value <= high:
            raise RegisterRefused(_ILLEGAL_VALUE)
        return value

    def _act(self) -> None:
        temperature, humidity = self._loops
        self._chamber.set_point = temperature.set_point
        self._chamber.running = temperature.mode == _AUTO
        self._chamber.humidity_set_point = humidity.set_point
        self._chamber.humidifying = humidity.mode == _AUTO

    def _add_profiles(self) -> None:
        for register in (16558, 16560):
            self._add_word(register, lambda: 1, lambda values: None)
        self._add_word(16562, lambda: _NONE, self._go({_START: _RUNNING}))
        self._add_word(16564, lambda: _NONE, self._go({_RESUME: _RUNNING}))
        self._add_word(16566, lambda: _NONE, self._go({_PAUSE: _PAUSE, _TERMINATE: _TERMINATED}))
        self._add_word(16568, lambda: self._profile)
        for register in _EVENTS:
            self._add_word(register, lambda: _OFF)

    def _go(self, actions: dict[int, int]) -> Take:
        def take(values: Sequence[int]) -> None:
            if values[0] not in actions:
                raise RegisterRefused(_ILLEGAL_VALUE)
            self._profile = actions[values[0]]

        return take

    def read(self, register: int, count: int) -> Sequence[int]:
        """Give registers."""
        return self._map.read(register, count)

    def write(self, register: int, values: Sequence[int]) -> None:
        """Take registers."""
        self._map.write(register, values)

    def overloaded(self, register: int, count: int) -> Sequence[int]:
        """Show an open sensor: the value of an input is then nothing that was measured."""
        found = list(self.read(register, count))
        for first in _INPUTS:
            if register <= first and first + 2 < register + count:
                at = first - register
                found[at : at + 3] = [*floats(0.0, low_first=self._low_first), _OPEN]
        return found

    def power_on(self) -> None:
        """Come back as it was, without its profile."""
        self._profile = _NOT_STARTED


def make(site: Site) -> _Controller:
    """Put a controller on the bench."""
    return _Controller(site)
