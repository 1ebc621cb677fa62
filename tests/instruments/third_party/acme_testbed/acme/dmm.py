"""A meter whose command set is that of the Truevolt family, under a name of its own."""

from collections.abc import Mapping

from instruments.accuracy import Accuracy, Span
from instruments.model import Model
from instruments.readings import Reading
from instruments.roles import Multimeter
from instruments.scpi_instrument import ScpiInstrument


class AcmeMeter(ScpiInstrument):
    """A multimeter."""

    about = Model(
        maker="keysight",
        name="34465A",
        manual="ACME manual 1",
        plays=(Multimeter,),
        accuracy={
            "voltage": Accuracy(
                unit="V", page="ACME manual 1, 2", spans={365: (Span(top=10.0, reading=0.01),)}
            )
        },
    )
    unasked = ("dc_current", "resistance")

    def dc_voltage(self) -> Reading:
        """Measure the direct voltage [V]."""
        return self.measure(":MEAS:VOLT:DC?", "voltage", doing="measure the DC voltage")

    def dc_current(self) -> Reading:
        """Refuse: this meter has no current terminals."""
        raise self.fault("this meter measures no current", doing="measure the DC current")

    def resistance(self) -> Reading:
        """Refuse: this meter measures no resistance."""
        raise self.fault("this meter measures no resistance", doing="measure the resistance")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back nothing."""
        return {}
