"""What a reader says of a run file, in one form for all readers.

These scripts run in an environment that has none of our code. Each is given files, and prints for
each of them a JSON object: attributes, and for each variable its dimensions, type, attributes and
values. Numbers are handed over by their bytes, so that nothing is lost on the way.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping

import numpy as np

# What HDF5 and netCDF-C keep for themselves.
INTERNAL = frozenset(
    {"CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates",
     "_NCProperties", "_nc3_strict"}
)  # fmt: skip


def attributes(found: Mapping[str, object]) -> dict[str, object]:
    """Give attributes as text, numbers and lists of them."""
    return {name: plain(value) for name, value in found.items() if name not in INTERNAL}


def plain(value: object) -> object:
    """Give a value as JSON has it; an array of one is its only element."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (np.ndarray, list, tuple)):
        values = [plain(each) for each in np.asarray(value).reshape(-1).tolist()]
        return values[0] if len(values) == 1 else values
    if isinstance(value, np.generic):
        return plain(value.item())
    return value


def variable(
    dimensions: list[str], values: np.ndarray, found: Mapping[str, object]
) -> dict[str, object]:
    """Say what a variable is; text goes as text."""
    textual = values.dtype.kind in "OSUT"
    little = values if textual else values.astype(values.dtype.newbyteorder("<"), copy=False)
    return {
        "dimensions": dimensions,
        "type": "text" if textual else little.dtype.str,
        "shape": list(values.shape),
        "attributes": attributes(found),
        "data": [plain(each) for each in values.reshape(-1).tolist()]
        if textual
        else base64.b64encode(np.ascontiguousarray(little).tobytes()).decode(),
    }


def say(look: Callable[[str], dict[str, object]], paths: list[str] | None = None) -> None:
    """Look at each file of the command line."""
    for path in sys.argv[1:] if paths is None else paths:
        print(json.dumps(look(path)))
