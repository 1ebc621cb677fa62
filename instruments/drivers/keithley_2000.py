"""Keithley 2000 multimeter (6½ digits), over GPIB, a serial line or a gateway.

Source: Keithley Model 2000 Multimeter User's Manual, 2000-900-01, section 5; accuracy from its
appendix A.
"""

from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import Accuracy, Span
from instruments.model import Model
from instruments.readings import Reading
from instruments.roles import Multimeter
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["Keithley2000"]

_SHEET = "2000-900-01, appendix A, DC characteristics, 1 year"


def _per_million(
    unit: str, beyond: float, rows: tuple[tuple[float, float, float], ...]
) -> Accuracy:
    """Read rows of full scale, ppm of reading and ppm of range, one year after calibration."""
    spans = tuple(
        Span(top=top, reading=reading * 1e-4, scale=scale * 1e-4) for top, reading, scale in rows
    )
    return Accuracy(unit=unit, page=_SHEET, beyond=beyond, spans={365: spans})


_VOLTAGE = _per_million(
    "V", 1.2, ((0.1, 50, 35), (1.0, 30, 7), (10.0, 30, 5), (100.0, 45, 6), (1000.0, 45, 6))
)
_CURRENT = _per_million(
    "A", 1.2, ((0.01, 500, 80), (0.1, 500, 800), (1.0, 800, 80), (3.0, 1200, 40))
)
_RESISTANCE = _per_million(
    "ohm",
    1.2,
    (
        (100.0, 100, 40),
        (1e3, 100, 10),
        (1e4, 100, 10),
        (1e5, 100, 10),
        (1e6, 100, 10),
        (1e7, 400, 10),
        (1e8, 1500, 30),
    ),
)


class Keithley2000(ScpiInstrument):
    """A multimeter: measures, and drives nothing.

    Each measurement is configured and taken by one ``MEASure`` query, so that no setting that a
    power cut could have lost decides what is measured.
    """

    about = Model(
        maker="keithley",
        name="MODEL 2000",
        manual="Model 2000 User's Manual, 2000-900-01",
        plays=(Multimeter,),
        outputs=0,
        accuracy={"voltage": _VOLTAGE, "current": _CURRENT, "resistance": _RESISTANCE},
        port=5025,
    )

    def dc_voltage(self) -> Reading:
        """Measure the direct voltage [V], autoranging."""
        return self.measure(":MEAS:VOLT:DC?", "voltage", doing="measure the DC voltage")

    def dc_current(self) -> Reading:
        """Measure the direct current [A], autoranging."""
        return self.measure(":MEAS:CURR:DC?", "current", doing="measure the DC current")

    def resistance(self) -> Reading:
        """Measure the two-wire resistance [ohm], autoranging."""
        return self.measure(":MEAS:RES?", "resistance", doing="measure the resistance")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the function and the integration time of direct voltage [power cycles]."""
        return Settings(
            function=lambda: self.ask(":SENS:FUNC?", str, doing="read the function").strip('"'),
            voltage_nplc=lambda: self.ask(
                ":SENS:VOLT:DC:NPLC?", scpi.number, doing="read the integration time"
            ),
        )
