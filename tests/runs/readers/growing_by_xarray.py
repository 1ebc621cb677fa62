"""`xarray` beside a living writer, as the documentation says: what is recorded so far."""

import seen
import xarray

SWMR = {"engine": "h5netcdf", "driver_kwds": {"swmr": True}, "decode_times": False}


def variables(found: xarray.Dataset) -> dict[str, object]:
    return {
        name: seen.variable(list(each.dims), each.values, each.attrs)
        for name, each in found.variables.items()
    }


def look(path: str) -> dict[str, object]:
    with xarray.open_dataset(path, **SWMR) as found:
        main = {"attributes": seen.attributes(found.attrs), "variables": variables(found)}
    with xarray.open_datatree(path, **SWMR) as tree:
        groups = {
            group: variables(node.to_dataset(inherit=False))
            for group, node in tree.subtree_with_keys
        }
    return {**main, "groups": groups}


seen.say(look)
