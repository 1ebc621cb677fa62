"""Eurotherm 3504 or 3508 controller of a chamber or furnace, over Modbus RTU or TCP.

Source: Eurotherm 3500 series engineering handbook HA027988, whose parameters keep the addresses of
the series 2000; series 2000 communications handbook HA026230 issue 3, chapter 5 (addresses: loop
values 1 to 5, controller version 107, maker and controller 121 and 122, instrument mode 199,
sensor break 258, auto/manual 273, unit 516) and chapter 6 (the IEEE region: any address N once
more at 2 N + 8000h as a float, high word first).

The scaled integers carry no decimal point, and how many places they have is a setting of the
controller that can be changed at its front. The floats are therefore read, unless the bench file
gives `decimals`. The controller keeps no serial number in its registers: the one in the bench file
is recorded, and only maker and model are checked.
"""

from collections.abc import Mapping

from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, SettingRefused
from instruments.modbus_instrument import ModbusInstrument
from instruments.modbus_link import ModbusLink
from instruments.modbus_request import float_of, registers_of, shown
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Reading
from instruments.roles import ClimaticChamber
from instruments.settings import Setting, Settings

__all__ = ["Eurotherm3504"]

_PROCESS_VALUE, _TARGET, _OUTPUT, _WORKING = 1, 2, 4, 5
_VERSION, _MODE, _SENSOR_BREAK, _MANUAL, _UNIT = 107, 199, 258, 273, 516
_FLOATS = 0x8000
_MAKER = 1280
_MODELS = {0: "3508", 1: "3504"}
_MODES = {0: "operating", 1: "standby", 2: "configuration"}
_OPERATING, _STANDBY = 0, 1
_AUTO, _CELSIUS = 0, 0
_CLOSE = 0.051  # [degC], half of the coarsest step that a set-point is rounded to
_LARGEST = 0x7FFF


class Eurotherm3504(ModbusInstrument):
    """A chamber held at a constant temperature by loop 1.

    Parameters
    ----------
    lowest, highest
        Range of the chamber [degC].
    decimals
        Decimal places of the scaled integers; without it the floats are read.
    """

    about = Model(
        maker="Eurotherm",
        name="3504",
        also=("3508",),
        manual="3500 series engineering handbook HA027988",
        plays=(ClimaticChamber,),
        ranges=(Range("temperature", -70.0, 180.0, "degC"),),
        accuracy={
            # 0.31 K and 0.023 % of the reading; 0.01 K and 25 ppm for each kelvin from 25 degC.
            "temperature": Accuracy(
                unit="degC",
                page="3500 series data sheet HA029045, PV input, resistance thermometer",
                spans={
                    365: (
                        Span(
                            top=850.0,
                            reading=0.023,
                            floor=0.31,
                            reading_per_kelvin=0.0025,
                            scale_per_kelvin=0.01 / 8.5,
                        ),
                    )
                },
                reference=(25.0, 25.0),
            )
        },
        line="modbus",
        port=502,
        baud=9600,
    )
    known = (121, 2)

    def __init__(
        self,
        link: ModbusLink,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        lowest: float = -70.0,
        highest: float = 180.0,
        decimals: float | None = None,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._decimals = decimals

    @classmethod
    def ranges_of(
        cls, lowest: float = -70.0, highest: float = 180.0, decimals: float | None = None
    ) -> tuple[Range, ...]:
        """Give what the chamber accepts, and what the scaled integers can carry."""
        if decimals is None:
            return (Range("temperature", lowest, highest, "degC"),)
        if decimals not in range(5):
            raise SettingRefused("decimals", decimals, "0 to 4")
        most = _LARGEST / 10**decimals
        return (Range("temperature", max(lowest, -most), min(highest, most), "degC"),)

    @classmethod
    def identified(cls, registers: tuple[int, ...], **options: str | float) -> Identity:
        """Read the identifiers of maker and controller."""
        maker, model = registers
        if maker != _MAKER or model not in _MODELS:
            raise BadAnswer("no 3504 or 3508 controller answers", reply=shown(registers))
        return Identity(maker="Eurotherm", model=_MODELS[model], serial="")

    def begin(self) -> None:
        """Make sure that temperatures are in degrees Celsius."""
        doing = "read the unit of temperatures"
        if (unit := self._word(_UNIT, doing=doing)) != _CELSIUS:
            raise self.fault("temperatures are not in degrees Celsius", doing=doing,
                             reply=str(unit))  # fmt: skip

    def _word(self, register: int, *, doing: str) -> int:
        return self._link.read(register, 1, doing=doing)[0]

    def _value(self, register: int, *, doing: str) -> float:
        if self._decimals is None:
            return float_of(self._link.read(_FLOATS + 2 * register, 2, doing=doing))
        word = self._word(register, doing=doing)
        signed = word - 0x10000 if word > _LARGEST else word
        return float(signed / 10**self._decimals)

    def _tell(self, register: int, value: float, *, doing: str) -> None:
        if self._decimals is None:
            self._link.write(_FLOATS + 2 * register, registers_of(value), doing=doing)
        else:
            scaled = round(value * 10**self._decimals)
            self._link.write(register, (scaled & 0xFFFF,), doing=doing)

    def _mode(self, *, doing: str) -> int:
        mode = self._word(_MODE, doing=doing)
        if mode not in _MODES:
            raise self.nonsense("unknown instrument mode", doing=doing, reply=str(mode))
        return mode

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; read back that it took it and runs."""
        value = self.accepted("temperature", temperature)
        doing = f"run at {value:g} degC"
        self._tell(_TARGET, value, doing=doing)
        taken = self._value(_TARGET, doing=doing)
        if abs(taken - value) > _CLOSE:
            raise self.fault(f"the controller took a set-point of {taken:g} degC", doing=doing)
        self.write_checked(_MANUAL, (_AUTO,), doing=doing)
        self.write_checked(_MODE, (_OPERATING,), doing=doing)

    def stop(self) -> None:
        """Go to standby, in which every output is at rest, and read that back."""
        self.write_checked(_MODE, (_STANDBY,), doing="stop conditioning")

    def is_running(self) -> bool:
        """Tell whether the controller drives its outputs, by itself or by hand."""
        return self._mode(doing="read the instrument mode") == _OPERATING

    def temperature(self) -> Reading:
        """Measure the temperature at the control sensor [degC].

        Whether the sensor is broken is asked after the value, so that a value taken meanwhile
        cannot pass for a good one.
        """
        doing = "read the temperature"
        value = self._value(_PROCESS_VALUE, doing=doing)
        if self._word(_SENSOR_BREAK, doing=doing) != 0:
            raise self.fault("the instrument reports a broken sensor", doing=doing)
        return self.reading(value, "temperature")

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        return self._value(_TARGET, doing="read the set-point")

    def identity(self) -> Identity:
        """Ask for maker, controller and version."""
        doing = "identify the controller"
        registers = self._link.read(*self.known, doing=doing)
        try:
            found = self.identified(registers)
        except BadAnswer as error:
            raise self.nonsense(error.what, doing=doing, reply=error.reply) from None
        version = self._word(_VERSION, doing="read the version")
        return Identity(
            maker=found.maker,
            model=found.model,
            serial=self._serial,
            firmware=f"{version >> 8:x}.{version & 0xFF:02x}",
        )

    def settings(self) -> Mapping[str, Setting]:
        """Read back set-points, modes and output power."""
        doing = "read a setting"
        return Settings(
            temperature=self.set_point,
            working_temperature=lambda: self._value(_WORKING, doing=doing),
            output=lambda: self._value(_OUTPUT, doing=doing),
            manual=lambda: self._word(_MANUAL, doing=doing) != _AUTO,
            mode=lambda: _MODES[self._mode(doing=doing)],
        )

    def make_safe(self) -> None:
        """Go to standby and read that back."""
        self.stop()
