"""Keysight 34465A digital multimeter, over LAN socket 5025.

Source: Keysight Truevolt Series Operating and Service Guide, 34460-90901, "SCPI Programming
Reference".
"""

from collections.abc import Mapping
from typing import Self

from instruments import scpi
from instruments.ranges import tightened
from instruments.readings import Identity, Reading
from instruments.scpi_instrument import ScpiInstrument

__all__ = ["Keysight34465A"]


class Keysight34465A:
    """A multimeter: measures, and drives nothing."""

    def __init__(self, scpi_instrument: ScpiInstrument) -> None:
        self._scpi = scpi_instrument

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
        """Connect and check model and serial number; the meter has no bench limits."""
        tightened((), limits)
        return cls(
            ScpiInstrument.connect(
                address,
                maker="keysight",
                model="34465A",
                serial=serial,
                visa_library=visa_library,
                timeout=timeout,
            )
        )

    def dc_voltage(self) -> Reading:
        """Measure the direct voltage [V], autoranging."""
        volts = self._scpi.ask(":MEAS:VOLT:DC?", scpi.number, doing="measure the DC voltage")
        return Reading(value=volts, unit="V")

    def dc_current(self) -> Reading:
        """Measure the direct current [A], autoranging on the 3 A terminals."""
        amperes = self._scpi.ask(":MEAS:CURR:DC?", scpi.number, doing="measure the DC current")
        return Reading(value=amperes, unit="A")

    def resistance(self) -> Reading:
        """Measure the two-wire resistance [ohm], autoranging."""
        ohms = self._scpi.ask(":MEAS:RES?", scpi.number, doing="measure the resistance")
        return Reading(value=ohms, unit="ohm")

    def identity(self) -> Identity:
        """Ask the meter who it is."""
        return self._scpi.identity()

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the present function and its range."""
        function = self._scpi.ask(":CONF?", str, doing="read the configuration")
        return {"configuration": function.strip('"')}

    def make_safe(self) -> None:
        """Do nothing: a multimeter has no output that could be on."""

    def close(self) -> None:
        """Give the link back."""
        self._scpi.close()
