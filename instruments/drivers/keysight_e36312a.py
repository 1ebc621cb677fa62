"""Keysight E36312A triple-output power supply, over LAN socket 5025.

Source: Keysight E36300 Series Programming Guide, E36311-90008; ranges from the data sheet
5992-2124EN (programming range 3 % above the rating).
"""

from collections.abc import Mapping
from typing import Self

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.ranges import Range, tightened
from instruments.readings import Identity, Reading
from instruments.scpi_instrument import ScpiInstrument

__all__ = ["KeysightE36312A"]

# Output to (highest voltage [V], highest current [A]).
_OUTPUTS = {1: (6.18, 5.15), 2: (25.75, 1.03), 3: (25.75, 1.03)}


class KeysightE36312A:
    """One output of the supply; `make_safe` switches all three off.

    Parameters
    ----------
    channel
        Output number, 1 to 3.
    ranges
        Accepted settings by quantity: "voltage" [V] and "current" [A].
    """

    def __init__(
        self, scpi_instrument: ScpiInstrument, channel: int, ranges: Mapping[str, Range]
    ) -> None:
        self._scpi = scpi_instrument
        self._at = f"(@{channel})"
        self._ranges = ranges

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        channel: int = 1,
        visa_library: str = "@py",
        timeout: float = 2.0,
    ) -> Self:
        """Connect and check model and serial number.

        Parameters
        ----------
        limits
            Limits of the bench: "voltage" [V], "current" [A].
        channel
            Output that the bench uses: 1 (6 V, 5 A), 2 or 3 (25 V, 1 A).
        """
        if channel not in _OUTPUTS:
            raise SettingRefused("channel", channel, "1, 2 or 3")
        volts, amperes = _OUTPUTS[channel]
        ranges = tightened(
            (Range("voltage", 0.0, volts, "V"), Range("current", 0.0, amperes, "A")), limits
        )
        connected = ScpiInstrument.connect(
            address,
            maker="keysight",
            model="E36312A",
            serial=serial,
            visa_library=visa_library,
            timeout=timeout,
        )
        return cls(connected, channel, ranges)

    def set_voltage(self, volts: float) -> None:
        """Set the output voltage [V]."""
        value = self._ranges["voltage"].check(volts)
        self._scpi.tell(f":VOLT {value:.4f},{self._at}", doing=f"set {value:g} V")

    def set_current_limit(self, amperes: float) -> None:
        """Set the current limit [A]."""
        value = self._ranges["current"].check(amperes)
        self._scpi.tell(f":CURR {value:.4f},{self._at}", doing=f"limit the current to {value:g} A")

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        wanted = "on" if on else "off"
        self._scpi.tell(f":OUTP {wanted.upper()},{self._at}", doing=f"switch the output {wanted}")
        if self.output_is_on() is not on:
            raise InstrumentFault(f"the output did not switch {wanted}")

    def output_is_on(self) -> bool:
        """Tell whether the output is on."""
        return self._scpi.ask(f":OUTP? {self._at}", scpi.boolean, doing="read the output switch")

    def voltage(self) -> Reading:
        """Measure the voltage at the output terminals [V]."""
        volts = self._scpi.ask(
            f":MEAS:VOLT? {self._at}", scpi.number, doing="measure the output voltage"
        )
        return Reading(value=volts, unit="V")

    def current(self) -> Reading:
        """Measure the current delivered [A], positive out of the supply."""
        amperes = self._scpi.ask(
            f":MEAS:CURR? {self._at}", scpi.number, doing="measure the output current"
        )
        return Reading(value=amperes, unit="A")

    def identity(self) -> Identity:
        """Ask the supply who it is."""
        return self._scpi.identity()

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back voltage [V], current limit [A] and switch."""
        return {
            "voltage": self._scpi.ask(f":VOLT? {self._at}", scpi.number, doing="read the setting"),
            "current": self._scpi.ask(f":CURR? {self._at}", scpi.number, doing="read the setting"),
            "output": self.output_is_on(),
        }

    def make_safe(self) -> None:
        """Switch all outputs off and read each one back."""
        self._scpi.tell(":OUTP OFF,(@1:3)", doing="switch all outputs off")
        reply = self._scpi.ask(":OUTP? (@1:3)", str, doing="read all output switches")
        switches = [scpi.boolean(word) for word in reply.split(",")]
        if len(switches) != len(_OUTPUTS):
            raise BadAnswer("three outputs were asked for", reply=reply)
        if any(switches):
            raise InstrumentFault("an output is still on", reply=reply)

    def close(self) -> None:
        """Give the link back; the outputs stay as they are."""
        self._scpi.close()
