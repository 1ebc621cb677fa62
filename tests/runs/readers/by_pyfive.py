"""`pyfive`, which has no HDF5 library: what a reader of the old format finds."""

import numpy as np
import pyfive
import seen


def dimensions(node: pyfive.Dataset) -> list[str]:
    if "CLASS" in node.attrs and b"DIMENSION_SCALE" in np.atleast_1d(node.attrs["CLASS"]):
        return [node.name.rsplit("/", 1)[-1]]
    return [
        node.file[axis[0]].name.rsplit("/", 1)[-1] for axis in node.attrs.get("DIMENSION_LIST", ())
    ]


def walk(group: pyfive.Group, below: str) -> dict[str, object]:
    found = {}
    for name in group:
        node = group[name]
        if isinstance(node, pyfive.Dataset):
            values = np.asarray(node[...]) if node.size else np.empty(node.shape, node.dtype)
            found[f"{below}{name}"] = seen.variable(dimensions(node), values, dict(node.attrs))
        else:
            found |= walk(node, f"{below}{name}/")
    return found


def look(path: str) -> dict[str, object]:
    with pyfive.File(path) as file:
        return {"attributes": seen.attributes(dict(file.attrs)), "variables": walk(file, "")}


seen.say(look)
