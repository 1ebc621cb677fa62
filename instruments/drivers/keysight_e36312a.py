"""Keysight E36312A triple-output power supply, over LAN socket 5025.

Source: Keysight E36300 Series Programming Guide, E36311-90008; ranges and accuracy from the data
sheet 5992-2124EN (programming range 3 % above the rating).
"""

from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import PowerSupply
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["KeysightE36312A"]

# Output to (highest voltage [V], highest current [A]).
_OUTPUTS = {1: (6.18, 5.15), 2: (25.75, 1.03), 3: (25.75, 1.03)}
_SHEET = "E36300 series data sheet 5992-2124EN, readback accuracy"


def _read_back(unit: str, top: float, reading: float, floor: float) -> Accuracy:
    return Accuracy(
        unit=unit, page=_SHEET, spans={365: (Span(top=top, reading=reading, floor=floor),)}
    )


class KeysightE36312A(ScpiInstrument):
    """One output of the supply; `make_safe` switches all three off.

    Parameters
    ----------
    channel
        Output that the bench uses: 1 (6 V, 5 A), 2 or 3 (25 V, 1 A).
    """

    about = Model(
        maker="keysight",
        name="E36312A",
        manual="E36300 Series Programming Guide, E36311-90008",
        plays=(PowerSupply,),
        ranges=(Range("voltage", 0.0, 25.75, "V"), Range("current", 0.0, 5.15, "A")),
        accuracy={
            "voltage": _read_back("V", 6.18, 0.03, 0.004),
            "current": _read_back("A", 5.15, 0.04, 0.005),
            "voltage 25 V": _read_back("V", 25.75, 0.04, 0.004),
            "current 1 A": _read_back("A", 1.03, 0.04, 0.003),
        },
        outputs=3,
        port=5025,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        channel: int = 1,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._at = f"(@{channel})"
        self._voltage, self._current = (
            ("voltage", "current") if channel == 1 else ("voltage 25 V", "current 1 A")
        )

    @classmethod
    def ranges_of(cls, channel: int = 1) -> tuple[Range, ...]:
        """Give what the chosen output accepts."""
        if channel not in _OUTPUTS:
            raise SettingRefused("channel", channel, "1, 2 or 3")
        volts, amperes = _OUTPUTS[channel]
        return (Range("voltage", 0.0, volts, "V"), Range("current", 0.0, amperes, "A"))

    def set_voltage(self, volts: float) -> None:
        """Set the output voltage [V]."""
        value = self.accepted("voltage", volts)
        self.tell(f":VOLT {value:.4f},{self._at}", doing=f"set {value:g} V")

    def set_current_limit(self, amperes: float) -> None:
        """Set the current limit [A]."""
        value = self.accepted("current", amperes)
        self.tell(f":CURR {value:.4f},{self._at}", doing=f"limit the current to {value:g} A")

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        wanted, doing = "on" if on else "off", f"switch the output {'on' if on else 'off'}"
        self.tell(f":OUTP {wanted.upper()},{self._at}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault(f"the output did not switch {wanted}", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the output is on."""
        return self.ask(f":OUTP? {self._at}", scpi.boolean, doing="read the output switch")

    def voltage(self) -> Reading:
        """Measure the voltage at the output terminals [V]."""
        doing = "measure the output voltage"
        return self.measure(f":MEAS:VOLT? {self._at}", self._voltage, doing=doing)

    def current(self) -> Reading:
        """Measure the current delivered [A], positive out of the supply."""
        doing = "measure the output current"
        return self.measure(f":MEAS:CURR? {self._at}", self._current, doing=doing)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back voltage [V], current limit [A] and switch."""
        return Settings(
            voltage=lambda: self.ask(
                f":VOLT? {self._at}", scpi.number, doing="read the voltage set"
            ),
            current=lambda: self.ask(f":CURR? {self._at}", scpi.number, doing="read the limit set"),
            output=self.output_is_on,
        )

    def make_safe(self) -> None:
        """Switch all outputs off and read each one back."""
        doing = "switch all outputs off"
        self.tell(":OUTP OFF,(@1:3)", doing=doing)
        reply = self.ask(":OUTP? (@1:3)", str, doing="read all output switches")
        switches = [scpi.boolean(word) for word in reply.split(",")]
        if len(switches) != len(_OUTPUTS):
            raise self.nonsense("three outputs were asked for", doing=doing, reply=reply)
        if any(switches):
            raise self.fault("an output is still on", doing=doing, reply=reply)
