"""ESPEC chamber with P-300 controller, over RS-232C.

Source: ESPEC P-300 Communication Functions operation manual: ASCII lines ended by CR LF; a setting
is answered by ``OK:`` and its echo, a refusal by ``NA:`` and the reason. The controller keeps no
serial number: the one in the bench file is recorded, and only the controller type is checked.
"""

import re
from collections.abc import Mapping
from typing import Self

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentFault
from instruments.link import Link, open_link
from instruments.ranges import Range, tightened
from instruments.readings import Identity, Reading

__all__ = ["EspecP300"]

_RUNNING = ("CONSTANT", "RUN")
_STANDING = ("STANDBY", "OFF")


class EspecP300:
    """A climatic chamber held at a constant temperature.

    Parameters
    ----------
    ranges
        Accepted settings by quantity: "temperature" [degC].
    serial
        Serial number on the chamber's plate, as the bench file has it.
    """

    def __init__(self, link: Link, ranges: Mapping[str, Range], serial: str) -> None:
        self._link = link
        self._ranges = ranges
        self._serial = serial

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        lowest: float = -45.0,
        highest: float = 150.0,
        baud: int = 19200,
        visa_library: str = "@py",
        timeout: float = 2.0,
    ) -> Self:
        """Connect and check that a P-300 answers.

        Parameters
        ----------
        limits
            Limit of the bench: highest "temperature" [degC].
        lowest, highest
            Range of the chamber model [degC].
        """
        ranges = tightened((Range("temperature", lowest, highest, "degC"),), limits)
        link = open_link(
            address,
            sentinel="TYPE?",
            visa_library=visa_library,
            timeout=timeout,
            baud=baud,
            end="\r\n",
        )
        try:
            link.ask_known(lambda reply: _expect_p300(reply, address))
        except BaseException:
            link.close()
            raise
        return cls(link, ranges, serial or "")

    def _ask(self, question: str, *, doing: str) -> list[str]:
        reply = self._link.query(question, doing=doing)
        if reply.startswith("NA:"):
            raise InstrumentFault(
                "the chamber refuses",
                reply=reply,
                command=question,
                doing=doing,
                address=self._link.address,
            )
        return [field.strip() for field in reply.split(",")]

    def _tell(self, setting: str, *, doing: str) -> None:
        reply = self._ask(setting, doing=doing)
        if not reply[0].startswith("OK:"):
            raise BadAnswer(
                "the setting was not confirmed",
                reply=",".join(reply),
                command=setting,
                doing=doing,
                address=self._link.address,
            )

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; read back that it took it and runs."""
        value = self._ranges["temperature"].check(temperature)
        doing = f"run at {value:g} degC"
        self._tell(f"TEMP, S{value:.1f}", doing=doing)
        self._tell("MODE, CONSTANT", doing=doing)
        if abs(self.set_point() - value) > 0.05 or not self.is_running():
            raise InstrumentFault("the chamber did not take the set-point", doing=doing)

    def stop(self) -> None:
        """Stop conditioning and read back that it stopped."""
        self._tell("MODE, STANDBY", doing="stop conditioning")
        if self.is_running():
            raise InstrumentFault("the chamber still runs", doing="stop conditioning")

    def is_running(self) -> bool:
        """Tell whether the chamber is conditioning."""
        mode = self._ask("MODE?", doing="read the operation mode")[0]
        if mode in _RUNNING:
            return True
        if mode in _STANDING:
            return False
        raise BadAnswer("unknown operation mode", reply=mode, address=self._link.address)

    def temperature(self) -> Reading:
        """Measure the air temperature at the control sensor [degC]."""
        return Reading(value=self._temperatures()[0], unit="degC")

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        return self._temperatures()[1]

    def _temperatures(self) -> list[float]:
        fields = self._ask("TEMP?", doing="read the temperature")
        if len(fields) != 4:
            raise BadAnswer("four temperatures were expected", reply=",".join(fields))
        return [scpi.number(field) for field in fields]

    def identity(self) -> Identity:
        """Ask for controller type and ROM version."""
        kind = self._ask("TYPE?", doing="identify the controller")
        rom = self._ask("ROM?", doing="read the ROM version")
        return Identity(maker="ESPEC", model=kind[2], serial=self._serial, firmware=",".join(rom))

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the set-point [degC] and whether the chamber runs."""
        return {"temperature": self.set_point(), "running": self.is_running()}

    def make_safe(self) -> None:
        """Stop conditioning and read that back."""
        self.stop()

    def close(self) -> None:
        """Give the port back; the chamber keeps its state."""
        self._link.close()


def _expect_p300(reply: str, address: str) -> None:
    fields = [field.strip() for field in reply.split(",")]
    if len(fields) < 3 or not re.fullmatch(r"P-?300.*", fields[2]):
        raise BadAnswer("no P-300 controller answers", reply=reply, address=address)
