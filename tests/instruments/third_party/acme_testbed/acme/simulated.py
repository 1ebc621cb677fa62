"""A simulated meter on the circuit of its bench."""

from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site


class _Meter(ScpiDevice):
    def __init__(self, site: Site) -> None:
        super().__init__(f"Keysight Technologies,34465A,{site.serial},1")
        volts = site.world.circuit.voltage
        self.on("MEASure:VOLTage[:DC]?", lambda _: f"{volts():+.8E}")


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    return _Meter(site)
