"""Rigol DL3021 electronic load (150 V, 40 A, 200 W), over LAN socket 5555.

Source: Rigol DL3000 Series Programming Guide, PGJ10101-1110; accuracy from the DL3000 data sheet,
DSJ01100.
"""

from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import Accuracy, Span
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import ElectronicLoad
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["RigolDL3021"]

_SHEET = "DL3000 data sheet DSJ01100, readback accuracy"


class RigolDL3021(ScpiInstrument):
    """A load that sinks a constant current."""

    about = Model(
        maker="rigol",
        name="DL3021",
        manual="DL3000 Series Programming Guide, PGJ10101-1110",
        plays=(ElectronicLoad,),
        ranges=(Range("current", 0.0, 40.0, "A"),),
        accuracy={
            "voltage": Accuracy(
                unit="V",
                page=_SHEET,
                spans={
                    365: (
                        Span(top=15.0, reading=0.05, scale=0.02),
                        Span(top=150.0, reading=0.05, scale=0.02),
                    )
                },
            ),
            "current": Accuracy(
                unit="A",
                page=_SHEET,
                spans={
                    365: (
                        Span(top=4.0, reading=0.05, scale=0.05),
                        Span(top=40.0, reading=0.05, scale=0.05),
                    )
                },
            ),
        },
        port=5555,
    )

    def set_sink_current(self, amperes: float) -> None:
        """Choose constant-current mode and set the current [A]."""
        value = self.accepted("current", amperes)
        self.tell(f":SOUR:FUNC CURR;:SOUR:CURR:LEV:IMM {value:.4f}", doing=f"sink {value:g} A")

    def switch_input(self, on: bool) -> None:
        """Switch the input and read back that it switched."""
        wanted, doing = "on" if on else "off", f"switch the input {'on' if on else 'off'}"
        self.tell(f":SOUR:INP:STAT {wanted.upper()}", doing=doing)
        if self.input_is_on() is not on:
            raise self.fault(f"the input did not switch {wanted}", doing=doing)

    def input_is_on(self) -> bool:
        """Tell whether the input is on."""
        return self.ask(":SOUR:INP:STAT?", scpi.boolean, doing="read the input switch")

    def voltage(self) -> Reading:
        """Measure the voltage at the input terminals [V]."""
        return self.measure(":MEAS:VOLT?", "voltage", doing="measure the input voltage")

    def current(self) -> Reading:
        """Measure the current drawn [A], positive into the load."""
        return self.measure(":MEAS:CURR?", "current", doing="measure the input current")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back mode, current [A] and switch."""
        return Settings(
            function=lambda: self.ask(":SOUR:FUNC?", str, doing="read the mode"),
            current=lambda: self.ask(
                ":SOUR:CURR:LEV:IMM?", scpi.number, doing="read the current setting"
            ),
            input=self.input_is_on,
        )

    def make_safe(self) -> None:
        """Switch the input off and read that back."""
        self.switch_input(False)
