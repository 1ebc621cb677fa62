"""ESPEC chamber with P-300 controller, over RS-232C.

Source: ESPEC P-300 Communication Functions operation manual: ASCII lines ended by CR LF; a setting
is answered by ``OK:`` and its echo, a refusal by ``NA:`` and the reason. The controller keeps no
serial number: the one in the bench file is recorded, and only the controller type is checked.
"""

import re
from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentError
from instruments.line_instrument import LineInstrument
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Reading
from instruments.roles import ClimaticChamber
from instruments.settings import Settings

__all__ = ["EspecP300"]

_RUNNING = ("CONSTANT", "RUN")
_STANDING = ("STANDBY", "OFF")
_TENTH = re.compile(r"-?\d{1,3}\.\d")


class EspecP300(LineInstrument):
    """A climatic chamber held at a constant temperature.

    Parameters
    ----------
    lowest, highest
        Range of the chamber model [degC].
    """

    about = Model(
        maker="ESPEC",
        name="P-300",
        manual="P-300 Communication Functions operation manual",
        plays=(ClimaticChamber,),
        ranges=(Range("temperature", -45.0, 150.0, "degC"),),
        accuracy={
            "temperature": Accuracy(
                unit="degC",
                page="P-300 operation manual, specifications: sensor input",
                spans={365: (Span(top=200.0, reading=0.0, floor=0.8),)},
            )
        },
        line="text",
        baud=19200,
    )
    sentinel = "TYPE?"
    line_end = "\r\n"

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        lowest: float = -45.0,
        highest: float = 150.0,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)

    @classmethod
    def ranges_of(cls, lowest: float = -45.0, highest: float = 150.0) -> tuple[Range, ...]:
        """Give what the chamber model accepts."""
        return (Range("temperature", lowest, highest, "degC"),)

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read the answer to ``TYPE?``: sensors, controller, highest temperature."""
        fields = [field.strip() for field in reply.split(",")]
        if len(fields) < 3 or not re.fullmatch(r"P-?300.*", fields[2]):
            raise BadAnswer("no P-300 controller answers", reply=reply)
        return Identity(maker="ESPEC", model="P-300", serial="")

    def _ask(self, question: str, *, doing: str) -> list[str]:
        reply = self._link.query(question, doing=doing)
        if reply.startswith("NA:"):
            raise self.fault("the chamber refuses", doing=doing, command=question, reply=reply)
        return [field.strip() for field in reply.split(",")]

    def _tell(self, setting: str, *, doing: str) -> None:
        reply = ",".join(self._ask(setting, doing=doing))
        if reply.replace(" ", "") != "OK:" + setting.replace(" ", ""):
            raise self.nonsense(
                "the setting was not confirmed", doing=doing, command=setting, reply=reply
            )

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; read back that it took it and runs."""
        value = self.accepted("temperature", temperature)
        doing = f"run at {value:g} degC"
        self._tell(f"TEMP, S{value:.1f}", doing=doing)
        self._tell("MODE, CONSTANT", doing=doing)
        if abs(self.set_point() - value) > 0.05 or not self.is_running():
            raise self.fault("the chamber did not take the set-point", doing=doing)

    def stop(self) -> None:
        """Stop conditioning and read back that it stopped."""
        doing = "stop conditioning"
        self._tell("MODE, STANDBY", doing=doing)
        if self.is_running():
            raise self.fault("the chamber still runs", doing=doing)

    def is_running(self) -> bool:
        """Tell whether the chamber is conditioning."""
        doing = "read the operation mode"
        mode = self._ask("MODE?", doing=doing)[0]
        if mode in _RUNNING:
            return True
        if mode in _STANDING:
            return False
        raise self.nonsense("unknown operation mode", doing=doing, command="MODE?", reply=mode)

    def temperature(self) -> Reading:
        """Measure the air temperature at the control sensor [degC]."""
        return self.reading(self._temperatures()[0], "temperature")

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        return self._temperatures()[1]

    def _temperatures(self) -> list[float]:
        doing = "read the temperature"
        fields = self._ask("TEMP?", doing=doing)
        if len(fields) != 4 or not all(map(_TENTH.fullmatch, fields)):
            raise self.nonsense(
                "four temperatures were expected",
                doing=doing,
                command="TEMP?",
                reply=",".join(fields),
            )
        return [scpi.number(field) for field in fields]

    def identity(self) -> Identity:
        """Ask for controller type and ROM version."""
        doing = "identify the controller"
        try:
            found = self.identified(",".join(self._ask("TYPE?", doing=doing)))
        except InstrumentError:
            self._link.distrust()
            raise
        rom = self._ask("ROM?", doing="read the ROM version")
        return Identity(
            maker=found.maker, model=found.model, serial=self._serial, firmware=",".join(rom)
        )

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the set-point [degC] and whether the chamber runs."""
        return Settings(temperature=self.set_point, running=self.is_running)

    def make_safe(self) -> None:
        """Stop conditioning and read that back."""
        self.stop()
