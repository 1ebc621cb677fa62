"""`xarray`, by the engine that is named first: undecoded for the bits, decoded for the times."""

import sys

import numpy as np
import seen
import xarray

ENGINE, *PATHS = sys.argv[1:]


def look(path: str) -> dict[str, object]:
    variables = {}
    with xarray.open_datatree(path, engine=ENGINE, decode_cf=False) as tree:
        attributes = dict(tree.attrs)
        for group, node in tree.subtree_with_keys:
            below = "" if group == "." else f"{group}/"
            for name, found in node.to_dataset(inherit=False).variables.items():
                variables[f"{below}{name}"] = seen.variable(
                    list(found.dims), np.asarray(found.values), found.attrs
                )
    instants = {}
    with xarray.open_datatree(path, engine=ENGINE) as tree:
        plain = {
            name: seen.variable(list(found.dims), np.asarray(found.values), {})
            for name, found in tree.to_dataset().data_vars.items()
        }
        for group, node in tree.subtree_with_keys:
            below = "" if group == "." else f"{group}/"
            for name, found in node.to_dataset(inherit=False).coords.items():
                if found.dtype.kind == "M":
                    moments = found.values.astype("datetime64[ns]").astype("i8")
                    instants[f"{below}{name}"] = seen.variable([], moments, {})["data"]
    return {
        "attributes": seen.attributes(attributes),
        "variables": variables,
        "instants": instants,
        "plain": sorted(plain),
    }


seen.say(look, PATHS)
