"""Simulated Keysight 34465A.

Source: Keysight Truevolt Series Operating and Service Guide, 34460-90901.
"""

from instruments.simulators.multimeter import Multimeter
from instruments.simulators.scpi_device import ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]


def make(site: Site) -> ScpiDevice:
    """Put a meter on the bench."""
    identity = f"Keysight Technologies,34465A,{site.serial},A.03.03-03.15-03.03-00.52-02-01"
    return Multimeter(site, identity)
