"""`h5py`: the file as HDF5, with no word of netCDF."""

import h5py
import numpy as np
import seen


def dimensions(node: h5py.Dataset, file: h5py.File) -> list[str]:
    names = []
    for axis in node.dims:
        if len(axis):
            names.append(axis[0].name.rsplit("/", 1)[-1])
        else:  # a scale has no scale of its own
            names.append(node.name.rsplit("/", 1)[-1])
    return names


def look(path: str) -> dict[str, object]:
    variables = {}
    with h5py.File(path, locking=False) as file:

        def take(name: str, node: h5py.HLObject) -> None:
            if isinstance(node, h5py.Dataset):
                values = np.asarray(node.asstr()[...] if node.dtype.kind in "OS" else node[...])
                variables[name] = seen.variable(
                    dimensions(node, file), values, dict(node.attrs.items())
                )

        file.visititems(take)
        return {"attributes": seen.attributes(dict(file.attrs)), "variables": variables}


seen.say(look)
