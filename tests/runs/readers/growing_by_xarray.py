"""`xarray` beside a living writer, as the documentation says: the main stream as it stands."""

import sys

import seen
import xarray


def look(path: str) -> dict[str, object]:
    with xarray.open_dataset(
        path, engine="h5netcdf", driver_kwds={"swmr": True}, decode_times=False
    ) as found:
        return {
            "attributes": seen.attributes(found.attrs),
            "variables": {
                name: seen.variable(list(each.dims), each.values, each.attrs)
                for name, each in found.variables.items()
            },
        }


seen.say(look, sys.argv[1:])
