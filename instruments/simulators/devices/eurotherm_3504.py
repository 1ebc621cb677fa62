"""Simulated Eurotherm 3504 with the chamber on its bench as loop 1.

The registers are those that the driver's module names; every one of them shows as a scaled integer
at its address and in full at twice that address in the IEEE region. All settings outlive a power
cut, and a controller that was operating goes on.
"""

import math
from collections.abc import Callable, Sequence

from instruments.simulators.chamber import Chamber
from instruments.simulators.modbus_server import RegisterRefused
from instruments.simulators.modbus_words import float_in, floats
from instruments.simulators.register_map import RegisterMap
from instruments.simulators.site import Site

__all__ = ["make"]

_ILLEGAL_VALUE = 3
_FLOATS, _PADDING = 0x8000, 0x8000
_OPERATING, _STANDBY = 0, 1
_SENSOR_BREAK, _PROCESS_VALUES = 258, (1, 289)
_UPSCALE = 850.0  # [degC], where the value goes without a sensor
_GAIN = 10.0  # [%/K]

Number = Callable[[], float]
Put = Callable[[float], None]


class _Controller:
    over = "modbus-rtu"
    identity = (121, 2)

    def __init__(self, site: Site) -> None:
        self._site = site
        self._decimals = int(site.options.get("decimals", 1))
        self._low = float(site.options.get("lowest", -70.0))
        self._high = float(site.options.get("highest", 180.0))
        self._points = [self._chamber.set_point, self._chamber.set_point]
        self._words = {15: 0, 78: 1, 199: _STANDBY, 268: 0, 270: 0, 273: 0}
        self._rate = self._manual_output = 0.0
        self._broken = False
        self._delivered = 0
        self._map = RegisterMap()
        self._add_values()
        self._add_words()
        site.world.watch(site.role, lambda: self._words[199] == _OPERATING)

    @property
    def _chamber(self) -> Chamber:
        # A specimen that is mounted comes with a chamber of its own.
        return self._site.world.chamber

    def _value(self, register: int, show: Number, put: Put | None = None) -> None:
        scale = 10**self._decimals

        def scaled(values: Sequence[int]) -> None:
            signed = values[0] - 0x10000 if values[0] > 0x7FFF else values[0]
            put(signed / scale)  # type: ignore[misc]

        def full(values: Sequence[int]) -> None:
            put(float_in(values))  # type: ignore[misc]

        self._map.add(
            register, 1, lambda: (round(show() * scale) & 0xFFFF,), scaled if put else None
        )
        self._map.add(_FLOATS + 2 * register, 2, lambda: floats(show()), full if put else None)

    def _word(self, register: int, show: Callable[[], int], put: Put | None = None) -> None:
        def take(values: Sequence[int]) -> None:
            put(values[0])  # type: ignore[misc]

        known = take if put else None
        self._map.add(register, 1, lambda: (show(),), known)
        self._map.add(_FLOATS + 2 * register, 2, lambda: (show(), _PADDING), known, least=1)

    def _add_values(self) -> None:
        for register in _PROCESS_VALUES:
            self._value(register, self._measured)
        self._value(2, lambda: self._points[self._words[15]], self._target)
        self._value(3, lambda: self._manual_output, self._by_hand)
        for register in (4, 85):
            self._value(register, self._output)
        self._value(5, lambda: self._points[self._words[15]])
        self._value(24, lambda: self._points[0], lambda value: self._point(0, value))
        self._value(25, lambda: self._points[1], lambda value: self._point(1, value))
        self._value(35, lambda: self._rate, self._ramp)
        self._value(111, lambda: self._high)
        self._value(112, lambda: self._low)

    def _add_words(self) -> None:
        fixed = {107: 0x0280, 121: 1280, 122: 1, 516: 0, 525: self._decimals}
        for register, number in fixed.items():
            self._word(register, lambda number=number: number)  # type: ignore[misc]
        self._word(_SENSOR_BREAK, self._reported)
        for register, highest in {15: 1, 78: 1, 199: 2, 268: 1, 270: 1, 273: 1}.items():
            self._word(
                register,
                lambda register=register: self._words[register],  # type: ignore[misc]
                lambda value, register=register, highest=highest: (  # type: ignore[misc]
                    self._switch(register, int(value), highest)
                ),
            )

    def _measured(self) -> float:
        self._delivered += 1
        self._site.say("delivered", samples=self._delivered)
        return self._chamber.air

    def _reported(self) -> int:
        broken, self._broken = self._broken, False
        return int(broken)

    def _output(self) -> float:
        if self._words[199] != _OPERATING:
            return 0.0
        if self._words[273]:
            return self._manual_output
        return min(max(_GAIN * (self._chamber.set_point - self._chamber.air), -100.0), 100.0)

    def _switch(self, register: int, value: int, highest: int) -> None:
        if value > highest:
            raise RegisterRefused(_ILLEGAL_VALUE)
        was = self._words[199] == _OPERATING
        self._words[register] = value
        self._site.switched(self._words[199] == _OPERATING, was)
        self._act()

    def _target(self, value: float) -> None:
        self._point(self._words[15], value)

    def _point(self, which: int, value: float) -> None:
        self._points[which] = _within(value, self._low, self._high)
        self._act()

    def _by_hand(self, value: float) -> None:
        self._manual_output = _within(value, -100.0, 100.0)

    def _ramp(self, value: float) -> None:
        self._rate = _within(value, 0.0, 9999.9)

    def _act(self) -> None:
        self._chamber.set_point = self._points[self._words[15]]
        self._chamber.running = self._words[199] == _OPERATING and not self._words[273]

    def read(self, register: int, count: int) -> Sequence[int]:
        """Give registers."""
        return self._map.read(register, count)

    def write(self, register: int, values: Sequence[int]) -> None:
        """Take registers."""
        self._map.write(register, values)

    def overloaded(self, register: int, count: int) -> Sequence[int]:
        """Show a broken sensor: the value goes upscale, and the flag says so until it was read."""
        self._broken = True
        found = list(self.read(register, count))
        upscale = min(round(_UPSCALE * 10**self._decimals), 0x7FFF)
        for each in _PROCESS_VALUES:
            if register <= each < register + count:
                found[each - register] = upscale
            at = _FLOATS + 2 * each - register
            if 0 <= at < count - 1:
                found[at : at + 2] = floats(_UPSCALE)
        return found

    def power_on(self) -> None:
        """Come back as it was."""


def _within(value: float, low: float, high: float) -> float:
    if not math.isfinite(value) or not low <= value <= high:
        raise RegisterRefused(_ILLEGAL_VALUE)
    return value


def make(site: Site) -> _Controller:
    """Put a controller on the bench."""
    return _Controller(site)
