"""Keithley DMM6500 multimeter (6½ digits), over LAN socket 5025, SCPI command set.

Source: Model DMM6500 Reference Manual, DMM6500-901-01; accuracy from SPEC-DMM6500.
"""

from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import Accuracy, Span
from instruments.model import Model
from instruments.readings import Reading
from instruments.roles import Multimeter
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["KeithleyDmm6500"]

_SHEET = "SPEC-DMM6500, DC specifications, 1 year"


def _per_million(
    unit: str, beyond: float, rows: tuple[tuple[float, float, float], ...]
) -> Accuracy:
    """Read rows of full scale, ppm of reading and ppm of range, one year after calibration."""
    spans = tuple(
        Span(top=top, reading=reading * 1e-4, scale=scale * 1e-4) for top, reading, scale in rows
    )
    return Accuracy(unit=unit, page=_SHEET, beyond=beyond, spans={365: spans})


_VOLTAGE = _per_million(
    "V", 1.2, ((0.1, 30, 35), (1.0, 25, 6), (10.0, 25, 5), (100.0, 40, 6), (1000.0, 40, 6))
)
_CURRENT = _per_million(
    "A",
    1.2,
    (
        (1e-5, 600, 200),
        (1e-4, 500, 250),
        (1e-3, 500, 50),
        (1e-2, 500, 200),
        (0.1, 500, 50),
        (1.0, 500, 100),
        (3.0, 1200, 100),
    ),
)
_RESISTANCE = _per_million(
    "ohm",
    1.2,
    (
        (1.0, 85, 200),
        (10.0, 85, 20),
        (100.0, 85, 20),
        (1e3, 75, 6),
        (1e4, 75, 6),
        (1e5, 75, 6),
        (1e6, 100, 6),
        (1e7, 400, 6),
        (1e8, 2000, 30),
    ),
)


class KeithleyDmm6500(ScpiInstrument):
    """A multimeter: measures, and drives nothing.

    Each measurement is configured and taken by one ``MEASure`` query, so that no setting that a
    power cut could have lost decides what is measured.
    """

    about = Model(
        maker="keithley",
        name="MODEL DMM6500",
        manual="Model DMM6500 Reference Manual, DMM6500-901-01",
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
