"""`nexusformat`: which plot it finds by itself, its signal and its axes, and every value."""

import numpy as np
import seen
from nexusformat.nexus import NXdata, NXfield, NXgroup, nxload


def walk(group: NXgroup, below: str) -> dict[str, object]:
    found = {}
    for name, node in group.entries.items():
        if isinstance(node, NXgroup):
            found |= walk(node, f"{below}{name}/")
        elif isinstance(node, NXfield):
            values = np.asarray(node.nxfile[node.nxfilepath][...]) if node.size else np.empty(0)
            found[f"{below}{name}"] = seen.variable([], values, {})
    return found


def plot(data: NXdata) -> dict[str, object]:
    return {
        "signal": data.nxsignal.nxname,
        "axes": [axis.nxname for axis in data.nxaxes],
        "shape": list(data.nxsignal.shape),
        "units": str(data.nxsignal.attrs["units"]),
    }


def look(path: str) -> dict[str, object]:
    root = nxload(path)
    return {
        "class": root.nxclass,
        "default": plot(root.plottable_data),
        "plots": {
            node.nxpath.strip("/"): plot(node) for node in root.walk() if isinstance(node, NXdata)
        },
        "title": str(root.entry.title),
        "variables": {},
    }


seen.say(look)
