"""Rohde & Schwarz HMP4040 power supply with four outputs, over LAN socket 5025.

Source: R&S HMP Series SCPI Programmers Manual, 5800.4730.02; ranges and accuracy from the HMP
data sheet, PD 3606.7530.32. A channel has to be selected before it is set; selecting and setting
go in one line, so that no other user of the link can come between.
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

__all__ = ["RohdeSchwarzHMP4040"]

_CHANNELS = (1, 2, 3, 4)
_SHEET = "HMP data sheet PD 3606.7530.32, readback accuracy"


class RohdeSchwarzHMP4040(ScpiInstrument):
    """One output of the supply; `make_safe` switches all four off.

    Parameters
    ----------
    channel
        Output that the bench uses, 1 to 4 (32 V, 10 A each).
    """

    about = Model(
        maker="rohde&schwarz",
        name="HMP4040",
        manual="HMP Series SCPI Programmers Manual, 5800.4730.02",
        plays=(PowerSupply,),
        ranges=(Range("voltage", 0.0, 32.05, "V"), Range("current", 0.0, 10.0, "A")),
        accuracy={
            "voltage": Accuracy(
                unit="V", page=_SHEET, spans={365: (Span(top=32.05, reading=0.05, floor=0.005),)}
            ),
            "current": Accuracy(
                unit="A", page=_SHEET, spans={365: (Span(top=10.0, reading=0.1, floor=0.002),)}
            ),
        },
        outputs=4,
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
        self._select = f"INST:NSEL {channel};"

    @classmethod
    def ranges_of(cls, channel: int = 1) -> tuple[Range, ...]:
        """Give what the chosen output accepts."""
        if channel not in _CHANNELS:
            raise SettingRefused("channel", channel, "1 to 4")
        return cls.about.ranges

    def set_voltage(self, volts: float) -> None:
        """Set the output voltage [V]."""
        value = self.accepted("voltage", volts)
        self.tell(f"{self._select}:VOLT {value:.3f}", doing=f"set {value:g} V")

    def set_current_limit(self, amperes: float) -> None:
        """Set the current limit [A]."""
        value = self.accepted("current", amperes)
        self.tell(f"{self._select}:CURR {value:.4f}", doing=f"limit to {value:g} A")

    def switch_output(self, on: bool) -> None:
        """Switch channel and general output, and read back that the output switched."""
        doing = f"switch the output {'on' if on else 'off'}"
        general = ";:OUTP:GEN 1" if on else ""
        self.tell(f"{self._select}:OUTP:SEL {int(on)}{general}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault("the output did not switch", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the output is on: its own switch and the general one."""
        reply = self.ask(
            f"{self._select}:OUTP:SEL?;:OUTP:GEN?", str, doing="read the output switches"
        )
        switches = [scpi.boolean(word) for word in reply.split(";")]
        if len(switches) != 2:
            raise self.nonsense(
                "two switches were asked for", doing="read the output switches", reply=reply
            )
        return all(switches)

    def voltage(self) -> Reading:
        """Measure the voltage at the output terminals [V]."""
        return self.measure(
            f"{self._select}:MEAS:VOLT?", "voltage", doing="measure the output voltage"
        )

    def current(self) -> Reading:
        """Measure the current delivered [A], positive out of the supply."""
        return self.measure(
            f"{self._select}:MEAS:CURR?", "current", doing="measure the output current"
        )

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back voltage [V], current limit [A] and switch."""
        return Settings(
            voltage=lambda: self.ask(
                f"{self._select}:VOLT?", scpi.number, doing="read the voltage set"
            ),
            current=lambda: self.ask(
                f"{self._select}:CURR?", scpi.number, doing="read the limit set"
            ),
            output=self.output_is_on,
        )

    def make_safe(self) -> None:
        """Switch the general output and every channel off, and read each one back."""
        doing = "switch all outputs off"
        self.tell(":OUTP:GEN 0", doing=doing)
        for channel in _CHANNELS:
            self.tell(f"INST:NSEL {channel};:OUTP:SEL 0", doing=doing)
            if self.ask(f"INST:NSEL {channel};:OUTP:SEL?", scpi.boolean, doing=doing):
                raise self.fault(f"output {channel} is still on", doing=doing)
