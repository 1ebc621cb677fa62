"""Rigol DP832 triple-output power supply, over LAN socket 5555.

Source: Rigol DP800 Series Programming Guide, PGH03108-1110; ranges and accuracy from the DP800
data sheet, DSH03100.
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

__all__ = ["RigolDP832"]

# Output to (highest voltage [V], highest current [A]).
_OUTPUTS = {1: (32.0, 3.2), 2: (32.0, 3.2), 3: (5.3, 3.2)}
_SHEET = "DP800 data sheet DSH03100, readback accuracy, 1 year"


class RigolDP832(ScpiInstrument):
    """One output of the supply; `make_safe` switches all three off.

    Parameters
    ----------
    channel
        Output that the bench uses: 1 or 2 (30 V, 3 A), 3 (5 V, 3 A).
    """

    about = Model(
        maker="rigol",
        name="DP832",
        also=("DP832A",),
        manual="DP800 Series Programming Guide, PGH03108-1110",
        plays=(PowerSupply,),
        ranges=(Range("voltage", 0.0, 32.0, "V"), Range("current", 0.0, 3.2, "A")),
        accuracy={
            "voltage": Accuracy(
                unit="V", page=_SHEET, spans={365: (Span(top=32.0, reading=0.05, floor=0.01),)}
            ),
            "current": Accuracy(
                unit="A", page=_SHEET, spans={365: (Span(top=3.2, reading=0.15, floor=0.005),)}
            ),
        },
        outputs=3,
        port=5555,
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
        self._channel = channel
        self._at = f"CH{channel}"

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
        self.tell(f":SOUR{self._channel}:VOLT {value:.3f}", doing=f"set {value:g} V")

    def set_current_limit(self, amperes: float) -> None:
        """Set the current limit [A]."""
        value = self.accepted("current", amperes)
        self.tell(f":SOUR{self._channel}:CURR {value:.3f}", doing=f"limit to {value:g} A")

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched."""
        wanted, doing = "on" if on else "off", f"switch the output {'on' if on else 'off'}"
        self.tell(f":OUTP {self._at},{wanted.upper()}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault(f"the output did not switch {wanted}", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the output is on."""
        return self.ask(f":OUTP? {self._at}", scpi.boolean, doing="read the output switch")

    def voltage(self) -> Reading:
        """Measure the voltage at the output terminals [V]."""
        return self.measure(
            f":MEAS:VOLT? {self._at}", "voltage", doing="measure the output voltage"
        )

    def current(self) -> Reading:
        """Measure the current delivered [A], positive out of the supply."""
        return self.measure(
            f":MEAS:CURR? {self._at}", "current", doing="measure the output current"
        )

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back voltage [V], current limit [A] and switch."""
        source = f":SOUR{self._channel}"
        return Settings(
            voltage=lambda: self.ask(f"{source}:VOLT?", scpi.number, doing="read the voltage set"),
            current=lambda: self.ask(f"{source}:CURR?", scpi.number, doing="read the limit set"),
            output=self.output_is_on,
        )

    def make_safe(self) -> None:
        """Switch all outputs off and read each one back."""
        doing = "switch all outputs off"
        for channel in _OUTPUTS:
            self.tell(f":OUTP CH{channel},OFF", doing=doing)
            if self.ask(f":OUTP? CH{channel}", scpi.boolean, doing=doing):
                raise self.fault(f"output {channel} is still on", doing=doing)
