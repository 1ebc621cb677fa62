"""Keysight 34465A digital multimeter (6½ digits), over LAN socket 5025 or HiSLIP.

Source: Keysight Truevolt Series Operating and Service Guide, 34460-90901, "SCPI Programming
Reference"; accuracy from the Truevolt data sheet, 5991-1983EN.
"""

from collections.abc import Mapping

from instruments.accuracy import Accuracy, Span
from instruments.model import Model
from instruments.readings import Reading
from instruments.roles import Multimeter
from instruments.scpi_instrument import ScpiInstrument

__all__ = ["Keysight34465A"]

_SHEET = "Truevolt data sheet 5991-1983EN, DC specifications, 34465A"

_VOLTAGE = Accuracy(
    unit="V",
    page=_SHEET,
    beyond=1.2,
    spans={
        365: (
            Span(top=0.1, reading=0.0050, scale=0.0035, reading_per_kelvin=0.0005,
                 scale_per_kelvin=0.0005),
            Span(top=1.0, reading=0.0040, scale=0.0007, reading_per_kelvin=0.0005,
                 scale_per_kelvin=0.0001),
            Span(top=10.0, reading=0.0035, scale=0.0005, reading_per_kelvin=0.0005,
                 scale_per_kelvin=0.0001),
            Span(top=100.0, reading=0.0045, scale=0.0006, reading_per_kelvin=0.0005,
                 scale_per_kelvin=0.0001),
            Span(top=1000.0, reading=0.0045, scale=0.0010, reading_per_kelvin=0.0005,
                 scale_per_kelvin=0.0001),
        )
    },
)  # fmt: skip
_CURRENT = Accuracy(
    unit="A",
    page=_SHEET,
    beyond=1.2,
    spans={
        365: (
            Span(top=1e-4, reading=0.050, scale=0.025, reading_per_kelvin=0.002,
                 scale_per_kelvin=0.003),
            Span(top=1e-3, reading=0.050, scale=0.006, reading_per_kelvin=0.002,
                 scale_per_kelvin=0.0005),
            Span(top=1e-2, reading=0.050, scale=0.020, reading_per_kelvin=0.002,
                 scale_per_kelvin=0.002),
            Span(top=1e-1, reading=0.050, scale=0.005, reading_per_kelvin=0.002,
                 scale_per_kelvin=0.0005),
            Span(top=1.0, reading=0.100, scale=0.010, reading_per_kelvin=0.005,
                 scale_per_kelvin=0.001),
            Span(top=3.0, reading=0.200, scale=0.020, reading_per_kelvin=0.005,
                 scale_per_kelvin=0.002),
        )
    },
)  # fmt: skip
_RESISTANCE = Accuracy(
    unit="ohm",
    page=_SHEET,
    beyond=1.2,
    spans={
        365: (
            Span(top=100.0, reading=0.010, scale=0.004, reading_per_kelvin=0.0006,
                 scale_per_kelvin=0.0005),
            *(
                Span(top=top, reading=0.010, scale=0.001, reading_per_kelvin=0.0006,
                     scale_per_kelvin=0.0001)
                for top in (1e3, 1e4, 1e5, 1e6)
            ),
            Span(top=1e7, reading=0.040, scale=0.001, reading_per_kelvin=0.003,
                 scale_per_kelvin=0.0004),
            Span(top=1e8, reading=0.800, scale=0.010, reading_per_kelvin=0.15,
                 scale_per_kelvin=0.0002),
        )
    },
)  # fmt: skip


class Keysight34465A(ScpiInstrument):
    """A multimeter: measures, and drives nothing.

    Each measurement is configured and taken by one ``MEASure`` query, so that no setting that a
    power cut could have lost decides what is measured.
    """

    about = Model(
        maker="keysight",
        name="34465A",
        manual="Truevolt Series Operating and Service Guide, 34460-90901",
        plays=(Multimeter,),
        outputs=0,
        accuracy={"voltage": _VOLTAGE, "current": _CURRENT, "resistance": _RESISTANCE},
        port=5025,
    )

    def dc_voltage(self) -> Reading:
        """Measure the direct voltage [V], autoranging."""
        return self.measure(":MEAS:VOLT:DC?", "voltage", doing="measure the DC voltage")

    def dc_current(self) -> Reading:
        """Measure the direct current [A], autoranging on the 3 A terminals."""
        return self.measure(":MEAS:CURR:DC?", "current", doing="measure the DC current")

    def resistance(self) -> Reading:
        """Measure the two-wire resistance [ohm], autoranging."""
        return self.measure(":MEAS:RES?", "resistance", doing="measure the resistance")

    def resistance_four_wire(self) -> Reading:
        """Measure the four-wire resistance [ohm], autoranging."""
        return self.measure(":MEAS:FRES?", "resistance", doing="measure the 4-wire resistance")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the present function and its range."""
        function = self.ask(":CONF?", str, doing="read the configuration")
        return {"configuration": function.strip('"')}
