"""`netCDF4`, that is netCDF-C: raw values, and times by its own `num2date`."""

import netCDF4
import numpy as np
import seen


def walk(group: netCDF4.Dataset) -> dict[str, object]:
    found = {}
    below = group.path.strip("/")
    for name, node in group.variables.items():
        node.set_auto_maskandscale(False)
        node.set_auto_chartostring(False)
        values = np.asarray(node[:])
        given = {key: node.getncattr(key) for key in node.ncattrs()}
        found[f"{below}/{name}".strip("/")] = seen.variable(list(node.dimensions), values, given)
    for part in group.groups.values():
        found |= walk(part)
    return found


def instants(group: netCDF4.Dataset) -> dict[str, list[str]]:
    found = {}
    below = group.path.strip("/")
    for name, node in group.variables.items():
        if name in group.dimensions and "since" in getattr(node, "units", ""):
            moments = netCDF4.num2date(
                np.asarray(node[:]), node.units, node.calendar, only_use_cftime_datetimes=False
            )
            found[f"{below}/{name}".strip("/")] = [each.isoformat() for each in moments]
    for part in group.groups.values():
        found |= instants(part)
    return found


def look(path: str) -> dict[str, object]:
    with netCDF4.Dataset(path) as file:
        return {
            "attributes": seen.attributes({key: file.getncattr(key) for key in file.ncattrs()}),
            "variables": walk(file),
            "microseconds": instants(file),
        }


seen.say(look)
