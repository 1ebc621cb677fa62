"""Whole columns of a run's main stream, as fast as the file can be opened.

A sealed file says where its values lie; they are read from there, without HDF5 and its lock. A
growing file, and one of the first layout, is read by HDF5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs import layout
from runs.errors import RecordRefused
from runs.sealing.seal import Part, read_index

__all__ = ["Head", "columns", "head"]

_OF_OURS = {"time": "s", "phase": "1"}


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a run before its values are read.

    Attributes
    ----------
    units
        Unit of each variable of the main stream, `time` and `phase` among them.
    parts
        Where they lie, if the file is sealed and says so.
    """

    path: Path
    run: str
    units: Mapping[str, str]
    parts: Mapping[str, Part] | None

    def unit(self, variable: str) -> str:
        """Tell the unit of a variable.

        Raises
        ------
        RecordRefused
            The run does not have it.
        """
        try:
            return self.units[variable]
        except KeyError:
            accepted = ", ".join(self.units)
            raise RecordRefused("variable", f"{variable} of {self.path}", accepted) from None


def head(path: Path) -> Head:
    """Read what a file tells before its values.

    Raises
    ------
    NotARun
        The file is something else, or damaged.
    """
    index = read_index(path)
    if index is not None:
        header = index.description["header"]
        units = {channel["name"]: channel["unit"] for channel in header["channels"]}
        parts = {part.path: part for part in index.parts}
        return Head(path, header["run"], _OF_OURS | units, parts)
    with layout.open_file(path) as file:
        found = layout.describe(file)
    return Head(path, found.run, {**_OF_OURS, **found.channels}, None)


def columns(head: Head, names: Sequence[str]) -> tuple[NDArray[np.float64], ...]:
    """Read variables whole, in their complete rows."""
    if head.parts is None:
        with layout.open_file(head.path) as file:
            rows = layout.row_count(file)
            return tuple(file[name][:rows].astype("f8", copy=False) for name in names)
    with head.path.open("rb", buffering=0) as file:
        return tuple(_column(file, head.parts[name]) for name in names)


def _column(file: RawIOBase, part: Part) -> NDArray[np.float64]:
    values = np.empty(part.shape, part.dtype)
    if part.offset is not None:
        file.seek(part.offset)
        file.readinto(values.view("u1").data)
    return values.astype("f8", copy=False)
