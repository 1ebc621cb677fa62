"""Simulated Keithley 2000.

Source: Keithley Model 2000 Multimeter User's Manual, 2000-900-01, section 5.
"""

from instruments.simulators.keithley_meter import KeithleyMeter
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    identity = f"KEITHLEY INSTRUMENTS INC.,MODEL 2000,{site.serial},A20  /A02"
    meter = KeithleyMeter(site, identity, no_error='0,"No error"')
    meter.on("CONFigure?", lambda _: meter.reported())
    return meter
