"""Fluke 1524 reference thermometer with two probes, over RS-232.

Source: Fluke 1523/1524 Reference Thermometer Technical Guide, remote interface: 9600 Bd, lines
ended by CR LF; ``READ? n`` gives the next measurement of input n in the unit on display, as a
plain number. Accuracy from the 1523/1524 data sheet, readout with a platinum probe.
"""

from collections.abc import Mapping
from math import hypot

from instruments import scpi
from instruments.accuracy import NOMINAL, SQRT_3, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import Thermometer
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["Fluke1524"]

_UNITS = ("C", "F", "K")
# Calibrated accuracy of a 5627A at 0 degC, after its data sheet [K].
_PROBE = 0.025
_RANGES = (Range("probe_error", 0.0, 5.0, "K"), Range("probes", 1, 2, "1"))


class Fluke1524(ScpiInstrument):
    """A thermometer with two platinum probes, whose coefficients it keeps.

    Parameters
    ----------
    probe_error
        Largest error of a probe with its coefficients, after its certificate [K].
    probes
        Number of probes that are plugged in.
    """

    about = Model(
        maker="fluke",
        name="1524",
        manual="1523/1524 Reference Thermometer Technical Guide",
        plays=(Thermometer,),
        outputs=0,
        ranges=_RANGES,
        accuracy={
            "temperature": Accuracy(
                unit="degC",
                page="1523/1524 data sheet, temperature accuracy of the readout, PRT, 1 year: "
                "0.015 degC at 0 degC, 0.023 degC at 200 degC",
                spans={
                    365: (
                        # 0.0004 ohm of a 100 ohm probe and 0.0008 % of it, per kelvin.
                        Span(top=420.0, reading=0.004, floor=0.015, scale_per_kelvin=7.5e-4),
                    )
                },
            )
        },
        baud=9600,
    )
    line_end = "\r\n"

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        probe_error: float = _PROBE,
        probes: int = 2,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._probe_error = self.accepted("probe_error", probe_error)
        self._probes = int(self.accepted("probes", probes))

    @classmethod
    def ranges_of(cls, probe_error: float = _PROBE, probes: int = 2) -> tuple[Range, ...]:
        """Give what can be chosen."""
        return _RANGES

    def temperature(self, probe: int = 1) -> Reading:
        """Measure the temperature of a probe [degC].

        The unit on display is asked for in the same line, as anybody can change it by a key, and
        so is the error queue: an input without a probe gives no value.
        """
        if probe not in range(1, self._probes + 1):
            raise SettingRefused("probe", probe, f"1 to {self._probes}")
        question = f"READ? {probe};:UNIT:TEMP?;{self.error_query}"
        celsius = self.ask(question, _celsius, doing=f"measure with probe {probe}")
        readout = self.reading(celsius, "temperature")
        uncertainty = readout.standard_uncertainty
        if uncertainty is not None:
            uncertainty = hypot(uncertainty, self._probe_error / SQRT_3)
        return Reading(value=celsius, unit=readout.unit, standard_uncertainty=uncertainty)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the unit on display."""
        return Settings(
            unit=lambda: self.ask(":UNIT:TEMP?", scpi.word(*_UNITS), doing="read the unit")
        )


def _celsius(reply: str) -> float:
    """Read a value, its unit and the error queue; gives degrees Celsius."""
    fields = reply.split(";")
    if "," in fields[-1]:
        entry = scpi.queued_error(fields[-1])
        if entry.code != 0:
            raise InstrumentFault(f"the instrument reports {entry}", reply=reply)
    value = scpi.number(fields[0])
    if len(fields) != 3:
        raise BadAnswer("a value, its unit and the error queue were expected", reply=reply)
    match scpi.word(*_UNITS)(fields[1]):
        case "F":
            return (value - 32.0) / 1.8
        case "K":
            return value - 273.15
    return value
