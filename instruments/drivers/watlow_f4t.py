"""Watlow F4T controller of a climatic chamber, over Modbus TCP or RTU.

Source: Watlow F4T setup and operations user's guide 1680-2414 Rev. A (December 2018), chapter 6,
"F4T Modbus registers (map 1)": device details on page 225, control loops on pages 229 to 231, in
steps of 160; universal inputs in steps of 440 for each module (Watlow D4T guide, page 152).
TestEquity F4T controller manual, chapter 4: default word order low-high, the chamber's inputs.
ESPEC North America's ChamberConnectLibrary, watlowf4t.py: control modes, profiles and units as
chambers of that maker use them.

A 32-bit value lies in two registers, by default the low word first. A reading takes the value of
the input together with its error, in one request.
"""

import time
from collections.abc import Callable, Mapping

from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, SettingRefused
from instruments.modbus_instrument import ModbusInstrument
from instruments.modbus_link import ModbusLink
from instruments.modbus_request import float_of, registers_of, shown
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Reading
from instruments.roles import ClimaticChamber, HumidityChamber
from instruments.settings import Setting, Settings

__all__ = ["WatlowF4T"]

_ORDERS = {"low high": True, "high low": False}
_TEMPERATURE, _HUMIDITY = 1, 2  # control loops
_MODE, _SET_POINT, _WORKING, _ACTIVE = 2730, 2782, 2810, 2814
_LOOP = 160  # registers between two loops
_INPUT, _MODULE = 27586, 440  # first input of module 1, registers between two modules
_VERSION = 4  # software release, prototype and build
_PROFILE_STATE, _PROFILE_END = 16568, 16566
_UNITS = {"tcp": 6730, "rtu": 14080}
_OFF, _AUTO, _TERMINATE, _CELSIUS, _NO_ERROR = 62, 10, 148, 15, 61
_PROFILE_RUNS = {149: "running", 146: "paused", 1783: "waiting for its start"}
_ERRORS = {
    9: "ambient error",
    32: "input failed",
    65: "sensor open",
    127: "sensor shorted",
    139: "bad calibration data",
    140: "measurement error",
    141: "RTD error",
    246: "no source",
    1423: "math error",
    1617: "stale value",
}
_MODES = {_OFF: "off", _AUTO: "auto", 54: "manual"}
_CLOSE = 0.01  # [unit of the loop], as a controller may keep another unit inside
_SETTLES = 1.0  # [s] within which the active control mode follows the one that was set


class WatlowF4T(ModbusInstrument):
    """A chamber with a temperature loop and, where fitted, a humidity loop.

    Parameters
    ----------
    lowest, highest
        Range of the chamber model [degC].
    temperature_module, humidity_module
        Slots of the input modules that the chamber's sensors are wired to.
    word_order
        "low high" or "high low", as set under Modbus Word Order.
    """

    about = Model(
        maker="Watlow",
        name="F4T",
        manual="F4T setup and operations user's guide, 1680-2414 Rev. A",
        plays=(ClimaticChamber, HumidityChamber),
        ranges=(
            Range("temperature", -70.0, 180.0, "degC"),
            Range("humidity", 10.0, 98.0, "%"),
        ),
        accuracy={
            # 0.1 % of the span of 1000 K and 1 K; 0.1 K for each kelvin away from 25 degC.
            "temperature": Accuracy(
                unit="degC",
                page="1680-2414 Rev. A, specifications, universal input, RTD 100 ohm",
                spans={
                    365: (Span(top=800.0, reading=0.0, floor=2.0, scale_per_kelvin=0.0125),),
                },
                reference=(22.0, 28.0),
            )
        },
        line="modbus",
        port=502,
        baud=9600,
    )
    known = (12, 19)  # serial number, date of manufacture, part number

    def __init__(
        self,
        link: ModbusLink,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        lowest: float = -70.0,
        highest: float = 180.0,
        temperature_module: float = 1,
        humidity_module: float = 4,
        word_order: str = "low high",
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._low_first = _ORDERS[word_order]
        self._inputs = {
            _TEMPERATURE: _INPUT + _MODULE * (int(temperature_module) - 1),
            _HUMIDITY: _INPUT + _MODULE * (int(humidity_module) - 1),
        }
        self._humid = False
        self._part = ""

    @classmethod
    def ranges_of(
        cls,
        lowest: float = -70.0,
        highest: float = 180.0,
        temperature_module: float = 1,
        humidity_module: float = 4,
        word_order: str = "low high",
    ) -> tuple[Range, ...]:
        """Give what the chamber model accepts; refuses options that no controller has."""
        for module in (temperature_module, humidity_module):
            if module not in range(1, 7):
                raise SettingRefused("module", module, "1 to 6")
        if word_order not in _ORDERS:
            raise SettingRefused("word_order", word_order, ", ".join(_ORDERS))
        return (Range("temperature", lowest, highest, "degC"), cls.about.ranges[1])

    @classmethod
    def identified(cls, registers: tuple[int, ...], **options: str | float) -> Identity:
        """Read serial number and part number, which begins with the model."""
        part = _part(registers)
        if not part.startswith("F4T"):
            raise BadAnswer("no F4T controller answers", reply=shown(registers))
        low_first = _ORDERS[str(options.get("word_order", "low high"))]
        return Identity(maker="Watlow", model="F4T", serial=str(_whole(registers[:2], low_first)))

    def begin(self) -> None:
        """Make sure that its loops are plain ones, and temperatures in degrees Celsius."""
        if _loops(self._part_number) == 0:
            raise self.fault(f"controllers such as {self._part_number} are not driven; accepted: "
                             "1 to 4 loops, no cascade", doing="read the part number")  # fmt: skip
        doing = "read the unit of temperatures"
        register = _UNITS["rtu" if self.address.startswith("modbus-rtu") else "tcp"]
        (unit,) = self._link.read(register, 1, doing=doing)
        if unit != _CELSIUS:
            raise self.fault("temperatures are not in degrees Celsius; set Display Units of "
                             "this Modbus channel", doing=doing, reply=str(unit))  # fmt: skip

    def _float(self, register: int, loop: int, *, doing: str) -> float:
        pair = self._link.read(register + _LOOP * (loop - 1), 2, doing=doing)
        return float_of(pair, low_word_first=self._low_first)

    def _measured(self, loop: int, *, doing: str) -> float:
        value, error = self._input(self._inputs[loop], doing=doing)
        if error != _NO_ERROR:
            meaning = _ERRORS.get(error, "input error")
            raise self.fault(f"the instrument reports {meaning}", doing=doing, reply=str(error))
        return float_of(value, low_word_first=self._low_first)

    def _input(self, register: int, *, doing: str) -> tuple[tuple[int, ...], int]:
        found = self._link.read(register, 4, doing=doing)
        return found[:2], found[2]

    def _mode(self, register: int, loop: int, *, doing: str) -> int:
        (mode,) = self._link.read(register + _LOOP * (loop - 1), 1, doing=doing)
        if mode not in _MODES:
            raise self.nonsense("unknown control mode", doing=doing, reply=str(mode))
        return mode

    def _set(self, loop: int, quantity: str, value: float, *, doing: str) -> None:
        words = registers_of(self.accepted(quantity, value), low_word_first=self._low_first)
        self._link.write(_SET_POINT + _LOOP * (loop - 1), words, doing=doing)
        taken = self._float(_SET_POINT, loop, doing=doing)
        if abs(taken - value) > _CLOSE:
            raise self.fault(f"the controller took a set-point of {taken:g}", doing=doing)

    def _switch(self, loop: int, mode: int, *, doing: str) -> None:
        self.write_checked(_MODE + _LOOP * (loop - 1), (mode,), doing=doing)
        until = time.monotonic() + _SETTLES
        while self._mode(_ACTIVE, loop, doing=doing) != mode:
            if time.monotonic() >= until:
                raise self.fault(f"loop {loop} does not go to {_MODES[mode]}", doing=doing)
            time.sleep(0.05)

    def _profile(self, *, doing: str) -> str:
        (state,) = self._link.read(_PROFILE_STATE, 1, doing=doing)
        return _PROFILE_RUNS.get(state, "")

    @property
    def _part_number(self) -> str:
        if not self._part:
            self._part = _part(self._link.read(*self.known, doing="read the part number"))
        return self._part

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; humidity is controlled only where it was set."""
        doing = f"run at {temperature:g} degC"
        self.accepted("temperature", temperature)
        if _has_profiles(self._part_number) and (state := self._profile(doing=doing)):
            raise self.fault(f"a profile is {state}", doing=doing)
        self._set(_TEMPERATURE, "temperature", temperature, doing=doing)
        self._switch(_TEMPERATURE, _AUTO, doing=doing)
        if not self._humid and _loops(self._part_number) > 1:
            self._switch(_HUMIDITY, _OFF, doing=doing)

    def set_humidity(self, percent: float) -> None:
        """Set the relative humidity [%] and control it."""
        doing = f"control {percent:g} % relative humidity"
        self.accepted("humidity", percent)
        self._require_humidity(doing)
        self._set(_HUMIDITY, "humidity", percent, doing=doing)
        self._switch(_HUMIDITY, _AUTO, doing=doing)
        self._humid = True

    def _require_humidity(self, doing: str) -> None:
        if _loops(self._part_number) < 2:
            raise self.fault("this controller has no humidity loop", doing=doing)

    def stop(self) -> None:
        """End a profile, switch every loop off, and read that back."""
        doing = "stop conditioning"
        if _has_profiles(self._part_number) and self._profile(doing=doing):
            self._link.write(_PROFILE_END, (_TERMINATE,), doing=doing)
            if state := self._profile(doing=doing):
                raise self.fault(f"the profile is still {state}", doing=doing)
        self._humid = False
        for loop in range(1, min(_loops(self._part_number), _HUMIDITY) + 1):
            self._switch(loop, _OFF, doing=doing)

    def is_running(self) -> bool:
        """Tell whether a loop is on, by itself or by hand."""
        doing = "read the control modes"
        loops = min(_loops(self._part_number), _HUMIDITY)
        return any(self._mode(_ACTIVE, loop, doing=doing) != _OFF for loop in range(1, loops + 1))

    def temperature(self) -> Reading:
        """Measure the air temperature at the control sensor [degC]."""
        value = self._measured(_TEMPERATURE, doing="read the temperature")
        return self.reading(value, "temperature")

    def humidity(self) -> Reading:
        """Measure the relative humidity at the control sensor [%]; its maker is not known here."""
        doing = "read the humidity"
        return Reading(value=self._measured(_HUMIDITY, doing=doing), unit="%")

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        return self._float(_SET_POINT, _TEMPERATURE, doing="read the temperature set-point")

    def identity(self) -> Identity:
        """Ask for serial number, part number and software version."""
        doing = "identify the controller"
        registers = self._link.read(*self.known, doing=doing)
        order = "low high" if self._low_first else "high low"
        try:
            found = self.identified(registers, word_order=order)
        except BadAnswer as error:
            raise self.nonsense(error.what, doing=doing, reply=error.reply) from None
        self._part = _part(registers)
        words = self._link.read(_VERSION, 6, doing="read the software version")
        version = (str(_whole(words[at : at + 2], self._low_first)) for at in (0, 2, 4))
        return Identity(
            maker=found.maker, model=found.model, serial=found.serial, firmware=".".join(version)
        )

    def settings(self) -> Mapping[str, Setting]:
        """Read back set-points, control modes and the part number."""
        doing = "read a setting"
        questions: dict[str, Callable[[], Setting]] = {
            "part_number": lambda: self._part_number,
            "temperature": self.set_point,
            "working_temperature": lambda: self._float(_WORKING, _TEMPERATURE, doing=doing),
            "mode": lambda: _MODES[self._mode(_MODE, _TEMPERATURE, doing=doing)],
            "running": self.is_running,
        }
        if _loops(self._part_number) > 1:
            questions |= {
                "humidity": lambda: self._float(_SET_POINT, _HUMIDITY, doing=doing),
                "humidity_mode": lambda: _MODES[self._mode(_MODE, _HUMIDITY, doing=doing)],
            }
        return Settings(**questions)

    def make_safe(self) -> None:
        """Switch every loop off and read that back."""
        self.stop()


def _part(registers: tuple[int, ...]) -> str:
    """Read the part number, a character in each register from 16 on."""
    return "".join(chr(each) for each in registers[4:] if 32 <= each < 127)


def _loops(part: str) -> int:
    """Give the number of control loops, by the 12th character; 0 where there are cascades."""
    return int(part[11]) if part[11:12] in tuple("1234") else 0


def _has_profiles(part: str) -> bool:
    """Tell whether profiles are fitted, by the 7th character."""
    return part[6:7] in tuple("DEF")


def _whole(pair: tuple[int, ...], low_first: bool) -> int:
    high, low = reversed(pair) if low_first else pair
    return high << 16 | low
