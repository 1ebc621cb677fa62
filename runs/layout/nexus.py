"""What readers of NeXus look for: classes, and for each plot its signal and its axes.

NeXus wants NXroot, NXentry and NXdata one below the other, and netCDF the main stream in the root.
So the group `entry/data` holds links to the main stream; other streams are an NXdata themselves.
"""

import h5py
import numpy as np

from runs.header import Header
from runs.layout.plan import ENTRY, EVENTS, clock_of, planned
from runs.streams import MAIN

__all__ = ["declare_nexus"]


def declare_nexus(file: h5py.File, header: Header) -> None:
    """Write the classes of a file whose variables are declared."""
    _say(file, NX_class="NXroot", default=ENTRY)
    entry = file.create_group(ENTRY, track_order=True)
    _say(entry, NX_class="NXentry", default="data")
    data = entry.create_group("data", track_order=True)
    for name in (clock_of(MAIN), *(channel.name for channel in header.channels)):
        data[name] = h5py.SoftLink(f"/{name}")
    _say(data, NX_class="NXdata", signal=header.channels[0].name)
    _name_axes(data, (clock_of(MAIN),))
    dimensions = {variable.path: variable.dimensions for variable in planned(header)}
    for stream in header.streams:
        signal = stream.channels[0].name
        _say(file[stream.name], NX_class="NXdata", signal=signal)
        _name_axes(file[stream.name], dimensions[f"{stream.name}/{signal}"])
    _say(file[EVENTS], NX_class="NXcollection")


def _say(node: h5py.Group, **attributes: str) -> None:
    for name, value in attributes.items():
        node.attrs.create(name, np.bytes_(value.encode()))


def _name_axes(node: h5py.Group, paths: tuple[str, ...]) -> None:
    names = [path.rpartition("/")[2].encode() for path in paths]
    node.attrs.create("axes", np.bytes_(names[0]) if len(names) == 1 else np.array(names, "S"))
