"""Simulated Keithley 2000.

Source: Keithley Model 2000 Multimeter User's Manual, 2000-900-01, section 5.
"""

from instruments.simulators.keithley_meter import KeithleyMeter
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]


class _Model2000(KeithleyMeter):
    cycles = (0.01, 10.0)

    def __init__(self, site: Site) -> None:
        identity = f"KEITHLEY INSTRUMENTS INC.,MODEL 2000,{site.serial},A20  /A02"
        super().__init__(site, identity, no_error='0,"No error"')
        self.on("CONFigure?", lambda _: self.reported())
        # A range is named by the largest value expected, 1 % above the nominal one at most.
        self.number("VOLT range", "[SENSe#:]VOLTage[:DC]:RANGe[:UPPer]", 1000.0, 0.0, 1010.0)
        self.number("CURR range", "[SENSe#:]CURRent[:DC]:RANGe[:UPPer]", 3.0, 0.0, 3.1)
        self.number("VOLT:AC range", "[SENSe#:]VOLTage:AC:RANGe[:UPPer]", 757.5, 0.0, 757.5)
        self.choice("source", "TRIGger[:SEQuence]:SOURce",
                    "IMMediate|BUS|EXTernal|TIMer|MANual", "IMM")  # fmt: skip
        self.number("delay", "TRIGger[:SEQuence]:DELay", 0.0, 0.0, 999999.999)
        self.number("timer", "TRIGger[:SEQuence]:TIMer", 0.1, 0.001, 999999.999)
        self.number("points", "TRACe:POINts", 100, 2, 1024, form="d")

    def changed(self, name: str, place: int) -> None:
        """Leave autoranging, and keep the value as it was given."""
        function, _, what = name.rpartition(" ")
        if what == "range" and place:
            self.values[f"{function} auto", 1] = False


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    return _Model2000(site)
