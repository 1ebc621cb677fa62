"""`nexusformat`: which plot it finds by itself, its signal and its axes, and every value."""

import numpy as np
import seen
from nexusformat.nexus import NXdata, NXfield, nxload


def plot(data: NXdata) -> dict[str, object]:
    return {
        "signal": data.nxsignal.nxname,
        "axes": [axis.nxname for axis in data.nxaxes],
        "shape": list(data.nxsignal.shape),
        "units": str(data.nxsignal.attrs["units"]),
    }


def values(field: NXfield) -> np.ndarray:
    """Read a field of any size in one go."""
    return np.asarray(field.nxdata)


def look(path: str) -> dict[str, object]:
    root = nxload(path)
    return {
        "class": root.nxclass,
        "default": plot(root.plottable_data),
        "plots": {
            node.nxpath.strip("/"): plot(node) for node in root.walk() if isinstance(node, NXdata)
        },
        "title": root.attrs["title"],
        "variables": {
            field.nxpath.strip("/"): seen.variable([], values(field), {})
            for field in root.walk()
            if isinstance(field, NXfield) and not field.nxpath.startswith("/entry/")
        },
    }


seen.say(look)
