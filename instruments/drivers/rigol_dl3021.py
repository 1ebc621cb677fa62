"""Rigol DL3021 electronic load (150 V, 40 A, 200 W), over LAN socket 5555.

Source: Rigol DL3000 Series Programming Guide, PGJ10101-1110.
"""

from collections.abc import Mapping
from typing import Self

from instruments import scpi
from instruments.errors import InstrumentFault
from instruments.ranges import Range, tightened
from instruments.readings import Identity, Reading
from instruments.scpi_instrument import ScpiInstrument

__all__ = ["RigolDL3021"]


class RigolDL3021:
    """A load that sinks a constant current.

    Parameters
    ----------
    ranges
        Accepted settings by quantity: "current" [A].
    """

    def __init__(self, scpi_instrument: ScpiInstrument, ranges: Mapping[str, Range]) -> None:
        self._scpi = scpi_instrument
        self._ranges = ranges

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        visa_library: str = "@py",
        timeout: float = 2.0,
    ) -> Self:
        """Connect and check model and serial number; the bench may limit "current" [A]."""
        ranges = tightened((Range("current", 0.0, 40.0, "A"),), limits)
        connected = ScpiInstrument.connect(
            address,
            maker="rigol",
            model="DL3021",
            serial=serial,
            visa_library=visa_library,
            timeout=timeout,
        )
        return cls(connected, ranges)

    def set_sink_current(self, amperes: float) -> None:
        """Choose constant-current mode and set the current [A]."""
        value = self._ranges["current"].check(amperes)
        self._scpi.tell(":SOUR:FUNC CURR", doing="choose constant current")
        self._scpi.tell(f":SOUR:CURR:LEV:IMM {value:.4f}", doing=f"set {value:g} A")

    def switch_input(self, on: bool) -> None:
        """Switch the input and read back that it switched."""
        wanted = "on" if on else "off"
        self._scpi.tell(f":SOUR:INP:STAT {wanted.upper()}", doing=f"switch the input {wanted}")
        if self.input_is_on() is not on:
            raise InstrumentFault(f"the input did not switch {wanted}")

    def input_is_on(self) -> bool:
        """Tell whether the input is on."""
        return self._scpi.ask(":SOUR:INP:STAT?", scpi.boolean, doing="read the input switch")

    def voltage(self) -> Reading:
        """Measure the voltage at the input terminals [V]."""
        volts = self._scpi.ask(":MEAS:VOLT?", scpi.number, doing="measure the input voltage")
        return Reading(value=volts, unit="V")

    def current(self) -> Reading:
        """Measure the current drawn [A], positive into the load."""
        amperes = self._scpi.ask(":MEAS:CURR?", scpi.number, doing="measure the input current")
        return Reading(value=amperes, unit="A")

    def identity(self) -> Identity:
        """Ask the load who it is."""
        return self._scpi.identity()

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back mode, current [A] and switch."""
        return {
            "function": self._scpi.ask(":SOUR:FUNC?", str, doing="read the mode"),
            "current": self._scpi.ask(
                ":SOUR:CURR:LEV:IMM?", scpi.number, doing="read the current setting"
            ),
            "input": self.input_is_on(),
        }

    def make_safe(self) -> None:
        """Switch the input off and read that back."""
        self.switch_input(False)

    def close(self) -> None:
        """Give the link back; the input stays as it is."""
        self._scpi.close()
